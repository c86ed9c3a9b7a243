#!/bin/bash
# create_disk.sh PLATTER: disks made by `create-disk` against dosfstools and mtools: every kind of FAT, sizes at the limits
# between them and beyond the BIOS's 504 MiB, every format that can be written.
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
need_platter
need_tools fsck.fat mdir mcopy
cd "$work"

check() { # SIZE EXPECTED-FAT [OPTION]
  local size=$1 fat=$2
  shift 2
  rm -f disk.img volume.img
  "$platter" create-disk -q -f raw --size "$size" --label ORACLE "$@" disk.img || fail "create-disk $size $*"
  [ "$(od -An -tx1 -j510 -N2 disk.img | tr -d ' ')" = 55aa ] || fail "$size: no partition table"
  # The partition alone, holes kept: fsck.fat knows no offsets.
  local first count
  first=$(od -An -tu4 -j454 -N4 disk.img | tr -d ' ')
  count=$(od -An -tu4 -j458 -N4 disk.img | tr -d ' ')
  dd if=disk.img of=volume.img bs=1M iflag=skip_bytes,count_bytes skip=$((first * 512)) count=$((count * 512)) conv=sparse \
    status=none
  truncate -s "$((count * 512))" volume.img
  fsck.fat -n -v volume.img >report || fail "$size $*: $(cat report)"
  grep -q "FAT${fat}" <(od -An -c -j54 -N36 volume.img | tr -d ' \n') || fail "$size $*: not FAT$fat"
  # Clusters begin where images allocate.
  local reserved fats length root
  reserved=$(od -An -tu2 -j14 -N2 volume.img)
  fats=$(od -An -tu1 -j16 -N1 volume.img)
  root=$(($(od -An -tu2 -j17 -N2 volume.img) / 16))
  length=$(od -An -tu2 -j22 -N2 volume.img)
  [ "$((length))" != 0 ] || length=$(od -An -tu4 -j36 -N4 volume.img)
  [ $(((first + reserved + fats * length + root) % 8)) = 0 ] || fail "$size $*: clusters are not aligned"
  head -c 100000 /dev/urandom >file.bin
  mcopy -i disk.img@@$((first * 512)) file.bin ::/FILE.BIN || fail "$size: mcopy"
  "$platter" image fat get disk.img /FILE.BIN back.bin || fail "$size: fat get"
  cmp file.bin back.bin || fail "$size: the file is another"
}

check 4M 12
check 15M 12
check 17M 16
check 32M 16
check 504M 16
check 600M 16
check 2046M 16
check 2100M 32
check 3G 32
check 8M 16 --fat16
check 100M 32 --fat32
check 100M 12 --fat12
"$platter" create-disk -q -f raw --size 10M --fat32 no.img 2>/dev/null && fail "FAT32 on 10 MiB"
[ ! -e no.img ] || fail "a disk that could not be made was left behind"
for format in growable vmdk vhd raw; do
  "$platter" create-disk -q -f $format --size 50M --seed 1 "made.$format" || fail "$format"
  "$platter" image fat ls "made.$format" / >/dev/null || fail "$format: fat ls"
  "$platter" image check -q -f $format "made.$format" || fail "$format: check"
done
echo "create-disk: dosfstools and mtools agree"
