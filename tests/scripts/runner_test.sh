#!/bin/bash
# runner_test.sh PLATTER: what `platter test` does with tests that pass, fail, skip and hang: exit codes, closing line,
# reports, artifacts, threads, shards, repeats. Its guests are the demo disk and no guest at all.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
platter=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/platter-runner.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# expect CODE WHAT COMMAND...: runs it, keeps its output in out.txt
expect() {
  local wanted=$1 what=$2 code=0
  shift 2
  "$@" >out.txt 2>err.txt || code=$?
  if [ "$code" != "$wanted" ]; then
    echo "FAIL: $what: exit code $code, expected $wanted"
    cat out.txt err.txt
    failures=$((failures + 1))
  fi
}
says() { # says TEXT: the last run's output has it
  grep -qF -- "$1" out.txt err.txt || {
    echo "FAIL: no '$1' in:"
    cat out.txt err.txt
    failures=$((failures + 1))
  }
}

cat >pass.lua <<'LUA'
test("adds", { tags = { "quick" } }, function(t) t:eq(1 + 1, 2) end)
test("boots", { timeout = 60 }, function(t)
  local m = t:machine {}
  m:expect("READY")
  m:type("c")
  m:expect("(#1)")
end)
LUA
cat >fail.lua <<'LUA'
test("asserts go on", function(t)
  t:eq(1, 2)
  t:ok(false, "a reason")
  t:log("still here")
end)
test("no such text", function(t)
  t:machine {}:expect("nobody writes <this> & that", 3)
end)
test("skips", function(t) t:skip("no disk") end)
test("skipped by option", { skip = "later" }, function(t) t:fail("ran") end)
LUA
cat >timeout.lua <<'LUA'
test("guest time", { timeout = 2 }, function(t) t:machine {}:run(100) end)
LUA
cat >died.lua <<'LUA'
test("dies", function(t)      -- cli; hlt
  local image = t:tmp("x.img", { content = "\xFA\xF4" .. ("\0"):rep(508) .. "\x55\xAA" .. ("\0"):rep(1474560 - 512) })
  t:machine { drive = { { bus = "fd0", file = image } } }:expect("anything", 20)
end)
LUA
echo 'test("hangs", { wall_timeout = 0.2 }, function(t) local m = t:machine {} while true do m:step(1) end end)' >hang.lua
echo 'test("loops", function(t) while true do pcall(function() while true do end end) end end)' >loop.lua
echo 'test("eats", function(t) local s = "x" while true do s = s .. s end end)' >eats.lua
echo 'this is no Lua' >broken.lua
echo 'test("io", function(t) t:eq(io, nil) t:eq(os, nil) t:eq(dofile, nil) t:eq(load("\27Lua"), nil) t:eq(debug, nil) t:ok(not pcall(require, "../x")) end)' >sandbox.lua
mkdir -p lib && echo 'return { answer = 42 }' >lib/values.lua
echo 'test("module", function(t) t:eq(require("lib.values").answer, 42) end)' >module.lua
cat >random.lua <<'LUA'
test("the same numbers and orders every time", function(t)
  local s = {}
  for i = 1, 5 do s[i] = math.random(1000) end
  for k in pairs { b = 1, a = 1, c = 1, [3] = 1, [1] = 1 } do s[#s + 1] = tostring(k) end
  t:log(table.concat(s, " "))
end)
LUA

expect 0 'passing tests' "$platter" test pass.lua
[ "$(tail -n 1 out.txt)" = '2 passed, 0 failed, 0 skipped' ] || { says 'the closing line'; }
expect 1 'failing tests' "$platter" test fail.lua --junit fail.xml --artifacts art
says 'fail.lua:2: is 1, expected 2'
says '      ^'
says 'a reason: is false'
says 'log: still here'
says 'fail.lua:7: no "nobody writes <this> & that" within 3 s of guest time'
says '0 passed, 2 failed, 2 skipped'
says 'skip  fail.lua: skips: no disk'
for file in failure.txt screen.txt screen.png transcript.txt events.txt cpu.txt ata-ide0.0.txt state.pst; do
  [ -s "art/fail/2-no-such-text/$file" ] || { echo "FAIL: no artifact $file"; failures=$((failures + 1)); }
done
expect 0 'the state of a failed test goes on' \
  "$platter" run --headless --load-state art/fail/2-no-such-text/state.pst --until READY
expect 3 'guest time' "$platter" test timeout.lua
says 'guest time (timeout = 2 s) is used up'
expect 4 'a guest that dies' "$platter" test died.lua
says 'halted with interrupts off'
says 'CS:EIP='
expect 6 'host time' "$platter" test hang.lua
expect 1 'endless Lua' "$platter" test loop.lua
says 'loops without running the machine'
expect 1 'Lua that eats memory' "$platter" test eats.lua
expect 1 'different reasons' "$platter" test timeout.lua died.lua
expect 2 'a script that is none' "$platter" test broken.lua
says 'broken.lua:1:'
expect 2 'no such file' "$platter" test missing.lua
expect 2 'an unknown option' "$platter" test pass.lua --fliter x
says "did you mean '--filter'?"
expect 2 'nothing matches' "$platter" test pass.lua --filter nothing
expect 0 'the sandbox' "$platter" test sandbox.lua
expect 0 'a module beside the script' "$platter" test module.lua
expect 0 'one order' "$platter" test random.lua
cp out.txt first.txt
expect 0 'one order again' "$platter" test random.lua
diff <(grep log: first.txt) <(grep log: out.txt) || failures=$((failures + 1))

expect 0 'a filter by name' "$platter" test pass.lua fail.lua --filter 'add*'
says '1 passed, 0 failed, 0 skipped'
expect 0 'a filter by tag' "$platter" test pass.lua fail.lua --filter @quick
says '1 passed, 0 failed, 0 skipped'
expect 0 'a shard' "$platter" test pass.lua module.lua --shard 2/2 --list
[ "$(cat out.txt)" = 'pass.lua:2: boots' ] || { says 'the second half'; }
expect 0 'repeats' "$platter" test pass.lua --repeat 3 -j 2
expect 1 'threads' "$platter" test pass.lua fail.lua -j 4 --junit many.xml --output json
[ "$(wc -l <out.txt)" = 6 ] || { echo 'FAIL: not one JSON object a test'; failures=$((failures + 1)); }
if command -v xmllint >/dev/null; then
  expect 0 'JUnit as its schema says' xmllint --noout --schema "$here/junit.xsd" fail.xml many.xml
  # The schema must be able to say no.
  sed 's/ time="[^"]*"//' fail.xml >untimed.xml
  sed 's/<failure type="[^"]*"/<failure/' fail.xml >untyped.xml
  sed 's/<testcase/<testcases/; s/testcase>/testcases>/' fail.xml >misnamed.xml
  for wrong in untimed untyped misnamed; do
    expect 3 "JUnit that is $wrong" xmllint --noout --schema "$here/junit.xsd" "$wrong.xml"
  done
else
  echo 'SKIP: no xmllint: JUnit is not compared with its schema'
fi
if command -v python3 >/dev/null; then
  expect 0 'a JUnit report' python3 "$here/junit_check.py" fail.xml
  says '4 tests, 2 failures, 2 skipped'
  expect 0 'a JUnit report of several threads' python3 "$here/junit_check.py" many.xml
  says '6 tests, 2 failures, 2 skipped'
  expect 0 'JSON' python3 -c 'import json; [json.loads(line) for line in open("out.txt")]'
fi
[ "$failures" = 0 ] && echo 'all as it should be'
exit $((failures != 0))
