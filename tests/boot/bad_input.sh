#!/bin/bash
# bad_input.sh PLATTER: what a user can get wrong. Each case must end with its own exit code and one line on
# standard error that names the thing and the reason.
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
need_platter

failures=0
cases=0
complain() {
  echo "FAIL: $*"
  failures=$((failures + 1))
}

# refused CODE WHAT WORD... -- ARGUMENT...: every WORD must be in the one line (any of a|b).
refused() {
  local code=$1 what=$2 got=0 word
  shift 2
  local words=()
  while [ "$1" != -- ]; do
    words+=("$1")
    shift
  done
  shift
  cases=$((cases + 1))
  timeout 120 "${as_user[@]}" "$platter" run --headless "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
  if [ "$got" != "$code" ]; then complain "$what: exit code $got, expected $code"; fi
  if [ "$(wc -l <"$work/err")" != 1 ]; then
    complain "$what: not one line on standard error:"
    sed -n '1,5p' "$work/err"
    return
  fi
  for word in "${words[@]}"; do
    grep -qiE -- "$word" "$work/err" || complain "$what: no '$word' in: $(cat "$work/err")"
  done
}
as_user=()

good=$work/good.img
truncate -s 1474560 "$good"
disk=$work/disk.img
truncate -s 1M "$disk"

refused 5 'missing floppy' 'missing\.img' 'no such file|not exist|not found' -- --fda "$work/missing.img"
refused 5 'missing disk' 'missing\.img' 'no such file|not exist|not found' -- --hda "$work/missing.img"
refused 5 'missing file without option' 'missing\.img' 'no such file|not exist|not found' -- "$work/missing.img"
mkdir "$work/folder"
refused 5 'directory as image' 'folder' 'director' -- --drive "bus=ide0.0,format=raw,file=$work/folder"
refused 5 'folder as floppy' 'folder' 'is a folder: it becomes a hard disk, not a floppy' -- --fda "$work/folder"
: >"$work/empty.img"
refused 5 'empty disk' 'empty\.img' 'empty|zero' -- --hda "$work/empty.img"
refused 5 'empty floppy' 'empty\.img' 'empty|zero' -- --fda "$work/empty.img"

cp "$disk" "$work/secret.img"
chmod 000 "$work/secret.img"
if [ "$(id -u)" != 0 ]; then
  refused 5 'unreadable' 'secret\.img' 'permission' -- --hda "$work/secret.img"
elif command -v setpriv >/dev/null; then
  chmod 755 "$work"
  as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  if "${as_user[@]}" test -x "$platter"; then
    refused 5 'unreadable' 'secret\.img' 'permission' -- --hda "$work/secret.img"
  else
    echo "note: unreadable file not tried, an ordinary user cannot reach $platter"
  fi
  as_user=()
fi

head -c 1000000 /dev/zero >"$work/odd.img"
refused 5 'part of a sector' 'odd\.img' '1000000' '512' -- --hda "$work/odd.img"
boot --drive "bus=ide0.0,file=$work/odd.img,truncate=on,mode=discard" --for 1s
cases=$((cases + 1))
truncate -s 1000448 "$work/floppy.img"
refused 5 'floppy of odd size' 'floppy\.img' '1000448' -- --fda "$work/floppy.img"
head -c 1000 /dev/zero >"$work/rom.bin"
refused 5 'system ROM of wrong size' 'rom\.bin' '1000' -- --bios "$work/rom.bin" "$good"
refused 5 'video ROM of wrong size' 'rom\.bin' '1000' -- --vgabios "$work/rom.bin" "$good"
refused 5 'missing ROM' 'none\.bin' 'no such file|not exist|not found' -- --bios "$work/none.bin" "$good"
refused 2 'two drives on one slot' 'ide0\.0' 'two drives' -- --hda "$disk" --drive "bus=ide0.0,file=$good"
refused 2 'unknown option' "--timout" 'did you mean' '--timeout' -- --timout 5s
refused 2 'unknown option with value' "--screenshoot" '--screenshot' -- --screenshoot=x.png
refused 2 'unknown processor' '486dx9' '386' -- --cpu 486dx9
refused 2 'unknown slot' 'ide7' 'ide0\.0' -- --drive "bus=ide7.0,file=$disk"
refused 2 'unknown mode' 'readonly' 'discard' -- --drive "bus=ide0.0,file=$disk,mode=readonly"
refused 2 'bad geometry' '0/16/63' 'chs|geometry|cylinder' -- --drive "bus=ide0.0,file=$disk,chs=0/16/63"
refused 2 'too much memory' '1G|1024M' '64M' -- --ram 1G
refused 2 'bad time-out' 'soon' 'time' -- --timeout soon "$good"
refused 2 'bad boot order' 'xyz' 'boot' -- --boot xyz
refused 2 'bad escape' '\\q' 'escape|known' -- --type '\q' "$good"
refused 5 'unwritable screenshot' 'shot\.png' -- --for 1s --screenshot "$work/nowhere/shot.png" "$good"
printf '[machine]\ncpuu = "386"\n' >"$work/machine.toml"
refused 2 'unknown key in a machine file' 'machine\.toml' 'cpuu' 'cpu' -- "$work/machine.toml"
printf '[machine\n' >"$work/broken.toml"
refused 2 'broken machine file' 'broken\.toml' -- "$work/broken.toml"

# A hard disk whose first sector lacks 55AA: the BIOS says so and goes on to the next device.
boot --hda "$disk" --boot c --until '55AA'
cases=$((cases + 1))

# A floppy boots without it. MOV AX,0E40h / INT 10h, 40h times with AL going up, then HLT.
printf '\xB8\x41\x0E\xBB\x07\x00\xCD\x10\x40\x3C\x5B\x75\xF9\xF4\xEB\xFD' >"$work/plain.img"
truncate -s 1474560 "$work/plain.img"
boot --fda "$work/plain.img" --until 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
cases=$((cases + 1))

# Triple fault: LIDT with limit 0, then INT3. Registers and the last instructions follow the line.
printf '\xFA\x31\xC0\x8E\xD8\x0F\x01\x1E\x20\x7C\xB8\x34\x12\xCC' >"$work/triple.img"
truncate -s 1474560 "$work/triple.img"
code=0
"$platter" run --headless --fda "$work/triple.img" --until never >"$work/out" 2>"$work/err" || code=$?
cases=$((cases + 1))
[ "$code" = 4 ] || complain "triple fault: exit code $code, expected 4"
for word in 'triple fault' 'EAX=....1234|AX=1234' 'lidt' 'int3'; do
  grep -qiE -- "$word" "$work/err" || complain "triple fault: no '$word' in what was printed"
done

[ "$failures" = 0 ] || exit 1
echo "ok: $cases cases"
