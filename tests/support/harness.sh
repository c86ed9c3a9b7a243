# For the test scripts, which source it: . "$(dirname "$0")/../support/harness.sh"
#
# Their first argument is the platter program ($PLATTER goes before it). Exit code 0 = right, 1 = wrong with a
# line saying what, 77 = something is missing, with one line saying what. Everything happens in $work, a folder
# of their own that is gone at the end.
#
# With MACHINE=qemu or MACHINE=bochs the same steps go to that emulator instead of platter: a way to check the
# expectations themselves.
# shellcheck shell=bash
set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
platter=${PLATTER:-${1:-}}
if [ $# -gt 0 ]; then shift; fi
shared=${PLATTER_SHARED:-$tests/../../shared}
# Tests may run under ASan on a busy machine; guest time is what usually ends a run that goes wrong.
wall_timeout=${PLATTER_WALL_TIMEOUT:-600s}

work=$(mktemp -d "${TMPDIR:-/tmp}/platter-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

skip() {
  echo "SKIP: $*"
  exit 77
}

fail() {
  echo "FAIL: $*"
  exit 1
}

need_tools() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || skip "the program '$tool' is not installed"
  done
}

need_file() { [ -e "$1" ] || skip "no file '$1'"; }

need_platter() {
  [ -n "$platter" ] || fail "no platter program given"
  [ -x "$platter" ] || fail "no program '$platter'"
}

# image NAME COPY: a writable copy of a shared guest image, unpacked when only NAME.xz is there.
image() {
  if [ -e "$shared/images/$1" ]; then
    cp "$shared/images/$1" "$2"
    chmod u+w "$2"
  elif [ -e "$shared/images/$1.xz" ]; then
    need_tools xz
    xz -dkc "$shared/images/$1.xz" >"$2"
  else
    skip "no image '$shared/images/$1'; PLATTER_SHARED names the place of the shared files"
  fi
}

disk_chs=65/16/63  # the hard disk image's, for emulators that have to be told

boot_elsewhere() {
  local arguments=(--boot a)
  while [ $# -gt 0 ]; do
    case $1 in
      --timeout | --cpu | --ram) shift ;;
      --for) arguments+=(--for "${2%s}") && shift ;;
      --hda) arguments+=(--hda "$2" --chs "$disk_chs") && shift ;;
      --boot) arguments+=(--boot "${2:0:1}") && shift ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
  python3 "$tests/oracle/other_machine.py" "$MACHINE" "${arguments[@]}" || exit
}

# boot OPTION...: one headless run with the steps given, which must succeed.
boot() {
  if [ -n "${MACHINE:-}" ]; then
    boot_elsewhere "$@"
    return
  fi
  local code=0
  "$platter" run --headless --wall-timeout "$wall_timeout" "$@" >"$work/run.out" 2>"$work/run.err" || code=$?
  if [ "$code" != 0 ]; then
    printf 'platter run'
    printf " '%s'" "$@"
    printf '\n'
    head -c 8000 "$work/run.err"
    head -c 8000 "$work/run.out"
    fail "platter ended with $code"
  fi
}

# random_file NAME BYTES SEED: the same bytes every time, with no pattern that a disk error could hide in.
random_file() {
  python3 -c 'import random,sys
open(sys.argv[1], "wb").write(random.Random(int(sys.argv[3])).randbytes(int(sys.argv[2])))' "$1" "$2" "$3"
}

# same_files WHAT A B
same_files() { cmp "$2" "$3" || fail "$1: the files differ"; }
