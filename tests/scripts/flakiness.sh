#!/bin/bash
# flakiness.sh PLATTER [ROUNDS]: every script 50 times, four at a time, while the host is busy with something else:
# no failure, and the same hash each time (--repeat compares).
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
need_platter
rounds=${1:-50}
here=$(cd "$(dirname "$0")" && pwd)

# Load that comes and goes; ends with this script.
for seed in 1 2 3; do
  (
    RANDOM=$seed
    while kill -0 $$ 2>/dev/null; do
      timeout "0.$((RANDOM % 9 + 1))" sh -c 'while :; do :; done' || true
      sleep "0.$((RANDOM % 9 + 1))"
    done
  ) &
done
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT

"$platter" test "$here"/{demo_disk,freedos_dir_copy,hard_disk_from_nothing,snapshot_revert,disk_fault,golden_screen,serial_console,stale_prompt}.lua \
  "$here/typing.lua" "$here/save_restore.lua" -D "images=$shared/images" -D keys=50 -D points=1 \
  -j 4 --repeat "$rounds" --junit "$work/report.xml" >"$work/out" || fail "$(cat "$work/out")"
cat "$work/out"
