#!/usr/bin/env python3
"""Disk images made by other products, read by `platter image`, against the hashes of their own table.

Usage: samples.py PLATTER. The samples are in $PLATTER_SHARED/samples, one row each in TABLE.md there; rows of a
format without a driver are passed over. Each image must read to the right content (where a peer reads it wrongly,
what the table's notes say is right), be described by info and map, pass check, and, where it can be written and
qemu-img reads it, read the same there after a write. Images that are no images must be refused in one line.
Exit code 0 right, 1 wrong, 77 no samples here.
"""

import hashlib
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

CHUNK = 64 * 1024
HEX = re.compile(r"[0-9a-f]{64}")


def say(text):
    print(text, flush=True)


class Wrong(Exception):
    pass


class Row:
    """One line of the table: what the image is and what it must read to."""

    def __init__(self, cells, right_answers):
        self.file = cells[0].split(" (")[0]
        self.name = self.file.split(".")[0]
        self.variant, self.notes = cells[1], cells[9]
        self.size = int(cells[5]) if cells[5].isdigit() else None
        self.sha = self.nz = None
        right = right_answers.get(self.name, "") + " " + self.notes
        stated = re.search(r"(?:sha256|right content)\W+([0-9a-f]{64})", right)
        if stated:
            self.sha = stated[1]
        elif HEX.fullmatch(cells[6].strip("`")):
            self.sha = cells[6].strip("`")
        elif cells[7] != "-":
            self.nz = cells[7]
        self.same_as = re.search(r"right content is the same as (\S+)", self.notes)

    @property
    def format(self):
        for word in ("VHD", "VMDK", "COWD"):
            if self.variant.startswith(word):
                # A descriptor over a COWD extent is a VMDK.
                return "vmdk" if "via descriptor" in self.variant else word.lower()
        return "vmdk"


def read_table(path):
    rows, right_answers = [], {}
    with open(path, encoding="utf-8") as table:
        for line in table:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) == 10 and ".xz (" in cells[0]:
                rows.append(cells)
            elif len(cells) == 2 and cells[0] not in ("image", "---"):
                right_answers[cells[0]] = cells[1]
    rows = [Row(cells, right_answers) for cells in rows]
    for row in rows:
        if row.same_as:
            row.sha = next(r.sha for r in rows if r.name.startswith(row.same_as[1]))
    return rows


def unpack(packed, folder):
    """The names in it, the image to open first."""
    os.mkdir(folder)
    if packed.endswith(".tar.xz"):
        with tarfile.open(packed) as tar:
            names = [member.name for member in tar.getmembers() if member.isfile()]
            # Debian 12's Python does not know the filter; the samples are the kit's own.
            tar.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        return names
    name = os.path.basename(packed)[: -len(".xz")]
    with lzma.open(packed) as source, open(os.path.join(folder, name), "wb") as target:
        shutil.copyfileobj(source, target)
    return [name]


