#!/bin/bash
# boot_image.sh PLATTER ROW: boots one real guest image to its stated text and asks it the stated questions.
# Rows follow the real-mode set of the shared images.
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
row=${1:?ROW wanted}

[ -n "${MACHINE:-}" ] || need_platter

a=$work/a.img
b=$work/b.img
c=$work/c.img
ready=(--until 'FreeDOS test floppy ready, menu choice 1' --until 'A:\>')

# FreeDOS 2042 with FreeCOM on a 1.44 MB floppy.
freedos_floppy() {
  image freedos-144.img "$a"
  boot --fda "$a" "${ready[@]}" "$@"
}

case $row in
  freedos-dir)
    freedos_floppy --type 'dir\n' --until 'AUTOEXEC BAT' --until '591,360 bytes free' \
      --type 'ver /r\n' --until 'FreeDOS kernel 2042'
    ;;
  freedos-copy-del)
    # FC reads two files in turn, a seek for every few sectors: minutes of guest time.
    freedos_floppy --timeout 300s --type 'copy kernel.sys copy.sys\n' --until 'kernel.sys => copy.sys' --until 'A:\>' \
      --type 'fc /b kernel.sys copy.sys\n' --until 'No differences' --until 'A:\>' \
      --type 'del autoexec.bat\n' --until 'A:\>' \
      --type 'dir autoexec.bat\n' --until 'File not found'
    if [ -z "${MACHINE:-}" ]; then
      need_tools mcopy mdir
      mcopy -i "$a" ::copy.sys ::kernel.sys "$work"
      same_files 'copy made by DOS' "$work/copy.sys" "$work/kernel.sys"
      if mdir -i "$a" ::autoexec.bat >/dev/null 2>&1; then fail 'AUTOEXEC.BAT is still in the image'; fi
    fi
    ;;
  freedos-mem) freedos_floppy --type 'mem\n' --until 'Conventional          639K' --until 'A:\>' ;;
  freedos-chkdsk)
    freedos_floppy --type 'chkdsk\n' --until '2.847 total number of clusters' --until 'A:\>'
    ;;
  freedos-format)
    # Quick: the file system is written anew, the old data stays.
    need_tools python3 mformat mdir mcopy
    random_file "$work/noise" 1440000 1
    truncate -s 1474560 "$b"
    mformat -i "$b" -f 1440 ::
    mcopy -i "$b" "$work/noise" ::NOISE.BIN
    freedos_floppy --fdb "$b" --timeout 300s --type 'format b: /v:PLATTER\n' \
      --until 'Press ENTER when the right disk is in drive' --type '\n' --until 'QuickFormat complete' \
      --until 'Format another floppy' --type 'n\n' --until 'A:\>' \
      --type 'copy kernel.sys b:\n' --until 'kernel.sys => b:kernel.sys' --until 'A:\>' \
      --type 'dir b:\n' --until 'Volume in drive B is PLATTER' --until 'KERNEL   SYS' --until 'bytes free'
    mdir -i "$b" :: | grep -q 'PLATTER' || fail 'no label PLATTER on the formatted floppy'
    if mdir -i "$b" ::NOISE.BIN >/dev/null 2>&1; then fail 'NOISE.BIN is still on the formatted floppy'; fi
    mcopy -i "$b" ::kernel.sys "$work/kernel.b"
    mcopy -i "$a" ::kernel.sys "$work/kernel.a"
    same_files 'file on the formatted floppy' "$work/kernel.a" "$work/kernel.b"
    ;;
  freedos-format-full)
    # Full: every track goes through INT 13h AH=05h and the controller's FORMAT TRACK, with F6h as filler. What
    # this FORMAT does next fails on real machines too (github.com/FDOS/format issue 5): "unknown unit".
    need_tools python3 cmp tail head
    random_file "$b" 1474560 1
    freedos_floppy --fdb "$b" --timeout 900s --type 'format b: /u /v:PLATTER\n' \
      --until 'Press ENTER when the right disk is in drive' --type '\n' --until 'Full Formatting' \
      --until '100 percent completed' --until 'A:\>'
    head -c 1457664 /dev/zero | tr '\0' '\366' >"$work/filler"
    tail -c 1457664 "$b" >"$work/data"
    same_files 'data area after a full format against F6h' "$work/data" "$work/filler"
    ;;
  freedos-debug)
    freedos_floppy --type 'debug\n' --until '-' --type 'a 100\n' --until ':0100' --type 'mov ax,1234\n' \
      --until ':0103' --type 'int 3\n' --until ':0104' --type '\n' --until '-' --type 'g\n' \
      --until 'AX=1234'
    ;;
  freedos-edit)
    freedos_floppy --type 'edit autoexec.bat\n' --until '@ECHO OFF' --until 'SET PATH=\DOS'
    ;;
  freedos-186)
    # This floppy's COMMAND.COM is 80186 code (PUSH imm16), so no 8086 can run it.
    [ -z "${MACHINE:-}" ] || skip 'only platter has a 186'
    freedos_floppy --cpu 186 --ram 640K --timeout 300s --type 'mem\n' --until 'Conventional          639K'
    ;;
  freedos-720k-8086)
    [ -z "${MACHINE:-}" ] || skip 'only platter has an 8086'
    image freedos-kernel-720k.img "$a"
    boot --fda "$a" --cpu 8086 --ram 640K --timeout 300s --until 'A:\>' --type 'dir\n' \
      --until '5 file(s)        112,371 bytes'
    ;;
  msdos125-8086)
    [ -z "${MACHINE:-}" ] || skip 'only platter has an 8086'
    image msdos125-320k.img "$a"
    boot --fda "$a" --cpu 8086 --ram 640K --timeout 300s --until 'Enter new date:' --type '\n' \
      --until 'Enter new time:' --type '\n' --until 'A:' --type 'dir\n' --until 'COMMAND  COM     5037'
    ;;
  freedos-286)
    [ -z "${MACHINE:-}" ] || skip 'only platter has a 286'
    freedos_floppy --cpu 286 --timeout 300s --type 'mem\n' --until 'Conventional          639K'
    ;;
  freedos-hdd)
    image freedos-hdd-32m-65x16x63.img "$c"
    boot --hda "$c" --boot c --until 'FreeDOS test floppy ready, menu choice 1' --until 'C:\>' \
      --type 'ver /r\n' --until 'FreeDOS kernel 2042'
    ;;
  freedos-hdd-vhd)
    # Converted to each kind of VHD, and as a child; the footer's geometry is none that the disk was made under.
    [ -z "${MACHINE:-}" ] || skip 'only platter takes the geometry from where it fits'
    image freedos-hdd-32m-65x16x63.img "$c"
    for kind in fixed dynamic split; do
      "$platter" image convert -f raw -O vhd -o subformat=$kind "$c" "$work/$kind.vhd"
    done
    (cd "$work" && "$platter" image create -q -f vhd -b dynamic.vhd -F vhd differencing.vhd)
    for kind in fixed dynamic split differencing; do
      boot --hda "$work/$kind.vhd" --boot c --until 'menu choice 1' --until 'C:\>' --type 'ver > new.txt\n' \
        --until 'C:\>' --type 'type new.txt\n' --until 'FreeCom version'
      "$platter" image check -q "$work/$kind.vhd" || fail "check of the $kind disk"
    done
    ;;
  freedos-hdd-chkdsk)
    image freedos-hdd-32m-65x16x63.img "$c"
    boot --hda "$c" --boot c --timeout 300s --until 'menu choice 1' --until 'C:\>' \
      --type 'chkdsk\n' --until '16.324 total number of clusters'
    ;;
  freedos-720k)
    image freedos-kernel-720k.img "$a"
    boot --fda "$a" --until 'A:\>' --type 'dir\n' --until '5 file(s)        112,371 bytes'
    ;;
  freedos-1200k)
    image freedos-kernel-1200k.img "$a"
    boot --fda "$a" --until 'A:\>' --type 'dir\n' --until '5 file(s)        112,371 bytes'
    ;;
  netbootcd)
    image freedos-netbootcd-144.img "$a"
    boot --fda "$a" --until 'Enter new date (mm-dd-[cc]yy):' --type '\n' --until 'Enter new time' \
      --type '\n' --until 'A:\>' --type 'ver\n' --until 'FreeCom version 0.84-pre2 XMS_Swap'
    ;;
  msdos125)
    image msdos125-320k.img "$a"
    boot --fda "$a" --until 'Version 1.25C (C)Copyright Microsoft 1981, 1982, 2023' --until 'Enter new date:' \
      --type '\n' --until 'Enter new time:' --type '\n' --until 'A:' \
      --type 'dir\n' --until 'COMMAND  COM     5037  11-02-23   4:16p'
    ;;
  mikeos)
    image mikeos461-144.img "$a"
    boot --fda "$a" --until 'Thanks for trying out MikeOS!' --until 'Version 4.6.1' --key right \
      --type '\n' --until '>' --type 'dir\n' --until 'KERNEL.BIN' --type 'ver\n' --until 'MikeOS 4.6.1'
    ;;
  bootbasic)
    image bootbasic-144.img "$a"
    boot --fda "$a" --until '>' --type '10 print 6*7\n' --type 'run\n' --until '42'
    ;;
  tetros)
    # Boxes made of background colours alone: the picture has to be looked at.
    [ -z "${MACHINE:-}" ] || skip 'only platter saves a picture'
    need_tools python3
    image tetros-144.img "$a"
    boot --fda "$a" --for 3s --screenshot "$work/start.png" --key left --key left --key left --key left \
      --for 8s --screenshot "$work/landed.png"
    python3 "$tests/boot/tetros_picture.py" "$work/start.png" "$work/landed.png"
    ;;
  floppybird)
    [ -z "${MACHINE:-}" ] || skip 'only platter saves a picture'
    need_tools python3
    image floppybird-144.img "$a"
    boot --fda "$a" --for 5s --screenshot "$work/title.png" --type ' ' --for 300ms \
      --screenshot "$work/flight.png" --for 4s --screenshot "$work/landed.png"
    python3 "$tests/boot/floppybird_picture.py" "$work/title.png" "$work/flight.png" "$work/landed.png"
    ;;
  freedos-xms)
    image freedos-144.img "$a"
    boot --fda "$a" --ram 16M --for 3s --type '2\n' --until 'ready, menu choice 2' --until 'A:\>' --type 'mem\n' \
      --until 'Extended (XMS)     15,360K' --until 'FreeDOS is resident in the high memory area'
    ;;
  freedos-jemmex | freedos-jemm386)
    choice=3
    [ "$row" = freedos-jemmex ] || choice=4
    image freedos-144.img "$a"
    boot --fda "$a" --ram 16M --for 3s --type "$choice\n" --until "ready, menu choice $choice" --until 'A:\>' \
      --type 'mem\n' --until 'Total Expanded (EMS)' --until 'Largest free upper memory block'
    ;;
  freedos-dpmi)
    # DJGPP programs under CWSDPMI: 32-bit code at level 3 with paging.
    image freedos-hdd-32m-65x16x63.img "$c"
    boot --hda "$c" --boot c --ram 16M --until 'menu choice 1' --until 'C:\>' --type 'cd \\work\n' \
      --until 'C:\WORK>' --type 'echo 2^200 >t\n' --until 'C:\WORK>' --type 'echo quit >>t\n' --until 'C:\WORK>' \
      --type 'bc <t\n' --until '1606938044258990275541962092341162602522202993782792835301376' --until 'C:\WORK>' \
      --type 'bzip2 -c bc.exe >b.bz2\n' --until 'C:\WORK>' --type 'bzip2 -tv b.bz2\n' --until 'ok'
    ;;
  minix-hdd)
    image minix175-hdd-64m.img "$c"
    boot --drive "bus=ide0.0,file=$c,chs=130/16/63" --boot c --timeout 120s --until 'Executing in 16-bit protected mode' \
      --until 'noname login:' --type 'root\n' --until '#' --type 'cat >h.c\n' \
      --type 'main(){ printf("six %d\\n",6*7); }\n' --key ctrl-d --until '#' --type 'cc -o h h.c && ./h\n' \
      --until 'six 42'
    ;;
  minix-floppy)
    # Whole tracks over both heads: a controller that gets the head change wrong shows here.
    image minix175-fd144.img "$a"
    boot --fda "$a" --timeout 200s --until 'Start Minix' --type '=' --until 'RAM disk loaded.' \
      --until 'noname login:' --type 'root\n' --until '#' --screen-text "$work/screen"
    if grep -i 'error' "$work/screen"; then fail 'a disk error on the screen'; fi
    ;;
  minix-286)
    image minix175-hdd-64m.img "$c"
    boot --cpu 286 --drive "bus=ide0.0,file=$c,chs=130/16/63" --boot c --timeout 120s \
      --until 'Executing in 16-bit protected mode' --until 'noname login:' --type 'root\n' --until '#' --type 'df\n' \
      --until '#'
    ;;
  linux011)
    image linux011-boot-fd144.img "$a"
    image linux011-hdd-410x16x38.img "$c"
    boot --fda "$a" --drive "bus=ide0.0,file=$c,chs=410/16/38" --boot a --ram 16M --timeout 120s \
      --until 'Partition table ok.' --until ' Ok.' --until '[/usr/root]#' --type 'ls -l /\n' --until 'total 179' \
      --until '[/usr/root]#' --type 'cat >h.c\n' --type 'main(){ printf("six %d\\n",6*7); }\n' --key ctrl-d \
      --until '[/usr/root]#' --type 'gcc -o h h.c && ./h\n' --until 'six 42'
    ;;
  memtest)
    # One full pass over all of its tests.
    image memtest86p-531b-144.img "$a"
    boot --fda "$a" --cpu pentium --ram 4M --timeout 900s --until 'Memtest86+ 5.01 coreboot 002' \
      --until 'Pass complete, no errors' --screen-text "$work/screen"
    grep -q 'Errors: *0' "$work/screen" || fail 'memtest counts errors'
    ;;
  kolibrios)
    [ -z "${MACHINE:-}" ] || skip 'only platter saves a picture'
    need_tools python3
    image kolibrios-144.img "$a"
    boot --fda "$a" --cpu pentium --ram 64M --timeout 200s --for 110s --screenshot "$work/desktop.png"
    python3 "$tests/boot/kolibrios_picture.py" "$work/desktop.png"
    ;;
  *) fail "no row '$row'" ;;
esac
echo "ok: $row"
