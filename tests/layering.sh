#!/bin/sh
# The one-way rule of docs/architecture.md: greps the #include lines, because a header-only slip would link
# happily. Usage: layering.sh SOURCE_DIR
cd "$1" || exit 2
status=0
# allow FOLDER REGEX: quoted project includes of FOLDER must match REGEX
allow() {
  bad=$(grep -rnE '^#include "(storage|cpu|devices|bios|emu|ui|tests)/' "$1" --include='*.h' --include='*.cpp' |
    grep -vE "#include \"($2)")
  if [ -n "$bad" ]; then
    printf '%s may include only %s:\n%s\n' "$1" "$2" "$bad"
    status=1
  fi
}
allow storage 'storage/'
allow cpu 'cpu/'
allow devices 'devices/|storage/|cpu/memory\.h'
allow bios 'bios/'
allow ui 'ui/|emu/|devices/|storage/|cpu/'
# The image tool lives in emu but knows storage alone, as do the pictures it draws.
bad=$(grep -nE '^#include "(cpu|devices|bios|emu|ui|tests)/' emu/image_*.h emu/image_*.cpp | grep -vE '"emu/(image_|map_picture\.h|png\.h)')
if [ -n "$bad" ]; then
  printf 'emu/image_* may include only storage/, emu/image_* and pictures:\n%s\n' "$bad"
  status=1
fi
[ "$status" = 0 ] && echo "layering: no include points upwards"
exit $status