def hashes(path):
    """SHA-256 of it all (None above 2 GiB) and the table's hash over what is not zero."""
    size = os.path.getsize(path)
    whole = hashlib.sha256() if size <= 2 << 30 else None
    parts = hashlib.sha256()
    zero = bytes(CHUNK)
    with open(path, "rb") as file:
        at = 0
        while at < size:
            if whole is None:  # over the holes
                try:
                    at = os.lseek(file.fileno(), at, os.SEEK_DATA) // CHUNK * CHUNK
                except OSError:
                    break
                file.seek(at)
            chunk = file.read(CHUNK)
            if whole is not None:
                whole.update(chunk)
            if chunk != zero[: len(chunk)]:
                parts.update((at // CHUNK).to_bytes(8, "little") + chunk)
            at += len(chunk)
    return whole and whole.hexdigest(), parts.hexdigest()[:32]


class Tool:
    def __init__(self, platter):
        self.platter = platter

    def run(self, *words, code=0):
        result = subprocess.run([self.platter, "image", *words], capture_output=True, text=True, check=False)
        if code is not None and result.returncode != code:
            raise Wrong(f"image {' '.join(words)}: exit code {result.returncode} instead of {code}: {result.stderr}")
        return result

    def refuse(self, path):
        for verb in ("info", "map", "check"):
            result = self.run(verb, path, code=None)
            if verb == "check" and result.returncode == 2:
                continue  # found the damage and says so at length
            if result.returncode == 0 or result.stdout:
                raise Wrong(f"{verb} of {path} does not refuse it")
            lines = result.stderr.splitlines()
            if len(lines) != 1 or not lines[0].startswith("platter: ") or len(lines[0]) > 400:
                raise Wrong(f"{verb} of {path} says: {result.stderr!r}")
        say(f"  refused: {lines[0][9:200]}")


def check_content(tool, row, path, raw):
    tool.run("convert", "-O", "raw", path, raw)
    whole, parts = hashes(raw)
    if row.sha and whole != row.sha:
        raise Wrong(f"reads to {whole}, right is {row.sha}")
    if not row.sha and parts != row.nz:
        raise Wrong(f"reads to nz {parts}, right is {row.nz}")
    info = json.loads(tool.run("info", "--chain", "--output", "json", path).stdout)
    if row.size is not None and info[0]["virtual-size"] != row.size:
        raise Wrong(f"has {info[0]['virtual-size']} bytes, right are {row.size}")
    at = 0
    for entry in json.loads(tool.run("map", "--output", "json", path).stdout):
        if entry["start"] != at:
            raise Wrong(f"map has a gap at {at}")
        at += entry["length"]
    if at != info[0]["virtual-size"]:
        raise Wrong(f"map ends at {at}")
    result = tool.run("check", "--chain", path, code=None)
    if result.returncode not in (0, 3, 63):
        raise Wrong(f"check finds {result.stdout} {result.stderr}")
    return info


def check_written(tool, row, path, info, raw):
    """Writes on it and compares with qemu-img, when both can."""
    theirs = {"vhd": "vpc"}.get(info[0]["format"], info[0]["format"])
    if info[0]["virtual-size"] > 2 << 30 or not shutil.which("qemu-img"):
        return "not written"
    before = subprocess.run(["qemu-img", "compare", "-f", theirs, "-F", "raw", path, raw],
                            capture_output=True, check=False)
    if before.returncode != 0:
        return "qemu-img reads it differently or not at all"
    last = info[0]["virtual-size"] - 512
    words = ["-c", "write -P 0x5a 0 512", "-c", f"write -P 0xa5 {last} 512", "-c", "write -P 0x3c 30000 70000"]
    if tool.run("io", *words, path, code=None).returncode != 0:
        return "cannot be written"
    tool.run("io", "-f", "raw", *words, raw)
    after = subprocess.run(["qemu-img", "compare", "-f", theirs, "-F", "raw", path, raw],
                           capture_output=True, text=True, check=False)
    if after.returncode != 0:
        raise Wrong(f"qemu-img after a write: {after.stdout} {after.stderr}")
    tool.run("check", path)
    return "written, and qemu-img reads the same"


def main():
    tool = Tool(sys.argv[1])
    shared = os.environ.get("PLATTER_SHARED", os.path.join(os.path.dirname(__file__), "../../../shared"))
    samples = os.path.join(shared, "samples")
    if not os.path.exists(os.path.join(samples, "TABLE.md")):
        say(f"SKIP: no samples in {samples}; PLATTER_SHARED names the place of the shared files")
        return 77
    formats = {row["name"] for row in json.loads(tool.run("formats", "--output", "json").stdout)}
    failed = done = 0
    with tempfile.TemporaryDirectory(prefix="platter-samples.") as work:
        for row in read_table(os.path.join(samples, "TABLE.md")):
            if row.format not in formats:
                say(f"{row.name}: no driver for {row.format} here")
                continue
            folder = os.path.join(work, row.name)
            names = unpack(os.path.join(samples, row.file), folder)
            path = os.path.join(folder, names[0])
            raw = os.path.join(work, "content.raw")
            say(f"{row.name}: {row.variant}")
            try:
                if row.name == "esx-vmfs-thick":  # with a child that has lost its extent
                    tool.refuse(os.path.join(folder, names[2]))
                if row.sha or row.nz:
                    info = check_content(tool, row, path, raw)
                    say("  right; " + check_written(tool, row, path, info, raw))
                else:
                    tool.refuse(path)
            except Wrong as wrong:
                say(f"FAIL: {row.name}: {wrong}")
                failed += 1
            done += 1
            shutil.rmtree(folder)
    say(f"{done} samples, {failed} wrong")
    return 1 if failed or not done else 0


if __name__ == "__main__":
    sys.exit(main())
