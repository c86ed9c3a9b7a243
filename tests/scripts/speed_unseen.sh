#!/bin/bash
# speed_unseen.sh PLATTER: --speed makes the host wait and nothing else. What is typed at a tenth of real time and at
# a thousand times it ends in the same machine, to the bit.
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
need_platter
need_tools python3
image freedos-144.img "$work/a.img"
drive=bus=fd0,file=$work/a.img,mode=discard
boot --drive "$drive" --until 'A:\>' --save-state "$work/prompt.pst"

typed() { # typed SPEED: the hashes at the end
  "$platter" run --headless --drive "$drive" --load-state "$work/prompt.pst" --speed "$1" --output json \
    --type 'echo {[(<~!@#$%^&*>)]} > Speed.txt\n' --until 'A:\>' --for 100ms >"$work/$1.json" || fail "speed $1: $?"
  python3 -c 'import json, sys; run = json.load(open(sys.argv[1])); print(run["instructions"], run["machine_hash"], run["disks"])' \
    "$work/$1.json"
}
fast=$(typed max)
for speed in 0.1x 1x 1000x; do
  [ "$(typed $speed)" = "$fast" ] || fail "--speed $speed ended in another machine than --speed max"
done
echo "ok: $fast"
