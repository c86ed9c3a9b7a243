#!/bin/bash
# VHD against qemu-img (its "vpc") and against libvhdi's vhdiinfo: what the one writes the other must read, before
# and after further writes by both. Differencing disks are shown to QEMU through their parent or flattened only: it
# takes them for dynamic ones.
# Usage: vhd.sh PLATTER
# Many small files, each made durable many times: in memory where there is such a folder.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
need_platter
need_tools qemu-img qemu-io python3 cmp
cd "$work"
export LC_ALL=C

ours() { "$platter" image "$@"; }

# model.py write FILE SEED COUNT PROGRAM: random writes to a raw file and the same as commands for `PROGRAM`.
cat >model.py <<'EOP'
import random, sys
name, seed, count, script = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
random.seed(seed)
with open(name, "r+b") as f, open(script, "w") as out:
    f.seek(0, 2)
    sectors = f.tell() // 512
    for i in range(count):
        length = min(random.choice([1, 2, 7, 8, 64, 127, 4096, 5000]), sectors)
        at = random.randrange(sectors - length + 1)
        if i == 0: at = sectors - length
        byte = random.randrange(256)
        f.seek(at * 512)
        f.write(bytes([byte]) * (length * 512))
        out.write(f"write -P {byte} {at * 512} {length * 512}\n")
EOP

# ours_write IMAGE: runs the commands in `script`, in one opening.
ours_write() {
  local line commands=()
  while read -r line; do commands+=(-c "$line"); done <script
  ours io -f vhd "${commands[@]}" "$1" >/dev/null || fail "$1: cannot be written"
}

# both_write IMAGE MODEL SEED: they and we write to it in turn, each opening it anew; all must read the model.
both_write() {
  local round
  for round in 1 2 3; do
    python3 model.py "$2" $(($3 * 10 + round)) 12 script
    if [ $((round % 2)) = 1 ]; then
      qemu-io -f vpc "$1" <script >/dev/null || fail "$1: qemu-io cannot write"
    else
      ours_write "$1"
    fi
    ours check -f vhd "$1" >check.txt || fail "$1: $(cat check.txt)"
    ours compare -f raw -F vhd "$2" "$1" >/dev/null || fail "$1: we read other bytes (round $round)"
    qemu-img compare -f raw -F vpc "$2" "$1" >/dev/null || fail "$1: QEMU reads other bytes (round $round)"
  done
}

virtual_size() { qemu-img info -f vpc --output=json "$1" | python3 -c 'import json,sys; print(json.load(sys.stdin)["virtual-size"])'; }
our_size() { ours info -f vhd --output json "$1" | python3 -c 'import json,sys; print(json.load(sys.stdin)["virtual-size"])'; }

# Sizes around 0, a block, and where the rule for the geometry changes.
sizes=(512 2097664 24772608)
seed=1
for bytes in "${sizes[@]}"; do
  truncate -s 0 src.raw && truncate -s "$bytes" src.raw
  python3 model.py src.raw $seed 20 script
  for subformat in dynamic fixed; do
    for force in on off; do
      seed=$((seed + 1))
      rm -f q.vhd o.vhd
      qemu-img convert -f raw -O vpc -o "subformat=$subformat,force_size=$force" src.raw q.vhd
      ours convert -f raw -O vhd -o "subformat=$subformat,force_size=$force" src.raw o.vhd
      for image in q.vhd o.vhd; do
        ours compare -f raw -F vhd src.raw $image >/dev/null || fail "$image $subformat $force: we read other bytes"
        qemu-img compare -f raw -F vpc src.raw $image >/dev/null ||
          fail "$image $subformat $force: QEMU reads other bytes"
        [ "$(virtual_size $image)" = "$(our_size $image)" ] || fail "$image: QEMU sees another size"
      done
      [ "$(our_size q.vhd)" = "$(our_size o.vhd)" ] || fail "$subformat $force $bytes: QEMU makes another size"
      for image in q.vhd o.vhd; do
        cp src.raw model.raw
        truncate -s "$(our_size $image)" model.raw
        both_write $image model.raw $seed
      done
    done
  done
done
echo "qemu-img: same bytes both ways, dynamic and fixed, both kinds of size"

# Block sizes that qemu-img does not make but reads.
truncate -s 0 src.raw && truncate -s 9437696 src.raw
python3 model.py src.raw 77 30 script
for block in 512K 1M 4M; do
  rm -f o.vhd
  ours convert -f raw -O vhd -o block_size=$block src.raw o.vhd
  qemu-img compare -f raw -F vpc src.raw o.vhd >/dev/null || fail "blocks of $block: QEMU reads other bytes"
done
# After zeroes, discards, compact and both ways of resize.
cp src.raw model.raw
rm -f o.vhd && ours convert -f raw -O vhd src.raw o.vhd
for at in 0 4194304; do
  ours io -f vhd -c "write -z $at 3000320" o.vhd >/dev/null
  dd if=/dev/zero of=model.raw bs=512 seek=$((at / 512)) count=5860 conv=notrunc status=none
