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
  # Quiet when there is nothing to do; the whole story when it fails.
  if ! ninja -C build/release platter >build/release/run.log 2>&1; then
    cat build/release/run.log >&2
    exit 1
  fi
) || exit 2
exec "$here/build/release/platter" "$@"
