#!/bin/bash
# flakiness.sh PLATTER [ROUNDS]: every script 50 times (or ROUNDS), four at a time, while the host is busy with something else:
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

scripts=("$here"/*.lua)
run() {  # run ROUNDS
  "$platter" test "${scripts[@]}" -D "images=$shared/images" -D keys=50 -D points=1 \
    -j 4 --repeat "$1" --wall-timeout 7200 --junit "$work/report.xml" >"$work/out" || fail "$(cat "$work/out")"
}

began=$SECONDS
run 1
echo "one round took $((SECONDS - began)) s: $rounds more should take $(((SECONDS - began) * rounds / 60 + 1)) min"
run "$rounds"
cat "$work/out"
echo "$rounds rounds in $((SECONDS - began)) s"
