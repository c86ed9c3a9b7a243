#!/bin/bash
# file_exchange.sh PLATTER floppy|disk: files go from the host into an image, through DOS, and back, bit by bit.
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
medium=${1:?floppy or disk wanted}
[ -n "${MACHINE:-}" ] || need_platter
need_tools python3 mcopy mdel fsck.fat cmp tail

a=$work/a.img
c=$work/c.img
partition=@@32256  # LBA 63
# An odd size: the last cluster is not full.
random_file "$work/sent.bin" 250001 7
printf 'PLATTER WROTE THIS\r\n' >"$work/text.want"

# check_file_system IMAGE [FIRST_BYTE]
check_file_system() {
  tail -c "+$((${2:-0} + 1))" "$1" >"$work/volume"
  fsck.fat -n "$work/volume" >"$work/fsck.out" || {
    cat "$work/fsck.out"
    fail "the file system in $(basename "$1") is damaged"
  }
}

image freedos-144.img "$a"
case $medium in
  floppy)
    mcopy -i "$a" "$work/sent.bin" ::SENT.BIN
    boot --fda "$a" --until 'menu choice 1' --until 'A:\>' \
      --type 'copy sent.bin back.bin\n' --until 'sent.bin => back.bin' --until 'A:\>' \
      --type 'echo PLATTER WROTE THIS>text.txt\n' --until 'A:\>' \
      --type 'md sub\n' --until 'A:\>' --type 'copy text.txt sub\n' --until '=> sub\text.txt' \
      --until 'A:\>'
    mcopy -i "$a" ::BACK.BIN "$work/back.bin"
    same_files 'host to floppy, copied by DOS, back' "$work/sent.bin" "$work/back.bin"
    mcopy -i "$a" ::SUB/TEXT.TXT "$work/text.txt"
    same_files 'text written by DOS' "$work/text.want" "$work/text.txt"
    check_file_system "$a"
    ;;
  disk)
    image freedos-hdd-32m-65x16x63.img "$c"
    mcopy -i "$c$partition" "$work/sent.bin" ::SENT.BIN
    boot --hda "$c" --fda "$a" --boot c --until 'menu choice 1' --until 'C:\>' \
      --type 'copy sent.bin back.bin\n' --until 'sent.bin => back.bin' --until 'C:\>' \
      --type 'copy sent.bin a:\\cross.bin\n' --until 'sent.bin => a:\cross.bin' --until 'C:\>' \
      --type 'copy a:\\dos\\edit.exe c:\\edit2.exe\n' --until '=> c:\edit2.exe' --until 'C:\>' \
      --type 'echo PLATTER WROTE THIS>text.txt\n' --until 'C:\>' \
      --type 'ren text.txt final.txt\n' --until 'C:\>'
    mcopy -i "$c$partition" ::BACK.BIN "$work/back.bin"
    same_files 'host to disk, copied by DOS, back' "$work/sent.bin" "$work/back.bin"
    mcopy -i "$a" ::CROSS.BIN "$work/cross.bin"
    same_files 'disk to floppy, copied by DOS' "$work/sent.bin" "$work/cross.bin"
    mcopy -i "$a" ::DOS/EDIT.EXE "$work/edit.a"
    mcopy -i "$c$partition" ::EDIT2.EXE "$work/edit.c"
    same_files 'floppy to disk, copied by DOS' "$work/edit.a" "$work/edit.c"
    mcopy -i "$c$partition" ::FINAL.TXT "$work/text.txt"
    same_files 'text written by DOS' "$work/text.want" "$work/text.txt"
    check_file_system "$a"
    check_file_system "$c" 32256
    ;;
  *) fail "no medium '$medium'" ;;
esac
echo "ok: $medium"
