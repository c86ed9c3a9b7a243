#!/bin/bash
# The window with a person at it, in a virtual X display with real key and mouse events: Disk Lab boots and
# makes a file, a floppy is ejected and another one inserted by its lamp, the debugger stops and steps, a
# breakpoint is clicked, bytes are typed into video memory, the map zooms and shows the past, the window is
# killed in the middle of a copy. With FreeDOS's floppy at hand: DIR, and a file from a floppy that was inserted.
# Usage: window_smoke.sh PLATTER [FOLDER FOR PICTURES]
set -u
platter=$1
for tool in Xvfb xdotool import convert mformat mcopy; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
folder=$(mktemp -d)
pictures=${2:-$folder}
mkdir -p "$pictures"
trap 'kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
pids=

# Xvfb picks a free display itself and tells its number.
Xvfb -displayfd 3 -screen 0 1280x800x24 3>"$folder/display" >"$folder/xvfb.log" 2>&1 &
pids=$!
for _ in $(seq 100); do [ -s "$folder/display" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$folder/display")
export DISPLAY
export PLATTER_WINDOW=1280x800 XDG_STATE_HOME=$folder/state
# A program whose display is gone cannot end SDL, which leaves what it has in libdbus.
echo leak:libdbus-1.so >"$folder/leaks"
export LSAN_OPTIONS=suppressions=$folder/leaks:print_suppressions=0

fail() {
  echo "FAIL: $1"
  import -window root "$pictures/failed.png" 2>/dev/null
  cat "$folder/out" "$folder/console" 2>/dev/null
  exit 1
}
start() {  # start ARGS...: the program in its window, with a guest
  rm -f "$folder/console"
  launch --debugcon "$folder/console" "$@"
}
launch() {
  "$platter" "$@" >"$folder/out" 2>&1 &
  program=$!
  pids="$pids $program"
  # SDL makes its window anew when it has chosen a renderer: xdotool may trip over the first one.
  for _ in $(seq 20); do
    window=$(timeout 60 xdotool search --sync --onlyvisible --name 'Platter' 2>/dev/null | head -n 1)
    [ -n "$window" ] && break
    sleep 0.3
  done
  [ -n "$window" ] || fail "no window"
  xdotool windowfocus --sync "$window" windowmove "$window" 0 0
}
wait_for() {  # wait_for TEXT: on the guest's console, 40 seconds at most
  for _ in $(seq 400); do
    grep -q "$1" "$folder/console" 2>/dev/null && return
    kill -0 "$program" 2>/dev/null || fail "the program ended early"
    sleep 0.1
  done
  fail "no '$1' on the guest's console"
}
# settles TEST...: a shell command that becomes true within 20 seconds
settles() {
  for _ in $(seq 40); do
    "$@" && return
    sleep 0.5
  done
  fail "$* did not come true"
}
shoot() { import -window root "$pictures/$1.png"; }
# share X Y W H CONDITION: how much of a part of the screen, in per cent, has r, g, b (0 to 1) of that condition
share() {
  import -window root -crop "$3x$4+$1+$2" +repage -depth 8 rgb:- | python3 -c '
import sys
data = sys.stdin.buffer.read()
condition = eval("lambda r, g, b: " + sys.argv[1])
scaled = [value / 255 for value in range(256)]
pixels = zip(*(map(scaled.__getitem__, data[channel::3]) for channel in range(3)))
hits = sum(1 for pixel in pixels if condition(*pixel))
print(round(100 * hits / (len(data) // 3)))' "$5"
}
host_key() { xdotool keydown Control_R key "$1" keyup Control_R sleep 0.3; }
# Amber "Paused" or green "Running" in the menu bar.
paused() { [ "$(share 330 4 110 18 'r>0.9 and g>0.6 and b<0.5')" -ge 2 ]; }
running() { [ "$(share 330 4 110 18 'r<0.5 and g>0.6 and b>0.4')" -ge 2 ]; }
stop_program() {
  kill -TERM "$program" 2>/dev/null
  for _ in $(seq 100); do kill -0 "$program" 2>/dev/null || return; sleep 0.1; done
  fail "the program does not end"
}

# holds FILE: the program has it open
holds() { readlink /proc/"$program"/fd/* 2>/dev/null | grep -qF "/$1"; }
lets_go() { ! holds "$1"; }
# By the lamp of fda, the first one: its menu is above it, Insert on top and Eject below.
eject_floppy() {
  xdotool mousemove 40 788 click 1 sleep 0.5 mousemove 60 "$lamp_eject" sleep 0.2 click 1 sleep 0.3
  settles lets_go "$1"
}
insert_floppy() {
  xdotool mousemove 40 788 click 1 sleep 0.5 mousemove 60 "$lamp_insert" sleep 0.2 click 1 sleep 0.5
  xdotool type --delay 20 "$folder/$1"
  xdotool key Return sleep 0.3
  settles holds "$1"
}
lamp_insert=615 lamp_eject=634

# ---- Play: keys reach the guest, its screen shows ----
truncate -s 1474560 "$folder/one.img"
cp "$folder/one.img" "$folder/two.img"
cp "$(dirname "$platter")/bios/platter-disklab.bin" "$folder/lab.img" || fail "no Disk Lab beside the program"
truncate -s 33546240 "$folder/lab.img"
start --fda "$folder/one.img" --drive "bus=ide0.0,file=$folder/lab.img,format=raw,mode=discard" --boot c
wait_for READY
xdotool mousemove 640 400 click 1 sleep 0.3 key c
wait_for 'OK create'
blue() { [ "$(share 300 200 500 300 'b>r+0.2 and b>g+0.1')" -ge 50 ]; }
settles blue
shoot play
holds one.img || fail "the floppy is not open"
eject_floppy one.img
shoot play-ejected
insert_floppy two.img
lets_go one.img || fail "the first floppy is still open"

# ---- Debug: stop, step, a breakpoint by click ----
host_key 2
sleep 1
xdotool mousemove 100 42 click 1 sleep 0.2
xdotool key shift+F5
settles paused
xdotool key F11 sleep 0.3 key F10 sleep 0.3 key F11 sleep 0.5
settles paused
# The red disc of a breakpoint appears where one clicks, left of the code.
xdotool mousemove 18 200 click 1 sleep 1
disc() { [ "$(share 8 190 20 20 'r>0.8 and g<0.6 and b<0.5')" -ge 8 ]; }
settles disc
shoot debug
xdotool mousemove 18 200 click 1 sleep 0.5
# Four white blocks typed into video memory, by a click on its first byte: the guest's screen has them.
white_blocks() { [ "$(share 724 53 26 10 'r>0.8 and g>0.8 and b>0.8')" -ge 80 ]; }
white_blocks && fail "the corner of the guest's screen is white before anything was typed"
xdotool mousemove 72 461 click 1 sleep 0.3 type --delay 20 'B8000'
xdotool key Return sleep 0.5 mousemove 92 485 click 1 sleep 0.3 type --delay 60 'DB0FDB0FDB0FDB0F'
settles white_blocks
shoot debug-typed
xdotool key F5
settles running

# ---- Disk: the map, its zoom, its past ----
host_key 3
sleep 2
orange() { [ "$(share 140 90 600 40 'r>0.8 and g>0.4 and g<0.8 and b<0.3')" -ge 1 ]; }
settles orange
shoot disk
xdotool mousemove 400 250 sleep 0.3
map_now() { import -window root -crop 640x300+100+100 -depth 8 rgba:- | md5sum; }
before=$(map_now)
xdotool click 4 sleep 1 click 4 sleep 1
after=$(map_now)
[ "$before" != "$after" ] || fail "the wheel does not zoom the map"
shoot disk-zoomed
# Dragging takes the disk along. The mouse ends where it began: what its card says is of another cluster.
before=$(map_now)
xdotool mousedown 1 sleep 0.3 mousemove 400 200 sleep 0.3 mousemove 400 150 sleep 0.3 mouseup 1 \
  sleep 0.3 mousemove 400 250 sleep 1
[ "$before" != "$(map_now)" ] || fail "dragging does not move the map"
shoot disk-dragged
xdotool click 5 sleep 0.3 click 5 sleep 0.5
# The time line is just above the hex panel; in the past the status bar says so in amber.
xdotool mousemove 420 575 mousedown 1 sleep 0.3 mousemove 400 575 sleep 0.3 mouseup 1 sleep 1
past() { [ "$(share 1080 778 195 20 'r>0.9 and g>0.6 and b<0.5')" -ge 1 ]; }
settles past
shoot disk-past
stop_program

# ---- the start page: a chain whose base was renamed is put right and runs ----
"$platter" create-disk "$folder/chain.vmdk" --size 32M -f vmdk >/dev/null || fail "create-disk"
"$platter" image snapshot "$folder/chain.vmdk" >/dev/null || fail "image snapshot"
child=$folder/chain.overlay-1.vmdk
mv "$folder/chain.vmdk" "$folder/renamed.vmdk"
mkdir -p "$XDG_STATE_HOME/platter"
printf 'recent\t%s\tide0.0\tread-write\t2026-01-01\t\n' "$child" >"$XDG_STATE_HOME/platter/window"
launch
sleep 1
shoot start
bad() { [ "$(share 400 350 400 20 'r>0.9 and g>0.4 and g<0.7')" -ge 1 ]; }
settles bad
xdotool mousemove 600 360 click 1 sleep 0.5
shoot locate
xdotool type --delay 20 renamed.vmdk
xdotool key Return
located() { "$platter" image info -U "$child" 2>/dev/null | grep -q 'backing file: renamed.vmdk'; }
settles located
good() { ! bad; }
settles good
xdotool mousemove 600 360 click 1
settles holds chain.overlay-1.vmdk
holds renamed.vmdk || fail "the chain runs without its base"
stop_program

# ---- ended in the middle of writing: the image stays whole ----
begin_copy() {  # boots FreeDOS and has it write to copy.vmdk
  rm -f "$folder/copy.vmdk"
  "$platter" create-disk "$folder/copy.vmdk" --size 32M -f vmdk >/dev/null || fail "create-disk"
  start --fda "$folder/dos.img" --hda "$folder/copy.vmdk" --boot ac
  xdotool mousemove 640 400 click 1
  white() { [ "$(share 0 40 1280 700 'r>0.5 and g>0.5 and b>0.5')" -ge 1 ]; }
  settles white
  sleep 15
  xdotool type --delay 80 'dir'
  xdotool key Return
  sleep 4
  shoot freedos
  rows() { [ "$(share 280 380 400 150 'r>0.5 and g>0.5 and b>0.5')" -ge 4 ]; }
  settles rows
  if [ "${1:-}" = swap ]; then
    # Another floppy, from which the guest brings a file to its hard disk.
    eject_floppy dos.img
    insert_floppy new.img
    xdotool mousemove 640 400 click 1 sleep 0.3 type --delay 80 'copy a:newdisk.txt c:'
    xdotool key Return
    arrived() { "$platter" image fat ls -U "$folder/copy.vmdk" / 2>/dev/null | grep -qi newdisk; }
    settles arrived
    shoot freedos-swapped
    eject_floppy new.img
    insert_floppy dos.img
    xdotool mousemove 640 400 click 1 sleep 0.3
  fi
  empty=$(stat -c %b "$folder/copy.vmdk")
  xdotool type --delay 80 'for %i in (1 2 3 4 5 6 7 8 9) do copy kernel.sys c:%i.sys'
  xdotool key Return
  grows() { [ "$(stat -c %b "$folder/copy.vmdk")" -gt "$empty" ]; }
  settles grows
}
if [ -f "${PLATTER_SHARED:-/nonexistent}/images/freedos-144.img" ]; then
  cp "$PLATTER_SHARED/images/freedos-144.img" "$folder/dos.img"
  mformat -C -f 1440 -i "$folder/new.img" :: && echo 'a new disk' >"$folder/newdisk.txt" &&
    mcopy -i "$folder/new.img" "$folder/newdisk.txt" :: || fail "mformat"
  begin_copy swap
  kill -KILL "$program"
  wait "$program" 2>/dev/null
  # Space taken by a write that was not finished (3) is no harm, and a repair gives it back.
  "$platter" image check "$folder/copy.vmdk" >"$folder/check" 2>&1
  code=$?
  [ "$code" = 0 ] || [ "$code" = 3 ] || { cat "$folder/check"; fail "image check after a kill"; }
  "$platter" image check -r all "$folder/copy.vmdk" >"$folder/check" 2>&1
  "$platter" image check "$folder/copy.vmdk" >"$folder/check" 2>&1 || { cat "$folder/check"; fail "repair after a kill"; }
  # The display goes away: the machine is stopped and its images are closed.
  begin_copy
  kill -KILL "${pids%% *}"
  for _ in $(seq 150); do kill -0 "$program" 2>/dev/null || break; sleep 0.1; done
  kill -0 "$program" 2>/dev/null && { kill -KILL "$program"; fail "the program outlives its display"; }
  wait "$program"
  code=$?
  [ "$code" = 5 ] && grep -q 'display' "$folder/out" || fail "exit code $code after the display went away"
  "$platter" image check "$folder/copy.vmdk" >"$folder/check" 2>&1 || { cat "$folder/check"; fail "image check after the display went away"; }
fi
echo "ok: booted, typed, changed floppies, stopped, stepped, clicked, changed memory, zoomed, looked back, located a parent, ended"
