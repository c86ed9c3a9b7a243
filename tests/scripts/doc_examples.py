#!/usr/bin/env python3
"""Runs every Lua example of docs/scripting.md: doc_examples.py PLATTER [platter test options...]

A block that states tests is taken as it is; any other one is the inside of a test named after its heading."""
import pathlib
import re
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
document = (here / "../../docs/scripting.md").resolve()


def examples():
    heading, block = "", None
    for number, line in enumerate(document.read_text().splitlines(), 1):
        if line.startswith("```"):
            if block is not None:
                yield heading, start, block
                block = None
            elif line == "```lua":
                block, start = [], number
        elif block is not None:
            block.append(line)
        elif line.startswith("#"):
            heading = line.lstrip("# ")


def main():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "golden").symlink_to(here / "golden")
        script, count = [], 0
        for heading, start, block in examples():
            count += 1
            body = "\n".join(block)
            if re.search(r"^test\(", body, re.M):
                script.append(body)
            else:
                name = f"line {start}: {heading}".replace("\\", "\\\\").replace('"', '\\"')
                script.append(f'test("{name}", function(t)\n{body}\nend)')
        if count < 30:
            sys.exit(f"{document}: only {count} examples found")
        file = root / "scripting.lua"
        file.write_text("\n".join(script) + "\n")
        sys.exit(subprocess.run([sys.argv[1], "test", str(file), *sys.argv[2:]]).returncode)


main()
