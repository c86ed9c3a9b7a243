#!/bin/bash
# firmware.sh PLATTER (seabios | bochs-latest | bochs-legacy): ROMs of others as firmware, as far as they go on a board
# without PCI. They count the memory, find the floppy drive and the IDE disk at their old ports, and boot from either;
# the boot sector here reads the one behind it by INT 13h and says on port E9h what it found. docs/bios.md says what is
# missing.
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
need_platter
need_tools nasm
video=/usr/share/vgabios/vgabios.bin
firmware=${1-}
case $firmware in
  seabios) options=(--bios /usr/share/seabios/bios.bin --shadow-rom) processors="386 486 pentium" ;;
  bochs-latest) options=(--bios /usr/share/bochs/BIOS-bochs-latest --vgabios "$video") processors="486 pentium" ;;
  bochs-legacy) options=(--bios /usr/share/bochs/BIOS-bochs-legacy --vgabios "$video") processors="386 486 pentium" ;;
  *) fail "which firmware? seabios, bochs-latest or bochs-legacy" ;;
esac
need_file "${options[1]}"
[ "$firmware" = seabios ] || need_file "$video"

cat >"$work/boot.asm" <<'END'
org 0x7C00
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7C00
        mov     ax, 0x0201              ; one sector, the second one; DL is the drive it came from
        mov     bx, 0x7E00
        mov     cx, 2
        mov     dh, 0
        int     0x13
        jc      .end
        mov     si, bx
.next:  lodsb
        out     0xE9, al
        test    al, al
        jnz     .next
        mov     al, 0
        out     0xF4, al
.end:   hlt
        jmp     .end
        times   510-($-$$) db 0
        dw      0xAA55
        db      'read by INT 13h', 0
END
nasm -f bin -o "$work/sectors" "$work/boot.asm"

# boots CPU WHAT OPTION...
boots() {
  local cpu=$1 what=$2 code=0
  shift 2
  "$platter" run --headless --cpu "$cpu" --ram 16M "${options[@]}" --debugcon stdio --exit-port F4h \
    --timeout 60s --wall-timeout "$wall_timeout" "$@" >"$work/said" 2>"$work/errors" || code=$?
  [ "$code" = 1 ] || fail "$cpu, $what: exit code $code instead of 1; $(head -c 500 "$work/errors")"
  grep -qa "read by INT 13h" "$work/said" || fail "$cpu, $what: it said '$(tr -d '\0' <"$work/said")'"
}

cp "$work/sectors" "$work/floppy.img"
truncate -s 1474560 "$work/floppy.img"
cp "$work/sectors" "$work/disk.img"
truncate -s $((20 * 16 * 63 * 512)) "$work/disk.img"
for cpu in $processors; do
  boots "$cpu" floppy --fda "$work/floppy.img" --boot a
  boots "$cpu" disk --drive "bus=ide0.0,file=$work/disk.img" --boot c
done
echo "$firmware boots from floppy and disk on: $processors"
