#!/bin/bash
# run_scripts.sh PLATTER SCRIPT...: the scripts as anyone runs them; skips (77) when all of them were skipped.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
platter=$1
shift
shared=${PLATTER_SHARED:-$here/../../../shared}
output=$("$platter" test "$@" -D "images=$shared/images" 2>&1)
code=$?
printf '%s\n' "$output"
if [ "$code" = 0 ] && printf '%s\n' "$output" | tail -n 1 | grep -q '^0 passed, 0 failed'; then exit 77; fi
exit "$code"
