#!/bin/bash
# vga_modes.sh PLATTER VGABIOS [PICTURE...]: draws the pictures of tests/guest/video/pictures.inc on our machine and
# on QEMU's, with the same video ROM, and compares what their screens show. Left out is what QEMU does not do: pel
# panning, the pel mask, blinking in graphics (mode 0Fh).
. "$(dirname "$0")/../support/harness.sh"
vgabios=${1:?VGABIOS wanted}
shift
need_platter
need_tools nasm python3 qemu-system-i386
need_file /usr/share/bochs/BIOS-bochs-legacy

pictures=("$@")
if [ ${#pictures[@]} = 0 ]; then
  for mode in 04 05 06 0D 0E 10 11 12 13; do pictures+=("bios_${mode}h"); done
  pictures+=(cga_palette chain_4 mode_x mode_x_360 write_modes split attributes)
  for mode in 100 101 103 105 110 111 112 114 117 144; do pictures+=("vbe_${mode}h"); done
  pictures+=(vbe_scrolled)
fi
for picture in "${pictures[@]}"; do
  nasm -f bin -I"$tests/guest/video/" -DPICTURE="$picture" -o "$work/$picture.img" \
    "$tests/guest/video/picture.asm"
done
python3 "$tests/oracle/vga_modes.py" --platter "$platter" --vgabios "$vgabios" --floppies "$work" \
  "${pictures[@]}"
