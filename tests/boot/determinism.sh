#!/bin/bash
# determinism.sh PLATTER: the same run twice gives the same instruction count, screen and disks; so does the
# engine that decodes every instruction anew. A run with other keys must differ, or nothing was measured.
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
need_platter
need_tools python3

# recorded NAME TEXT OPTION...: the JSON summary of a run that writes to both disks.
recorded() {
  local name=$1 text=$2
  shift 2
  rm -f "$work/a.img" "$work/c.img"
  image freedos-144.img "$work/a.img"
  image freedos-hdd-32m-65x16x63.img "$work/c.img"
  boot --output json --hda "$work/c.img" --fda "$work/a.img" --boot c --until 'menu choice 1' \
    --until 'C:\>' --type "echo $text>a:\\\\new.txt\\n" --until 'C:\>' --type 'copy a:\\new.txt c:\n' --until '=>' \
    --until 'C:\>' --type 'dir c:\\new.txt\n' --until 'bytes free' --for 2s "$@"
  mv "$work/run.out" "$work/$name.json"
}

recorded first 'one and the same'
recorded second 'one and the same'
recorded step 'one and the same' --engine step
recorded other 'something else'

python3 - "$work" <<'PYTHON'
import json
import sys


def measured(name):
    with open(f"{sys.argv[1]}/{name}.json") as file:
        run = json.load(file)
    values = {key: run[key] for key in ("instructions", "guest_seconds", "screen_sha256", "machine_hash")}
    for slot, disk in run["disks"].items():
        for key in ("sha256", "sectors_read", "sectors_written"):
            values[f"{slot} {key}"] = disk[key]
    return values


first = measured("first")
for name in ("second", "step"):
    for key, value in measured(name).items():
        if value != first[key]:
            sys.exit(f"FAIL: {key}: first run {first[key]}, {name} run {value}")
other = measured("other")
changed = [key for key in first if other[key] != first[key]]
for key in ("instructions", "screen_sha256", "machine_hash", "fd0 sha256", "ide0.0 sha256"):
    if key not in changed:
        sys.exit(f"FAIL: {key} is the same although other keys were typed")
print(f"ok: {first['instructions']} instructions, screen {first['screen_sha256'][:16]}")
PYTHON
