#!/bin/bash
# COWD and add-cow against everybody who knows them: qemu-img and libvmdk read ESX's extents through a descriptor,
# Bochs reads and writes VMware 3's files, a model in Python reads and writes add-cow; the samples read to the
# content that their table states.
# Usage: cowd.sh PLATTER [bochs]: with the second word, a boot in Bochs as well
. "$(dirname "$0")/../support/harness.sh"
need_platter
need_tools qemu-img python3 cmp sha256sum
cd "$work"
export LC_ALL=C

ours() { "$platter" image "$@"; }
same() { ours compare -q "$@" || fail "compare $*: content differs"; }

# Random writes at places of every kind, through `image io`; the raw file gets the same.
scatter() { # scatter SEED SIZE COUNT FORMAT FILE RAW
  python3 - "$1" "$2" "$3" >commands.txt <<'PY'
import random, sys
rng = random.Random(int(sys.argv[1]))
size = int(sys.argv[2])
for _ in range(int(sys.argv[3])):
    length = rng.choice([512, 1024, 4096, 65536, 70144])
    at = rng.randrange((size - length) // 512) * 512
    zero = " -z" if rng.random() < 0.15 else f" -P {rng.randrange(1, 256)}"
    print(f"write{zero} {at} {length}")
PY
  local arguments=()
  while read -r line; do arguments+=(-c "$line"); done <commands.txt
  ours io -f "$4" "${arguments[@]}" "$5" >/dev/null || fail "image io -f $4 $5"
  ours io -f raw "${arguments[@]}" "$6" >/dev/null || fail "image io -f raw $6"
}

size=$((40 * 1024 * 1024 + 512))
truncate -s $size src.raw
scatter 1 $size 150 raw src.raw src.raw

echo "ESX extents: qemu-img and libvmdk"
ours convert -f raw -O cowd -o subformat=esx src.raw esx.vmdk
qemu-img compare -f raw -F vmdk src.raw esx.vmdk >/dev/null || fail "qemu-img reads other bytes of an ESX disk"
cp src.raw child.raw
ours create -q -f cowd -o subformat=esx -b esx.vmdk -F cowd esx-child.vmdk
scatter 2 $size 80 cowd esx-child.vmdk child.raw
same -f raw -F cowd child.raw esx-child.vmdk
ours check -q -f cowd esx-child.vmdk
qemu-img compare -f raw -F vmdk child.raw esx-child.vmdk >/dev/null || fail "qemu-img reads other bytes of an ESX child"
if command -v vmdkinfo >/dev/null; then
  vmdkinfo esx.vmdk >info.txt || fail "vmdkinfo refuses an ESX disk"
  grep -q 'VMFS sparse' info.txt || fail "vmdkinfo: $(cat info.txt)"
  grep -q "($size bytes)" info.txt || fail "vmdkinfo sees another size: $(cat info.txt)"
else
  echo "  vmdkinfo not installed"
fi
if /usr/bin/python3 -c 'import pyvmdk' 2>/dev/null; then
  /usr/bin/python3 - <<'PY' || fail "libvmdk reads other bytes of an ESX disk"
import pyvmdk
handle = pyvmdk.handle()
handle.open("esx.vmdk")
handle.open_extent_data_files()
sys_size = handle.get_media_size()
assert handle.read_buffer_at_offset(sys_size, 0) == open("src.raw", "rb").read()
PY
else
  echo "  python3-libvmdk not installed"
fi

echo "VMware 2: tables of 512 entries"
ours convert -f raw -O cowd src.raw vmware2.dsk
same -f raw -F cowd src.raw vmware2.dsk
scatter 3 $size 100 cowd vmware2.dsk src.raw
same -f raw -F cowd src.raw vmware2.dsk
ours check -q -f cowd vmware2.dsk
cat >vmware2.vmdk <<DESCRIPTOR
# Disk DescriptorFile
version=1
CID=12345678
parentCID=ffffffff
createType="vmfsSparse"

# Extent description
RW $((size / 512)) VMFSSPARSE "vmware2.dsk"
DESCRIPTOR
same -f raw -F vmdk src.raw vmware2.vmdk
# qemu-img takes every table for one of 4096 entries and says nothing: why no byte here is compared with its answer.
if qemu-img compare -f raw -F vmdk src.raw vmware2.vmdk >/dev/null 2>&1; then
  echo "  qemu-img reads VMware 2's tables by now"
fi
cp src.raw child.raw
ours snapshot -q vmware2.dsk child.dsk
scatter 4 $size 60 cowd child.dsk child.raw
same -f raw -F cowd child.raw child.dsk
ours commit -q child.dsk
same -f raw -F cowd child.raw vmware2.dsk
same -f raw -F cowd child.raw child.dsk
ours resize -q child.dsk +1M
ours check -q child.dsk

echo "VMware 3: Bochs"
for options in "" ",extent_size=8M"; do
  rm -f w.vmdk w-*.vmdk
  ours convert -f raw -O cowd -o "subformat=vmware3$options" src.raw w.vmdk
  cp src.raw w.raw
  scatter 5 $size 100 cowd w.vmdk w.raw
  same -f raw -F cowd w.raw w.vmdk
  ours check -q w.vmdk
  if command -v bximage >/dev/null; then
    rm -f bochs.raw
    bximage -q -func=convert -imgmode=flat w.vmdk bochs.raw >bximage.txt 2>&1 || fail "bximage: $(tail -c 300 bximage.txt)"
    grep -q vmware3 bximage.txt || fail "bximage takes it for something else"
    cmp -n $size bochs.raw w.raw || fail "Bochs reads other bytes"
  else
    echo "  bximage not installed"
  fi
done

echo "add-cow: the model"
model=$tests/oracle/add_cow_model.py
for kind in v1 acow; do
  cp src.raw base.raw
  python3 "$model" write theirs.add-cow $kind theirs.raw base.raw $((size / 512 + 77)) 6 shows.raw
  same -f add-cow -F raw theirs.add-cow shows.raw
  ours check -q theirs.add-cow
  scatter 7 $size 80 add-cow theirs.add-cow shows.raw
  python3 "$model" read theirs.add-cow back.raw
  cmp back.raw shows.raw || fail "add-cow $kind: the model reads other bytes after our writes"
  cp shows.raw ours.raw
  ours create -q -f add-cow -o subformat=$kind -b base.raw -F raw ours.add-cow
  cp base.raw ours-shows.raw
  scatter 8 $size 80 add-cow ours.add-cow ours-shows.raw
  python3 "$model" read ours.add-cow back.raw
  cmp back.raw ours-shows.raw || fail "add-cow $kind: the model reads other bytes"
  ours finish -q ours.add-cow
  qemu-img compare -f raw -F raw ours.add-cow.raw ours-shows.raw >/dev/null || fail "add-cow $kind: finished, but not whole"
done
ours create -q -f add-cow -o cluster_size=4K -b ours.add-cow -F add-cow top.add-cow
scatter 9 $size 80 add-cow top.add-cow ours-shows.raw
python3 "$model" read top.add-cow back.raw
cmp back.raw ours-shows.raw || fail "add-cow chain: the model reads other bytes"

if [ -d "$shared/samples" ] && command -v xz >/dev/null; then
  echo "samples"
  xz -dc "$shared/samples/cowd-esx-handmade.tar.xz" | tar x
  xz -dc "$shared/samples/cowd-vmw2-handmade.dsk.xz" >vmw2.dsk
  xz -dc "$shared/samples/cowd-ws3-handmade.vmdk.xz" >ws3.vmdk
  esx=b2ec3423888ab64c44538c14696f685b441d43adcab8c1d78fe8b7e4904b55bf
  ws3=50f9b208a6397a67841378e12c3967ed88e662707527d5771a836cda983485a8
  for sample in "esx.vmdk $esx" "esx-delta.vmdk $esx" "vmw2.dsk $esx" "ws3.vmdk $ws3"; do
    read -r file wanted <<<"$sample"
    rm -f out.raw
    ours convert -O raw "$file" out.raw
    [ "$(sha256sum <out.raw)" = "$wanted  -" ] || fail "sample $file reads to other bytes"
    ours check -q "$file"
  done
else
  echo "  no samples (PLATTER_SHARED)"
fi

if [ "${1:-}" = bochs ]; then
  echo "VMware 3: FreeDOS in Bochs writes into our files"
  need_tools bochs
  image freedos-hdd-32m-65x16x63.img dos.img
  ours convert -f raw -O cowd -o subformat=vmware3,extent_size=9M dos.img dos.vmdk
  python3 "$tests/oracle/other_machine.py" bochs --hda dos.vmdk --image-mode vmware3 --chs "$disk_chs" --boot c \
    --wall-timeout 400 --until 'menu choice 1' --until 'C:\>' --type 'copy autoexec.bat made.txt\n' \
    --until '=> made.txt' --type 'dir made.txt\n' --until 'bytes free' || exit
  ours check dos.vmdk || fail "what Bochs left is damaged"
  ours fat cat dos.vmdk /MADE.TXT >made.txt
  ours fat cat dos.img /AUTOEXEC.BAT >wanted.txt
  cmp made.txt wanted.txt || fail "what FreeDOS wrote in Bochs is not there"
fi
echo "cowd and add-cow: agree with everybody who reads them"
