#!/bin/sh
# Builds Platter and runs it: ./run.sh [ARGS...] is `platter ARGS`. Without arguments: a window with a start page
# where there is a display, else the built-in demo disk, drawn in this terminal.
set -e
here=$(cd "$(dirname "$0")" && pwd)
(
  cd "$here"
  . tools/ensure_packages.sh
  # shellcheck disable=SC2086  # one word a package
  ensure_packages "what the build needs (compiler, assembler, SDL2 and small libraries)" $PLATTER_BUILD_PACKAGES
  mkdir -p build
  configure_preset release
  # Quiet when there is nothing to do; else one line, ninja's own progress on a terminal, and the whole story when
  # it fails.
  if ! ninja -C build/release -n platter 2>/dev/null | grep -q 'no work to do'; then
    echo "Building Platter; the first time takes a few minutes." >&2
    if [ -t 2 ]; then
      ninja -C build/release platter >&2 || exit 1
    elif ! ninja -C build/release platter >build/release/run.log 2>&1; then
      cat build/release/run.log >&2
      exit 1
    fi
  fi
) || exit 2
exec "$here/build/release/platter" "$@"
