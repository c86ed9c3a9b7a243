#!/bin/bash
# fill_gigabyte.sh PLATTER: a guest writes F6h to each sector of a growable disk of 1 GiB through INT 13h. The two
# files take less than 2 MiB of the host then - a cluster and 4 bytes for each 4 KiB - and the disk holds F6h
# everywhere.
# shellcheck source=tests/support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
need_platter
need_tools nasm

nasm -f bin -o "$work/floppy.img" "$tests/boot/fill_f6.asm"
truncate -s 1440K "$work/floppy.img"
"$platter" image create -q -f growable "$work/disk.gix" 1G
code=0
"$platter" run --headless --fda "$work/floppy.img" --boot a --exit-port F4h \
  --drive "bus=ide0.0,file=$work/disk.gix" --timeout 3600s --wall-timeout "$wall_timeout" \
  </dev/null >"$work/log" 2>&1 || code=$?
[ "$code" = 33 ] || fail "the guest ended with exit code $code: $(tail -n 3 "$work/log")"  # 2 * 10h + 1

bytes=$(du -B1 -c "$work/disk.gix" "$work/disk.gdt" | tail -n 1 | cut -f 1)
[ "$bytes" -lt $((2 << 20)) ] || fail "$bytes bytes on the host"
"$platter" image check -q "$work/disk.gix" || fail "the image is damaged"
"$platter" image io -r -c 'read -P 0xF6 0 1G' "$work/disk.gix" >"$work/io" ||
  fail "not all of the disk is F6h: $(head -n 1 "$work/io")"
echo "1 GiB of F6h takes $((bytes >> 10)) KiB of the host"
