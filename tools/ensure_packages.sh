# Sourced by run.sh and test.sh. ensure_packages WHY PACKAGE... installs with apt what is missing, and says
# what and why before it does; silent and quick when everything is there.
ensure_packages() {
  ensure_why=$1
  shift
  # One dpkg-query for all (it fails when it knows one of them not at all): lines of installed packages.
  ensure_have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii  *//p' || true)
  ensure_missing=
  for ensure_package in "$@"; do
    printf '%s\n' "$ensure_have" | grep -qxF "$ensure_package" || ensure_missing="$ensure_missing $ensure_package"
  done
  [ -z "$ensure_missing" ] && return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "platter: missing packages and no apt-get here; install the equivalents of:$ensure_missing" >&2
    return 1
  fi
  ensure_sudo=
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      echo "platter: run as root: apt-get install$ensure_missing" >&2
      return 1
    fi
    ensure_sudo=sudo
  fi
  echo "Installing $ensure_why:$ensure_missing" >&2
  $ensure_sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 &&
    # shellcheck disable=SC2086  # one word a package
    $ensure_sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $ensure_missing >&2
}

# What the build needs; run.sh and test.sh agree by construction.
PLATTER_BUILD_PACKAGES="g++ cmake ninja-build pkg-config nasm libsdl2-dev libimgui-dev libcli11-dev
  nlohmann-json3-dev libtomlplusplus-dev libstb-dev libzydis-dev libzycore-dev zlib1g-dev nettle-dev liblua5.4-dev"

# configure_preset NAME: configures once; later runs leave it to ninja to notice changes.
configure_preset() {
  [ -f "build/$1/build.ninja" ] || cmake --preset "$1" >"build-$1.log" 2>&1 || {
    cat "build-$1.log" >&2
    rm -f "build-$1.log"
    return 1
  }
  rm -f "build-$1.log"
}
