#!/bin/bash
# bios_matrix.sh PLATTER BOARD BIOS MEDIUM: one cell of the matrix of boards and firmware. FreeDOS must boot and
# answer a command.
#   BOARD   platter, qemu (-M isapc) or bochs
#   BIOS    ours, or debian: the legacy ROM of bochsbios with vgabios (on qemu and bochs: their own)
#   MEDIUM  floppy or disk
# The cells (qemu, debian) and (bochs, debian) prove nothing about us: they show that the other two would notice.
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
board=${1:?BOARD} bios=${2:?BIOS} medium=${3:?MEDIUM}

options=()
case $bios in
  ours)
    if [ "$board" != platter ]; then
      [ -n "$platter" ] || fail "no platter program given"
      roms=${PLATTER_ROMS:-$(dirname "$platter")/bios}
      need_file "$roms/platter-bios.bin"
      need_file "$roms/platter-vgabios.bin"
      options+=(--bios "$roms/platter-bios.bin" --vgabios "$roms/platter-vgabios.bin")
    fi
    ;;
  debian)
    if [ "$board" = platter ]; then
      need_file /usr/share/bochs/BIOS-bochs-legacy
      need_file /usr/share/vgabios/vgabios.bin
      options+=(--bios /usr/share/bochs/BIOS-bochs-legacy --vgabios /usr/share/vgabios/vgabios.bin)
    fi
    ;;
  *) fail "no BIOS '$bios'" ;;
esac
case $board in
  platter) need_platter ;;
  qemu | bochs)
    need_tools python3
    MACHINE=$board
    ;;
  *) fail "no board '$board'" ;;
esac

case $medium in
  floppy)
    image freedos-144.img "$work/a.img"
    boot "${options[@]}" --fda "$work/a.img" --boot a --until 'FreeDOS test floppy ready, menu choice 1' \
      --until 'A:\>' --type 'dir kernel.sys\n' --until 'KERNEL   SYS        46,685' --until 'bytes free'
    ;;
  disk)
    image freedos-hdd-32m-65x16x63.img "$work/c.img"
    boot "${options[@]}" --hda "$work/c.img" --boot c --until 'FreeDOS test floppy ready, menu choice 1' \
      --until 'C:\>' --type 'dir kernel.sys\n' --until 'KERNEL   SYS        46,685' --until 'bytes free'
    ;;
  *) fail "no medium '$medium'" ;;
esac
echo "ok: $board, $bios BIOS, $medium"
