#!/bin/bash
# recording_test.sh PLATTER: a recorded run comes out the same again, and only that run; broken recordings get one
# line; a recording becomes a script that passes. The guest is the demo disk and, where it is, FreeDOS.
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
need_platter
cd "$work"

expect() { # expect CODE WHAT COMMAND...
  local wanted=$1 what=$2 code=0
  shift 2
  "$@" >out.txt 2>err.txt || code=$?
  [ "$code" = "$wanted" ] || fail "$what: exit code $code, expected $wanted: $(cat out.txt err.txt)"
}
says() { grep -qF -- "$1" out.txt err.txt || fail "no '$1' in: $(cat out.txt err.txt)"; }

expect 0 'recording' "$platter" run --until READY --type 'c' --until '(#1)' --key shift-v --until '(#2)' --record lab.rec
[ "$(wc -c <lab.rec)" -lt 2000 ] || fail "a small run's recording has $(wc -c <lab.rec) bytes"
expect 0 'replay' "$platter" run --replay lab.rec --screen-text -
says '(#2)'
expect 0 'replay with the other engine' "$platter" run --replay <(sed 's/engine = "cached"/engine = "step"/' lab.rec)
expect 0 'replay where the environment has other defaults' env PLATTER_RAM=4M "$platter" run --replay lab.rec
expect 2 'replay with another machine' "$platter" run --replay lab.rec --ram 4M
says 'brings its own machine'
expect 0 'a replay can be saved' "$platter" run --replay lab.rec --save-state end.pst
expect 0 'and gone on from' "$platter" run --load-state end.pst --for 100ms

# Another key leads elsewhere.
sed 's/ down c$/ down d/; s/ up c$/ up d/' lab.rec >other.rec
expect 1 'another key' "$platter" run --replay other.rec
says 'another one at the end'

# What is broken says so in one line.
refused() { # refused WHAT TEXT FILE
  expect 2 "$1" "$platter" run --replay "$3"
  says "$2"
  [ "$(wc -l <err.txt)" = 1 ] || fail "$1: more than one line: $(cat err.txt)"
}
sed 's/^platter recording 1/platter recording 2/' lab.rec >bad.rec
refused 'a newer recording' 'newer version' bad.rec
echo hello >bad.rec
refused 'no recording' 'is no recording' bad.rec
sed 's/ down c$/ down nokey/' lab.rec >bad.rec
refused 'an unknown key' "'nokey' is no key" bad.rec
sed 's/cpu = "386"/cpu = "286"/' lab.rec >bad.rec
refused 'another machine' 'not the machine of the recording' bad.rec
sed 's/^medium ide0.0 ./medium ide0.0 x/' lab.rec >bad.rec
refused 'another disk' 'ide0.0 does not hold what it held' bad.rec
head -n -1 lab.rec >bad.rec
expect 0 'a recording that was cut off' "$platter" run --replay bad.rec
says 'cut off'
for size in 10 100 400 600; do
  head -c "$size" lab.rec >bad.rec
  code=0
  "$platter" run --replay bad.rec >out.txt 2>err.txt || code=$?
  [ "$code" -le 2 ] || fail "cut to $size bytes: exit code $code"
done

expect 0 'a script from it' "$platter" record-to-lua lab.rec
cp out.txt lab.lua
says 'm:type("c'
expect 0 'which passes' "$platter" test lab.lua
says '1 passed, 0 failed, 0 skipped'

if [ -e "$shared/images/freedos-144.img" ]; then
  image freedos-144.img dos.img
  expect 0 'recording DOS' "$platter" run --drive bus=fd0,file=dos.img,mode=discard --until 'A:\>' --type 'dir\n' \
    --until 'bytes free' --until 'A:\>' --key ctrl-alt-del --until 'A:\>' --record dos.rec
  mv dos.img moved.img
  expect 0 'its replay, the image elsewhere' "$platter" run --replay dos.rec --fda moved.img
  expect 0 'its script' "$platter" record-to-lua dos.rec --fda moved.img
  says 'm:expect("A:\\>")'
  says 'm:type("dir\n")'
  says 'm:key("ctrl-alt-del")'
  cp out.txt dos.lua
  expect 0 'which passes too' "$platter" test dos.lua -D fd0=moved.img
fi
echo "ok"
