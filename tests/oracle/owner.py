#!/usr/bin/env python3
"""`platter image fat owner` against mtools: which file has which cluster, on volumes that files came and went on.

Usage: owner.py PLATTER. mtools puts files of any length into folders, deletes some and puts others in their places, so
that they are in pieces; after each step every sector's owner is what mshowfat says. Exit code 0 right, 1 wrong, 77 no
mtools.
"""

import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile


class Wrong(Exception):
    pass


def run(*words, env=None):
    result = subprocess.run(words, capture_output=True, text=True, check=False, env=env)
    if result.returncode != 0:
        raise Wrong(f"{' '.join(words)[:200]}: {result.stdout[-200:]}{result.stderr[-200:]}")
    return result.stdout


class Volume:
    """The layout of the first partition, from its boot sector."""

    def __init__(self, path):
        with open(path, "rb") as disk:
            disk.seek(446 + 8)
            self.first, = struct.unpack("<I", disk.read(4))
            disk.seek(self.first * 512)
            boot = disk.read(512)
        self.cluster = boot[13]
        reserved, fats, root, small, length, = struct.unpack_from("<HBHHxH", boot, 14)
        self.root_sectors = root * 32 // 512
        length = length or struct.unpack_from("<I", boot, 36)[0]
        self.sectors = small or struct.unpack_from("<I", boot, 32)[0]
        self.data = self.first + reserved + fats * length + self.root_sectors
        self.mtools = f"{path}@@{self.first * 512}"

    def lbas(self, cluster):
        begin = self.data + (cluster - 2) * self.cluster
        return range(begin, begin + self.cluster)


def truth(volume, names):
    """What mshowfat says: file by file, its clusters in ranges."""
    owners = {}
    for name in sorted(names):
        text = run("mshowfat", "-i", volume.mtools, "::" + name)
        for first, last in re.findall(r"<(\d+)(?:-(\d+))?>", text):
            for cluster in range(int(first), int(last or first) + 1):
                for lba in volume.lbas(cluster):
                    owners[lba] = name
    return owners


def owners_of(platter, path, lbas):
    found = {}
    for at in range(0, len(lbas), 900):
        words = [str(lba) for lba in lbas[at : at + 900]]
        for row in json.loads(run(platter, "image", "fat", "owner", "--output", "json", path, *words)):
            found[row["lba"]] = row["owner"]
    return found


def compare(platter, path, volume, names, folders):
    want = truth(volume, names)
    if not want:
        raise Wrong("mshowfat names no cluster")
    lbas = list(range(volume.data, volume.first + volume.sectors))
    if len(lbas) > 6000:  # all that is used, and as much of the rest
        rest = [lba for lba in lbas if lba not in want]
        lbas = sorted(want) + rest[: 6000]
    for lba, owner in owners_of(platter, path, lbas).items():
        name = re.sub(r"^\d+:", "", owner or "")
        if want.get(lba) != (name or None) and not (lba not in want and name in folders):
            raise Wrong(f"{path}: sector {lba} belongs to {owner}, mshowfat says {want.get(lba)}")


def main():
    platter = sys.argv[1]
    if not shutil.which("mshowfat") or not shutil.which("mcopy"):
        print("SKIP: mtools is not installed")
        return 77
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        content = os.path.join(folder, "content")
        for size, option in [("6M", "--fat12"), ("24M", "--fat16"), ("40M", "--fat32")]:
            path = os.path.join(folder, "disk" + option)
            run(platter, "create-disk", "-q", "-f", "raw", "--size", size, option, path)
            volume = Volume(path)
            folders = ["", "/ONE", "/ONE/TWO"]
            for name in folders[1:]:
                run("mmd", "-i", volume.mtools, "::" + name)
            names = set()
            for step in range(5):
                for _ in range(12):
                    name = chance.choice(folders) + f"/F{chance.randrange(10**6)}.BIN"
                    with open(content, "wb") as file:
                        file.write(chance.randbytes(chance.choice([1, 511, 4096, 30000, 120000])))
                    run("mcopy", "-o", "-i", volume.mtools, content, "::" + name)
                    names.add(name)
                compare(platter, path, volume, names, folders[1:] + ["/"])
                for name in chance.sample(sorted(names), 6):
                    run("mdel", "-i", volume.mtools, "::" + name)
                    names.remove(name)
                compare(platter, path, volume, names, folders[1:] + ["/"])
    print("owner: mshowfat agrees")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Wrong as error:
        print(f"FAIL: {error}")
        sys.exit(1)
