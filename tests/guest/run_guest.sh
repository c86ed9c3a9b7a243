#!/bin/bash
# run_guest.sh (--platter PROGRAM | --qemu) [--bios FILE] [--vgabios FILE] [--cpu MODEL] [--disk SIZE] TEST.asm...
# Assembles guest tests (guest.inc says what they are) and boots each from a floppy. Prints what they say on port
# E9h and a closing line; exit code 0 = all right, 77 = a tool is missing.
# QEMU needs both ROMs: it maps nothing at C0000h by itself, and BIOS-bochs-legacy is taken for --bios if not given.
# --disk gives the machine a blank hard disk of that size.
set -u

here=$(cd "$(dirname "$0")" && pwd)
board= platter= bios= vgabios= cpu= disk=
while [ $# -gt 0 ]; do
  case $1 in
    --platter) board=platter platter=$2; shift ;;
    --qemu) board=qemu ;;
    --bios) bios=$2; shift ;;
    --vgabios) vgabios=$2; shift ;;
    --cpu) cpu=$2; shift ;;
    --disk) disk=$2; shift ;;
    *) break ;;
  esac
  shift
done
if [ -z "$board" ] || [ $# = 0 ]; then
  sed -n '2,6s/^# //p' "$0"
  exit 2
fi

need() { command -v "$1" >/dev/null || { echo "SKIP: no program '$1'"; exit 77; }; }
need nasm
if [ "$board" = qemu ]; then
  need qemu-system-i386
  bios=${bios:-/usr/share/bochs/BIOS-bochs-legacy}
  [ -f "$bios" ] && [ -f "$vgabios" ] || { echo "SKIP: QEMU needs --bios and --vgabios"; exit 77; }
else
  need "$platter"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# boot IMAGE: what the guest says goes to $work/say; the exit code to $code.
boot() {
  : >"$work/say"
  [ -z "$disk" ] || { rm -f "$work/disk.img" && truncate -s "$disk" "$work/disk.img"; }
  if [ "$board" = qemu ]; then
    timeout 60 qemu-system-i386 -M isapc -m 4 -bios "$bios" -vga std -display none -net none \
      -device loader,file="$vgabios",addr=0xc0000,force-raw=on \
      -drive "file=$1,if=floppy,format=raw" -boot a ${disk:+-drive "file=$work/disk.img,if=ide,format=raw"} \
      -debugcon "file:$work/say" -global isa-debugcon.iobase=0xe9 \
      -device isa-debug-exit,iobase=0xf4,iosize=1 </dev/null >"$work/log" 2>&1
  else
    "$platter" run --headless --fda "$1" --boot a --debugcon "$work/say" --exit-port F4h \
      ${bios:+--bios "$bios"} ${vgabios:+--vgabios "$vgabios"} ${cpu:+--cpu "$cpu"} \
      ${disk:+--hda "$work/disk.img"} --timeout 60s --wall-timeout 120s \
      </dev/null >"$work/log" 2>&1
  fi
  code=$?
}

passed=0 failed=0
for test in "$@"; do
  if ! nasm -f bin -I"$here/" -I"$(dirname "$test")/" -o "$work/floppy.img" "$test"; then
    failed=$((failed + 1))
    continue
  fi
  truncate -s 1440K "$work/floppy.img"
  boot "$work/floppy.img"
  # QEMU's clock is the host's, which may be too busy for a guest that measures a wait: it may try again.
  if [ "$board" = qemu ] && [ "$code" != 33 ]; then
    cat "$work/say"
    echo "again: $test"
    boot "$work/floppy.img"
  fi
  cat "$work/say"
  if [ "$code" = 33 ]; then  # 2 * 10h + 1
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAIL $test: exit code $code"
    tail -n 5 "$work/log"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
