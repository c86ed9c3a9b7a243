#!/usr/bin/env python3
"""Runs the console blocks of documents and compares what they say. Usage: doc_transcripts.py PLATTER FILE.md...

In a block that begins with ```console a line `$ platter image ...` is run, `$ hexdump -C FILE` dumps a file of it;
the lines up to the next `$` are what must come out, errors included. A block has a folder of its own.
"""

import re
import shlex
import subprocess
import sys
import tempfile


def hexdump(path):
    with open(path, "rb") as file:
        data = file.read()
    lines, before, starred = [], None, False
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        if row == before and len(row) == 16:
            if not starred:
                lines.append("*")
            starred = True
            continue
        before, starred = row, False
        cells = [f"{byte:02x}" for byte in row]
        halves = " ".join(cells[:8]).ljust(23) + "  " + " ".join(cells[8:]).ljust(23)
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{at:08x}  {halves}  |{text}|")
    lines.append(f"{len(data):08x}")
    return "\n".join(lines) + "\n"


def run(platter, command, folder):
    words = shlex.split(command)
    if words[:2] == ["platter", "image"]:
        result = subprocess.run([platter, *words[1:]], cwd=folder, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return result.stdout
    if words[:2] == ["hexdump", "-C"]:
        return hexdump(f"{folder}/{words[2]}")
    return f"not a command that documents may use: {command}\n"


def main():
    platter, failed, done = sys.argv[1], 0, 0
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            blocks = re.findall(r"^```console\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
        for block in blocks:
            with tempfile.TemporaryDirectory(prefix="platter-doc.") as folder:
                for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                    command, expected = part.split("\n", 1)
                    found = run(platter, command, folder)
                    done += 1
                    if found != expected:
                        print(f"FAIL: {name}: $ {command}\n--- the document\n{expected}--- now\n{found}")
                        failed += 1
    print(f"{done} commands, {failed} with other words than the documents")
    return 1 if failed or not done else 0


if __name__ == "__main__":
    sys.exit(main())
