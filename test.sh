#!/bin/bash
# The tests. ./test.sh is the quick tier (15 minutes at most on 2 cores); ./test.sh --full adds everything
# else but the benchmarks: the whole suite under ASan and UBSan, the oracles, the storage tests at full length,
# libFuzzer and clang-tidy.
# ./test.sh -R NAME and other ctest options are passed on.
set -euo pipefail
cd "$(dirname "$0")"
. tools/ensure_packages.sh

full=0
ctest_args=()
for argument in "$@"; do
  case $argument in
    --full) full=1 ;;
    --help | -h)
      sed -n '2,5s/^# //p' "$0"
      exit 0
      ;;
    *) ctest_args+=("$argument") ;;
  esac
done

test_packages="catch2 xz-utils python3 mtools dosfstools qemu-system-x86 qemu-utils bochs bochs-term bochsbios
  vgabios seabios gdb bximage libvhdi-utils libvmdk-utils python3-libvmdk xvfb xdotool imagemagick socat
  bsdextrautils bsdutils libxml2-utils"
# shellcheck disable=SC2086  # one word a package
ensure_packages "what the build needs (compiler, assembler, SDL2 and small libraries)" $PLATTER_BUILD_PACKAGES
# shellcheck disable=SC2086
ensure_packages "what the tests need (Catch2, and QEMU, Bochs and mtools to compare with)" $test_packages
if [ "$full" = 1 ]; then
  ensure_packages "what --full needs (clang-tidy, libFuzzer)" clang-19 clang-tidy-19 libclang-rt-19-dev
fi

PLATTER_SHARED=$(realpath -m "${PLATTER_SHARED:-../shared}")
export PLATTER_SHARED
mkdir -p build
for preset in release dev; do
  configure_preset "$preset"
  ninja -C "build/$preset" | tail -n 1
done

run_ctest() {  # run_ctest PRESET ARGS...: leaves its verdict in $failed and adds to the skip count
  local preset=$1
  shift
  local log="build/$preset/test.log"
  ctest --test-dir "build/$preset" --output-on-failure "$@" "${ctest_args[@]}" 2>&1 | tee "$log" |
    sed -E '/^ *Start +[0-9]+:/d; /Test +#[0-9]+:.* Passed +/d' || failed=1
  passed=$((passed + $(grep -cE 'Test +#[0-9]+:.*Passed' "$log" || true)))
  skipped=$((skipped + $(grep -cE 'Test +#[0-9]+:.*\*\*\*Skipped' "$log" || true)))
  broken=$((broken + $(grep -cE 'Test +#[0-9]+:.*\*\*\*(Failed|Timeout|Exception|Not Run)' "$log" || true)))
}

failed=0 passed=0 skipped=0 broken=0
jobs=$(nproc)
if [ "$full" = 1 ]; then
  run_ctest dev -j "$jobs" -LE 'bench|slow'
  run_ctest release -j "$jobs" -LE bench
  # What random operations, cuts and faults do to every format, at a length that wants optimised code.
  configure_preset battery
  ninja -C build/battery storage_tests | tail -n 1
  PLATTER_FULL=1 run_ctest battery -j "$jobs" -R 'battery|fat-free'
  cmake --preset tidy >/dev/null && ninja -C build/tidy -k 0 || failed=1
else
  # ASan and UBSan on unit tests and short boots; the optimised binary on vectors, boots and oracles.
  run_ctest dev -j "$jobs" -L 'unit|short'
  run_ctest release -j "$jobs" -LE 'bench|slow|full'
fi
[ "$broken" = 0 ] || failed=1
echo
echo "$passed passed, $broken failed, $skipped skipped"
exit "$failed"
