#!/bin/bash
# `platter image` against qemu-img and against mtools: what the one writes the other must read, for every
# format that both know. A new row of the driver table is covered as soon as qemu-img knows its name.
# Usage: image_tool.sh PLATTER
. "$(dirname "$0")/../support/harness.sh"
need_platter
need_tools qemu-img qemu-io python3 cmp
cd "$work"
export LC_ALL=C

ours() { "$platter" image "$@"; }

# Their name for our format; nothing when they do not know it.
their_name() {
  case $1 in
    vhd) echo vpc ;;
    raw | vmdk) echo "$1" ;;
  esac
}

# code WANTED COMMAND...: the exit code must be that.
code() {
  local wanted=$1 got=0
  shift
  "$@" >out.txt 2>err.txt || got=$?
  [ "$got" = "$wanted" ] || fail "exit code $got instead of $wanted: $* ($(head -c 300 err.txt))"
}

# The subformats by the driver table itself.
variants() {
  ours formats --output json | python3 -c '
import json, sys
for row in json.load(sys.stdin):
    if row["name"] == sys.argv[1]:
        print("\n".join(row["options"].get("subformat", "").split("|")))' "$1"
}

random_disk() {
  python3 - "$1" "$2" "$3" <<'PY'
import random, sys
name, size, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random.seed(seed)
with open(name, "wb") as f:
    f.truncate(size)
    for _ in range(60):
        length = random.choice([1, 7, 8, 127, 128, 200]) * 512
        at = random.randrange((size - length) // 512) * 512
        f.seek(at)
        f.write(random.randbytes(length))
    f.seek(size - 512)
    f.write(b"\xEE" * 512)
PY
}

same_map() {
  ours map -f "$1" --output json "$2" >ours.json
  qemu-img map -f "$(their_name "$1")" --output=json "$2" >theirs.json
  python3 - "$2" <<'PY'
import json, sys
def runs(name):
    result = []
    for e in json.load(open(name)):
        key = (e["depth"], e["present"], e["data"], e["zero"], e.get("offset") is not None)
        base = e.get("offset", 0) - e["start"]
        if result and result[-1][2:] == (key, base) and sum(result[-1][:2]) == e["start"]:
            result[-1] = (result[-1][0], result[-1][1] + e["length"], key, base)
        else:
            result.append((e["start"], e["length"], key, base))
    return [(s, l, k) for s, l, k, _ in result]
a, b = runs("ours.json"), runs("theirs.json")
if a != b:
    sys.exit(f"FAIL: {sys.argv[1]}: map differs from qemu-img's: {a[:4]} / {b[:4]}")
PY
}

size=$((9 * 1024 * 1024 + 512))
random_disk src.raw $size 1

for format in $(ours formats --output json | python3 -c '
import json, sys
print(" ".join(row["name"] for row in json.load(sys.stdin) if row["create"]))'); do
  theirs=$(their_name "$format")
  mapfile -t kinds < <(variants "$format")
  for kind in "${kinds[@]}"; do
    [ "$kind" != differencing ] || continue  # needs a parent: vhd.sh
    options=()
    [ -z "$kind" ] || options=(-o "subformat=$kind")
    rm -rf dir && mkdir dir
    echo "$format $kind"
    ours convert -f raw -O "$format" "${options[@]}" src.raw dir/t || fail "convert to $format $kind"
    code 0 ours compare -f raw -F "$format" src.raw dir/t
    code 0 ours check -f "$format" dir/t
    ours convert -f "$format" -O raw dir/t back.raw
    code 0 ours compare -f raw -F raw src.raw back.raw
    [ "$(du -k back.raw | cut -f1)" -le "$(($(du -k src.raw | cut -f1) + 1024))" ] ||
      fail "$format $kind: convert filled the holes"
    # qemu-img opens neither vmfs nor what it has no name for.
    [ -n "$theirs" ] || continue
    qemu-img info -f "$theirs" dir/t >/dev/null 2>&1 || { echo "  qemu-img does not open it"; continue; }
    qemu-img compare -f raw -F "$theirs" src.raw dir/t >/dev/null || fail "$format $kind: qemu-img reads other bytes"
    qemu-img check -f "$theirs" dir/t >/dev/null 2>check.txt || [ $? = 63 ] || fail "$format $kind: $(cat check.txt)"
  done
  [ -n "$theirs" ] || continue
  # The other way round, and both ends after further writes.
  rm -rf dir && mkdir dir
  qemu-img convert -f raw -O "$theirs" src.raw dir/q
  code 0 ours compare -f raw -F "$format" src.raw dir/q
  cp src.raw model.raw
  for at in 0 65024 1000000 9437184; do
    qemu-io -f "$theirs" -c "write -P 0x5a $at 512" dir/q >/dev/null 2>&1 || continue
    ours io -f "$format" -c "write -P 0xa5 $((at + 512 * 200 < size ? at + 1024 : 4096)) 512" dir/q >/dev/null
    qemu-io -f raw -c "write -P 0x5a $at 512" model.raw >/dev/null 2>&1
    qemu-io -f raw -c "write -P 0xa5 $((at + 512 * 200 < size ? at + 1024 : 4096)) 512" model.raw >/dev/null 2>&1
  done
  code 0 ours compare -f raw -F "$format" model.raw dir/q
  qemu-img compare -f raw -F "$theirs" model.raw dir/q >/dev/null || fail "$format: mixed writes differ"
  same_map "$format" dir/q
done

# Exit codes where the two tools have the same verbs.
cp src.raw other.raw
printf x | dd of=other.raw conv=notrunc bs=1 seek=700000 status=none
truncate -s $((size + 4096)) longer.raw
cp --sparse=always src.raw longer.raw && truncate -s $((size + 4096)) longer.raw
for pair in "src.raw src.raw" "src.raw other.raw" "src.raw longer.raw" "src.raw missing.raw"; do
  read -r a b <<<"$pair"
  wanted=0
  qemu-img compare -f raw -F raw "$a" "$b" >theirs.txt 2>/dev/null || wanted=$?
  code "$wanted" ours compare -f raw -F raw "$a" "$b"
  cmp -s out.txt theirs.txt || fail "compare $pair says '$(cat out.txt)', qemu-img '$(cat theirs.txt)'"
done
code 1 ours info missing.raw
code 1 ours check missing.raw
[ ! -s out.txt ] || fail "words on stdout in spite of a failure"

# A lock of theirs is respected: qemu-io has the file open for writing while it sleeps.
qemu-io -f raw -c 'sleep 3000' src.raw >/dev/null 2>&1 &
sleep 1
code 1 ours io -f raw -c 'read 0 512' src.raw
code 0 ours info -U -f raw src.raw
wait

# Ctrl-C leaves no target.
truncate -s 3G big.raw
head -c 700M /dev/urandom | dd of=big.raw conv=notrunc bs=1M status=none iflag=fullblock
"$platter" image convert -f raw -O raw big.raw stopped.raw 2>/dev/null &
pid=$!
sleep 0.15
kill -INT $pid
got=0
wait $pid || got=$?
if [ "$got" = 0 ]; then
  echo "  too fast to be interrupted"
else
  [ "$got" = 130 ] || fail "interrupted convert: exit code $got"
  [ ! -e stopped.raw ] || fail "an interrupted convert left its target"
fi
rm -f big.raw stopped.raw

# FAT volumes of every width, made and checked by dosfstools and mtools.
if command -v mkfs.fat >/dev/null && command -v mcopy >/dev/null && command -v fsck.fat >/dev/null; then
  export MTOOLS_SKIP_CHECK=1
  head -c 70001 /dev/urandom >file.bin
  for volume in "12 1440" "16 20000" "32 80000"; do
    read -r bits kib <<<"$volume"
    rm -f fat.img && mkfs.fat -F "$bits" -s 1 -C fat.img "$kib" >/dev/null
    ours fat mkdir fat.img /SUB /SUB/DEEP
    ours fat put fat.img file.bin /SUB/DEEP/OURS.BIN
    mcopy -i fat.img file.bin "::SUB/A long name of theirs.bin"
    mcopy -n -i fat.img ::SUB/DEEP/OURS.BIN theirs.bin
    cmp file.bin theirs.bin || fail "FAT$bits: mtools reads other bytes"
    ours fat cat fat.img "/sub/a long name of theirs.bin" | cmp - file.bin || fail "FAT$bits: we read other bytes"
    for i in $(seq 40); do ours fat mkdir fat.img "/SUB/D$i"; done
    ours fat rm fat.img "/SUB/A long name of theirs.bin" /SUB/D7
    fsck.fat -n fat.img >fsck.txt || fail "FAT$bits: $(cat fsck.txt)"
    [ "$(mdir -b -i fat.img ::SUB | wc -l)" = 40 ] || fail "FAT$bits: mdir counts other entries"
  done
else
  echo "  mtools or dosfstools not installed: FAT not compared"
fi
echo "image tool: agrees with qemu-img"
