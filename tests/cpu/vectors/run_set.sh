#!/bin/sh
# run_set.sh PROGRAM SET [OPTIONS]: one set of the shared vectors; 77 = not there.
program=$1 set=$2
shift 2
shared=${PLATTER_SHARED:-$(dirname "$0")/../../../../shared}
if [ ! -d "$shared/cputests/$set" ]; then
  echo "SKIP: no folder '$shared/cputests/$set'; PLATTER_SHARED names the place of the shared files"
  exit 77
fi
exec "$program" "$@" "$shared/cputests/$set"
