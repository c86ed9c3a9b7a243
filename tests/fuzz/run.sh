#!/bin/bash
# run.sh BUILD_DIR SECONDS [TARGET...]: builds the fuzz targets with clang into BUILD_DIR and runs each for that
# long, from its seeds and its corpus folder. A finding stops with the input's file name; exit code 1.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
build=$1
seconds=$2
shift 2
clang=${CLANGXX:-$(command -v clang++-19 || command -v clang++-14 || command -v clang++ || true)}
if [ -z "$clang" ]; then
  echo "SKIP: no clang++"
  exit 77
fi
cmake -S "$source_dir" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER="$clang" -DPLATTER_FUZZ=ON \
  -DPLATTER_SANITIZE=ON -DPLATTER_UI=OFF -DPLATTER_UNIT_TESTS=OFF \
  -DCMAKE_CXX_FLAGS=-fsanitize=fuzzer-no-link >/dev/null
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
  mapfile -t targets < <(sed -n 's/^platter_fuzz_target(\([a-z_]*\).*/\1/p' "$source_dir/tests/fuzz/CMakeLists.txt")
fi
status=0
for target in "${targets[@]}"; do
  cmake --build "$build" --target "fuzz_$target" "fuzz_${target}_seeds" >/dev/null
  corpus=$build/corpus/$target
  mkdir -p "$corpus" "$build/findings"
  "$build/fuzz_${target}_seeds" -seeds="$corpus"
  extra=()
  if [ -d "$source_dir/tests/fuzz/corpus/$target" ]; then extra=("$source_dir/tests/fuzz/corpus/$target"); fi
  echo "== $target, $seconds s"
  "$build/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 -malloc_limit_mb=256 \
    -artifact_prefix="$build/findings/$target-" -print_final_stats=1 "$corpus" "${extra[@]}" \
    2>"$build/findings/$target.log" || status=1
  grep -E 'ERROR|SUMMARY|broken promise|Test unit written|number_of_executed|peak_rss' "$build/findings/$target.log" || true
done
exit $status
