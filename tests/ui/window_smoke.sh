#!/bin/bash
# The window with a person at it: Disk Lab boots in a real X window, real key events make a file, the mouse is
# captured and let go, closing the window ends the program. Usage: window_smoke.sh PLATTER
set -u
platter=$1
for tool in Xvfb xdotool import; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
folder=$(mktemp -d)
trap 'kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
pids=

# Xvfb picks a free display itself and tells its number.
Xvfb -displayfd 3 -screen 0 1280x800x24 3>"$folder/display" >"$folder/xvfb.log" 2>&1 &
pids=$!
for _ in $(seq 50); do [ -s "$folder/display" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$folder/display")
export DISPLAY

"$platter" --debugcon "$folder/console" >"$folder/out" 2>&1 &
program=$!
pids="$pids $program"

fail() {
  echo "FAIL: $1"
  cat "$folder/out" "$folder/console" 2>/dev/null
  exit 1
}
# wait_for TEXT: on the guest's console, 20 seconds at most
wait_for() {
  for _ in $(seq 200); do
    grep -q "$1" "$folder/console" 2>/dev/null && return
    kill -0 "$program" 2>/dev/null || fail "the program ended early"
    sleep 0.1
  done
  fail "no '$1' on the guest's console"
}

window=$(timeout 20 xdotool search --sync --onlyvisible --name 'Platter' | head -n 1) || fail "no window"
wait_for READY
xdotool windowfocus --sync "$window" key c
wait_for 'OK create'
import -window root "$folder/screen.png"
# A blue text screen in the middle of the window, not an empty one.
colour=$(convert "$folder/screen.png" -crop 400x300+440+250 -scale 1x1 -format '%[fx:b>r+0.2&&b>g+0.2]' info:)
[ "$colour" = 1 ] || fail "the window does not show the blue screen of Disk Lab"

xdotool mousemove --window "$window" 100 100 click 1 sleep 0.3 mousemove_relative 20 20
xdotool keydown Control_R key c keyup Control_R
xdotool search --name 'captured' >/dev/null 2>&1 && fail "the host key did not release the mouse"
xdotool windowclose "$window" 2>/dev/null || kill -TERM "$program"
for _ in $(seq 50); do kill -0 "$program" 2>/dev/null || break; sleep 0.1; done
kill -0 "$program" 2>/dev/null && fail "closing the window did not end the program"
echo "ok: booted, typed, drawn, closed"
