#!/usr/bin/env python3
"""README's table of formats against the driver table. Usage: formats_table.py PLATTER README.md"""

import json
import re
import subprocess
import sys


def main():
    platter, readme = sys.argv[1:]
    drivers = json.loads(subprocess.run([platter, "image", "formats", "--output", "json"], check=True,
                                        capture_output=True, text=True).stdout)
    with open(readme, encoding="utf-8") as file:
        table = re.search(r"<!-- formats begin.*?-->\n(.*?)<!-- formats end -->", file.read(), re.DOTALL)[1]
    rows = {}
    for line in table.splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows[re.sub(r"^\[?([a-z-]+).*", r"\1", cells[0])] = cells[1:]
    wrong = [f"the driver {driver['name']} has no row" for driver in drivers if driver["name"] not in rows]
    wrong += [f"{name} is no driver" for name in rows if name not in {driver["name"] for driver in drivers}]
    for driver in drivers:
        if driver["name"] not in rows:
            continue
        variants, create, check, children = rows[driver["name"]]
        subformats = driver["options"].get("subformat", "").replace("|", " ").split()
        for what, stated, is_so in [("variants", variants.split(), subformats),
                                    ("create", create != "no", driver["create"]),
                                    ("check", check != "no", driver["check"]),
                                    ("children", children != "no", driver["parents"])]:
            if stated != is_so:
                wrong.append(f"{driver['name']}: the table says {stated} for {what}, the driver {is_so}")
    for line in wrong:
        print(f"FAIL: {line}")
    print(f"{len(rows)} formats, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
