#!/bin/bash
# host_space.sh PLATTER FLOPPY [MEGABYTES]: host bytes of a disk image while FreeDOS copies a tree to C: and deletes it, in
# Platter (growable, vmdk, vhd, raw; fat-free=live) and in QEMU (qcow2, vmdk, vpc, raw with discard=unmap). Prints the
# table of docs/growable.md. FLOPPY is a bootable FreeDOS floppy with XCOPY, DELTREE and FDAPM in \DOS; it is copied.
# Every step is a boot of its own that ends by FDAPM POWEROFF: the same commands everywhere, no keyboard.
set -eu
platter=$(readlink -f "$1")
floppy=$(readlink -f "$2")
megabytes=${3:-20}
work=$(mktemp -d "${TMPDIR:-/dev/shm}/host-space-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

floppy_that_runs() { # FILE COMMAND...: boots, runs the commands, says so, switches off
  cp "$floppy" "$1"
  local name=$1
  shift
  { printf '@ECHO OFF\r\nSET PATH=\\DOS\r\n'
    for line in "$@"; do printf '%s\r\n' "$line"; done
    printf 'ECHO THE STEP IS DONE\r\nFDAPM POWEROFF\r\n'; } >autoexec.bat
  mcopy -o -i "$name" autoexec.bat ::/AUTOEXEC.BAT
}
floppy_that_runs copy.img 'XCOPY D:\TREE C:\TREE\ /S /E'
floppy_that_runs delete.img 'DELTREE /Y C:\TREE'

"$platter" create-disk -q -f raw --size 80M source.img
mmd -i source.img@@32256 ::/TREE
for ((i = 0; i < megabytes; i++)); do
  mmd -i source.img@@32256 "::/TREE/D$i"
  for j in 1 2 3 4; do
    head -c 250000 /dev/urandom >file.dat
    mcopy -i source.img@@32256 file.dat "::/TREE/D$i/F$j.DAT"
  done
done

bytes() { du -c -B1 "$@" | tail -1 | cut -f1; }
kib() { printf '%8d' $(($(bytes "$@") / 1024)); }

echo "| image | empty | with the tree | deleted |"
echo "|---|---|---|---|"
for format in growable vmdk vhd raw; do
  "$platter" create-disk -q -f "$format" --size 80M "p.$format"
  files() { ls p."$format" p."$format".gdt 2>/dev/null; }
  row=$(kib $(files))
  for step in copy delete; do
    "$platter" run --headless --boot a --mips 100 --fda "$step.img" --timeout 3600 --wall-timeout 1800 --until 'THE STEP IS DONE' --for 10 \
      --drive "bus=ide0.0,file=p.$format,format=$format,fat-free=live" --drive bus=ide0.1,file=source.img,mode=ro >log 2>&1 || true
    row+=" | $(kib $(files))"
  done
  echo "| Platter $format |$row |"
done
for format in qcow2 vmdk vpc raw; do
  "$platter" create-disk -q -f raw --size 80M q.img
  case $format in
    vpc) qemu-img convert -O vpc -o force_size=on q.img "q.$format" ;;
    *) qemu-img convert -O "$format" q.img "q.$format" ;;
  esac
  row=$(kib "q.$format")
  for step in copy delete; do
    timeout 1800 qemu-system-i386 -m 16 -display none -boot a -drive "if=floppy,format=raw,file=$step.img" \
      -drive "if=ide,index=0,format=$format,file=q.$format,discard=unmap" \
      -drive if=ide,index=1,format=raw,file=source.img >log 2>&1 || true
    row+=" | $(kib "q.$format")"
  done
  echo "| QEMU $format |$row |"
  rm -f q.img
done
