#!/bin/bash
# config_test.sh PLATTER: settings come from options, variables, machine files and defaults, in this order, and
# `platter config` says which; what is wrong is refused with the place and the nearest word.
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
need_platter
cd "$work"

cat >machine.toml <<'TOML'
[machine]
cpu = "286"
ram = "2M"
mips = 3
shadow_rom = true
[[drive]]
bus = "ide0.0"
demo = true
TOML
shown() { # shown LINE: `config show` has it, blanks aside
  "$platter" config show "${words[@]}" | tr -s ' ' | grep -qxF -- "$1" ||
    fail "config show ${words[*]}: no '$1' in: $("$platter" config show "${words[@]}")"
}
words=(machine.toml --mips 4)
export PLATTER_RAM=3M
shown 'cpu = "286" # machine.toml:2'
shown 'ram = "3M" # PLATTER_RAM'
shown 'mips = 4 # --mips'
shown 'shadow_rom = true # machine.toml:5'
shown 'boot = "ac" # default'
shown 'demo = true'
unset PLATTER_RAM

# What it shows is a machine file again.
"$platter" config show machine.toml >again.toml
words=(again.toml)
shown 'mips = 3 # again.toml:5'

# platter.toml of the current folder counts when no other is named.
cp machine.toml platter.toml
words=()
shown 'cpu = "286" # platter.toml:2'
rm platter.toml
shown 'cpu = "386" # default'

"$platter" config check machine.toml >out 2>&1 || fail "a good file was refused: $(cat out)"
[ ! -s out ] || fail "check talks: $(cat out)"
refused() { # refused TEXT WORDS...: one line, exit code 2
  local text=$1 code=0
  shift
  "$platter" config check "$@" >out 2>&1 || code=$?
  [ "$code" = 2 ] || fail "config check $*: exit code $code: $(cat out)"
  grep -qF -- "$text" out || fail "config check $*: no '$text' in: $(cat out)"
  [ "$(wc -l <out)" = 1 ] || fail "config check $*: more than a line: $(cat out)"
}
sed 's/^cpu/cpuu/' machine.toml >bad.toml
refused "bad.toml:2: unknown key 'cpuu' in [machine]; did you mean 'cpu'?" bad.toml
sed 's/^bus/bos/' machine.toml >bad.toml
refused "bad.toml:7: unknown key 'bos' in [[drive]]; did you mean 'bus'?" bad.toml
sed 's/\[machine\]/[machin]/' machine.toml >bad.toml
refused "unknown section 'machin'; did you mean 'machine'?" bad.toml
sed 's/"2M"/"2X"/' machine.toml >bad.toml
refused "bad.toml:3: ram '2X' must be" bad.toml
sed 's/"286"/286/' machine.toml >good.toml
"$platter" config check good.toml || fail 'a number for cpu was refused'
echo '[machine' >bad.toml
refused 'bad.toml:1:' bad.toml
refused "did you mean '--mips'" --mipps 3
PLATTER_MIPS=0 refused 'PLATTER_MIPS: mips' machine.toml

for shell in bash zsh fish; do
  "$platter" completion $shell >completion.$shell || fail "completion $shell"
done
if command -v bash >/dev/null; then
  bash -c 'PATH=$(dirname "$1"):$PATH; . completion.bash; COMP_WORDS=(platter test --fil); COMP_CWORD=2; _platter;
    [ "${COMPREPLY[*]}" = --filter ]' - "$(realpath "$platter")" || fail 'completion of platter test --fil'
fi
echo ok