done
qemu-img compare -f raw -F vpc model.raw o.vhd >/dev/null || fail 'zeroes: QEMU reads other bytes'
ours compact -f vhd o.vhd >/dev/null
qemu-img compare -f raw -F vpc model.raw o.vhd >/dev/null || fail 'compact: QEMU reads other bytes'
ours resize -f vhd o.vhd 300M >/dev/null && truncate -s 300M model.raw
qemu-img compare -f raw -F vpc model.raw o.vhd >/dev/null || fail 'grown: QEMU reads other bytes'
both_write o.vhd model.raw 900
ours resize -f vhd --shrink o.vhd 7M >/dev/null && truncate -s 7M model.raw
qemu-img compare -f raw -F vpc model.raw o.vhd >/dev/null || fail 'shrunk: QEMU reads other bytes'
both_write o.vhd model.raw 901
echo "qemu-img: reads what zeroes, compact and resize leave"

# A chain: its layers by vhdiinfo, its content by QEMU once it is flattened or committed.
rm -f ./*.vhd
cp src.raw model.raw
ours convert -f raw -O vhd src.raw base.vhd
ours create -f vhd -b base.vhd -F vhd mid.vhd >/dev/null
ours create -f vhd -b mid.vhd -F vhd top.vhd >/dev/null
for layer in mid top; do
  python3 model.py model.raw ${#layer}$seed 10 script
  seed=$((seed + 1))
  ours_write $layer.vhd
done
ours compare -f raw -F vhd model.raw top.vhd >/dev/null || fail 'chain: we read other bytes'
ours check -f vhd --chain top.vhd >check.txt || fail "chain: $(cat check.txt)"
if command -v vhdiinfo >/dev/null; then
  id_of() { ours info -f vhd --output json "$1" | grep -o '"uuid": *"[0-9a-f-]*"' | head -n 1 | grep -o '[0-9a-f-]\{36\}'; }
  for pair in "mid base" "top mid"; do
    read -r child parent <<<"$pair"
    vhdiinfo $child.vhd >info.txt || fail "vhdiinfo refuses $child.vhd"
    grep -q 'Disk type.*: Differential' info.txt || fail "vhdiinfo: $(cat info.txt)"
    grep -q "Parent filename.*: $parent.vhd" info.txt || fail "vhdiinfo names another parent: $(cat info.txt)"
    grep -q "Media size.*(9437696 bytes)" info.txt || fail "vhdiinfo sees another size: $(cat info.txt)"
    vhdiinfo $parent.vhd >parent.txt
    theirs=$(sed -n 's/.*\tIdentifier\t*: //p' parent.txt)
    grep -q "Parent identifier.*: $theirs" info.txt || fail 'vhdiinfo: the ids do not fit'
  done
  echo "vhdiinfo: agrees about a chain of three"
else
  echo "  vhdiinfo not installed: chains not shown to it"
fi
cp top.vhd flat.vhd
ours flatten flat.vhd >/dev/null || fail 'flatten'
qemu-img compare -f raw -F vpc model.raw flat.vhd >/dev/null || fail 'flattened: QEMU reads other bytes'
ours commit -f vhd top.vhd >/dev/null || fail 'commit'
ours commit -f vhd mid.vhd >/dev/null || fail 'commit'
qemu-img compare -f raw -F vpc model.raw base.vhd >/dev/null || fail 'committed: QEMU reads other bytes'
ours compare -f raw -F vhd model.raw top.vhd >/dev/null || fail 'after commit: the child shows other bytes'
echo "chains: flattened and committed, QEMU reads the same"

# The rest of other products' disks is samples.py's affair; this one has wrong checksums, and libvhdi reads it.
samples=$shared/samples
if [ ! -e "$samples/TABLE.md" ]; then
  echo "  no samples of other products here; PLATTER_SHARED names the place of the shared files"
  exit 0
fi
need_tools tar xz sha256sum
tar -xJf "$samples/dfvfs-badsum-diff.tar.xz"
if ours convert -O raw image-differential.vhd out.raw 2>err.txt; then fail 'wrong checksums accepted'; fi
grep -q checksum err.txt || fail "wrong checksums: $(cat err.txt)"
ours convert --open-options ignore_checksum=on -O raw image-differential.vhd out.raw
theirs=$(sed -n '/^| plaso-image.vhd/s/.*`\([0-9a-f]\{64\}\)`.*/\1/p' "$samples/TABLE.md")
[ "$(sha256sum <out.raw | cut -d' ' -f1)" = "$theirs" ] || fail 'ignore_checksum=on reads other bytes than libvhdi'
echo "samples: wrong checksums refused, and read on demand"
