#!/bin/bash
# A guest that waits for a key leaves the host its processor, in the window as well: in a virtual X display, at
# FreeDOS's boot menu or in the demo disk, the whole program (drawn by software here) may take a fifth of one core.
# Usage: window_idle.sh PLATTER [SECONDS]
set -u
platter=$1
seconds=${2:-8}
for tool in Xvfb xdotool; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
folder=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
Xvfb -displayfd 3 -screen 0 1600x1000x24 3>"$folder/display" >"$folder/xvfb.log" 2>&1 &
pids=$!
for _ in $(seq 100); do [ -s "$folder/display" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$folder/display")
export DISPLAY XDG_STATE_HOME=$folder/state

floppy=${PLATTER_SHARED:-$(dirname "$0")/../../../shared}/images/freedos-144.img
drive=()
[ -e "$floppy" ] && drive=(--drive "bus=fd0,file=$floppy,mode=discard")
"$platter" "${drive[@]}" >"$folder/out" 2>&1 &
program=$!
pids="$pids $program"
# SDL makes its window anew when it has chosen a renderer: xdotool may trip over the first one.
found=
for _ in $(seq 20); do
  timeout 60 xdotool search --sync --onlyvisible --name 'Platter' >/dev/null 2>&1 && found=yes && break
  sleep 0.3
done
[ -n "$found" ] || { cat "$folder/out"; echo 'FAIL: no window'; exit 1; }
sleep 15  # it boots, the motor stops, lamps fade
ticks() { awk '{ print $14 + $15 }' "/proc/$program/stat"; }
before=$(ticks)
sleep "$seconds"
share=$((($(ticks) - before) * 100 / (seconds * $(getconf CLK_TCK))))
echo "an idle guest in the window: $share % of a core"
[ "$share" -le 20 ]
