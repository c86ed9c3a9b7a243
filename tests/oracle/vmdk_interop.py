#!/usr/bin/env python3
"""VMDKs that Platter and QEMU write in turn, in every subformat, against a plain array.

Usage: vmdk_interop.py PLATTER [SEED]. Both ends must read the same bytes after every round, and the peers' checks
(qemu-img check, vmdkinfo, libvmdk's reader where they are installed) must accept what Platter made. Then what QEMU 7.2
is known to get wrong is shown to be right here. Exit code 0 right, 1 wrong, 77 no qemu-img.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

MIB = 1 << 20
DESCRIPTOR_HEAD = "# Disk DescriptorFile\nversion=1\n"


class Wrong(Exception):
    pass


def run(*words, code=0):
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    if code is not None and result.returncode != code:
        raise Wrong(f"{' '.join(words)[:300]}: exit code {result.returncode}: {result.stdout[-300:]}{result.stderr[-300:]}")
    return result


class Bench:
    def __init__(self, platter, seed):
        self.platter = platter
        self.random = random.Random(seed)

    def ours(self, *words, code=0):
        return run(self.platter, "image", *words, code=code)

    def writes(self, model, count):
        """Commands that both programs understand, done on the model too."""
        words = []
        for _ in range(count):
            length = self.random.choice([512, 4096, 65536, 3 * 512, 200 * 512])
            at = self.random.choice([0, len(model) - length, self.random.randrange(len(model) - length)])
            at -= at % 512
            pattern = self.random.randrange(1, 256)
            if self.random.randrange(8) == 0:
                pattern = 0
            option = "-z" if pattern == 0 else f"-P {pattern}"
            words += ["-c", f"write {option} {at} {length}"]
            model[at : at + length] = bytes([pattern]) * length
        return words

    def write_ours(self, path, model, count):
        self.ours("io", "-f", "vmdk", *self.writes(model, count), path)

    def write_theirs(self, path, model, count):
        out = run("qemu-io", "-f", "vmdk", *self.writes(model, count), path).stdout
        if "failed" in out:
            raise Wrong(f"qemu-io: {out}")

    def require(self, path, model, theirs=True):
        """Both read the model's bytes; the checks find nothing. (QEMU forgets a grain that it makes one of zeroes.)"""
        with tempfile.NamedTemporaryFile(dir=os.path.dirname(path)) as raw:
            self.ours("convert", "-f", "vmdk", "-O", "raw", path, raw.name)
            self.same(raw.name, model, f"we read {path}")
            if theirs:
                run("qemu-img", "convert", "-f", "vmdk", "-O", "raw", path, raw.name)
                self.same(raw.name, model, f"qemu-img reads {path}")
                run("qemu-img", "check", "-f", "vmdk", path)
        checked = self.ours("check", "-f", "vmdk", path, code=None)
        if checked.returncode != 0 and not (checked.returncode == 3 and "zeroed_grain" in path):
            raise Wrong(f"check {path}: {checked.returncode}: {checked.stdout}{checked.stderr}")

    @staticmethod
    def same(name, model, what):
        with open(name, "rb") as file:
            found = file.read()
        if len(found) != len(model):
            raise Wrong(f"{what}: {len(found)} bytes instead of {len(model)}")
        if found != model:
            at = next(i for i in range(0, len(model), 512) if found[i : i + 512] != model[i : i + 512])
            raise Wrong(f"{what}: sector {at // 512} differs: {found[at]} instead of {model[at]}")

    def same_extents(self, path):
        """Both name the same stretches of the disk."""
        lists = []
        for text in (self.ours("info", "-f", "vmdk", "--output", "json", path).stdout,
                     run("qemu-img", "info", "-f", "vmdk", "--output", "json", path).stdout):
            extents = json.loads(text)["format-specific"]["data"]["extents"]
            lists.append([(os.path.basename(e["filename"]), e["virtual-size"], e.get("cluster-size")) for e in extents])
        if lists[0] != lists[1]:
            raise Wrong(f"info of {path}: extents {lists[0]}, qemu-img has {lists[1]}")

    def libvmdk(self, path, model):
        """vmdkinfo accepts it, and libvmdk's Python module, if some Python has it, reads the same."""
        if shutil.which("vmdkinfo"):
            run("vmdkinfo", path)
        script = ("import pyvmdk,sys\nh=pyvmdk.handle()\nh.open(sys.argv[1])\nh.open_extent_data_files()\n"
                  "n=h.get_media_size()\n"
                  "while n:\n d=h.read_buffer(min(n,1<<20))\n sys.stdout.buffer.write(d)\n n-=len(d)\n")
        for python in ("python3", "/usr/bin/python3"):
            if subprocess.run([python, "-c", "import pyvmdk"], capture_output=True, check=False).returncode == 0:
                result = subprocess.run([python, "-c", script, path], capture_output=True, check=False)
                if result.stdout != model:
                    raise Wrong(f"libvmdk reads {path} otherwise: {result.stderr[-200:]}")
                return


def subformats(bench, folder):
    """In turn, from both makers."""
    size = 9 * MIB + 512
    makers = {
        "theirs": [["subformat=" + s] for s in
                   ("monolithicSparse", "monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat")]
        + [["subformat=monolithicSparse", "zeroed_grain=on"], ["subformat=monolithicSparse", "adapter_type=lsilogic"]],
        "ours": [["subformat=" + s] for s in
                 ("monolithicSparse", "monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat", "vmfs", "vmfsSparse")]
        + [["subformat=monolithicSparse", "grain_size=4K"], ["subformat=monolithicSparse", "zeroed_grain=on"],
           ["subformat=twoGbMaxExtentSparse", "extent_size=2M"], ["subformat=twoGbMaxExtentFlat", "extent_size=2M"],
           ["subformat=monolithicSparse", "adapter_type=lsilogic"]],
    }
    for maker, variants in makers.items():
        for options in variants:
            words = ",".join(options)
            print(f"{maker}: {words}", flush=True)
            path = os.path.join(folder, f"{maker}-{words.replace('=', '-').replace(',', '-')}.vmdk")
            model = bytearray(size)
            if maker == "ours":
                bench.ours("create", "-q", "-f", "vmdk", "-o", words, path, str(size))
            else:
                run("qemu-img", "create", "-q", "-f", "vmdk", "-o", words, path, str(size))
            known = "vmfs" not in words or "vmfsSparse" in words
            if "vmfs" not in words:
                bench.same_extents(path)
            for _ in range(3):
                bench.write_ours(path, model, 12)
                bench.require(path, model, theirs=known)
                if known and "vmfsSparse" not in words:  # QEMU writes the guest's bytes over COWD's header
                    bench.write_theirs(path, model, 12)
                    bench.require(path, model)
            # libvmdk gives the file's header for grains of zeroes and takes no grain below 8 KiB.
            if not any(word in words for word in ("zeroed_grain", "grain_size=4K", "vmfs")):
                bench.libvmdk(path, bytes(model))
            if "monolithicFlat" not in words:  # both ways, and what is left of it
                bench.ours("compact", path)
                bench.require(path, model, theirs=known)
            bench.ours("resize", path, "+1537K")
            model += bytes(1537 * 1024)
            bench.require(path, model, theirs=known)
            bench.ours("resize", "--shrink", path, "5M")
            del model[5 * MIB :]
            bench.require(path, model, theirs=known)
            bench.write_ours(path, model, 6)
            bench.require(path, model, theirs=known)


def streams(bench, folder):
    print("streamOptimized, both ways", flush=True)
    raw, path = os.path.join(folder, "s.raw"), os.path.join(folder, "s.vmdk")
    model = bytearray(7 * MIB + 1024)
    for _ in range(20):
        at = bench.random.randrange(0, len(model) - 200000, 512)
        model[at : at + 100000] = bench.random.randbytes(100000)
    with open(raw, "wb") as file:
        file.write(model)
    bench.ours("convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", raw, path)
    bench.require(path, model)
    bench.libvmdk(path, bytes(model))
    with open(path, "r+b") as file:  # footer and end mark cut off
        file.truncate(os.path.getsize(path) - 1024)
    bench.ours("check", path, code=2)
    bench.ours("repair", path)
    bench.require(path, model)
    bench.libvmdk(path, bytes(model))
    run("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", raw, path)
    bench.require(path, model)
    bench.ours("repair", path)  # nothing to do is no error


def large(bench, folder):
    """Across the 2 GiB limit of split disks, sparse: what was written is read by the other one."""
    for subformat in ("twoGbMaxExtentSparse", "twoGbMaxExtentFlat", "monolithicSparse"):
        for maker in ("ours", "theirs"):
            print(f"4.5 GiB {subformat}, {maker}", flush=True)
            path = os.path.join(folder, f"large-{subformat}-{maker}.vmdk")
            create = ("create", "-q", "-f", "vmdk", "-o", f"subformat={subformat}", path, "4608M")
            if maker == "ours":
                bench.ours(*create)
            else:
                run("qemu-img", *create)
            places = [0, 2047 * MIB - 512, 2048 * MIB - 512, 4094 * MIB - 512, 4096 * MIB - 512, 4608 * MIB - 2048]
            for i, at in enumerate(places):
                bench.ours("io", "-f", "vmdk", "-c", f"write -P {2 * i + 1} {at} 1024", path)
                run("qemu-io", "-f", "vmdk", "-c", f"write -P {2 * i + 2} {at + 1024} 1024", path)
            ours = sum((["-c", f"read -P {2 * i + 2} {at + 1024} 1024"] for i, at in enumerate(places)), [])
            bench.ours("io", "-f", "vmdk", *ours, path)
            theirs = sum((["-c", f"read -P {2 * i + 1} {at} 1024"] for i, at in enumerate(places)), [])
            if "failed" in run("qemu-io", "-f", "vmdk", *theirs, path).stdout:
                raise Wrong(f"qemu-io reads {path} otherwise")
            bench.ours("check", path)
            for name in os.listdir(folder):
                if name.startswith("large-"):
                    os.remove(os.path.join(folder, name))


def chains(bench, folder):
    print("chains of both makers", flush=True)
    size = 6 * MIB
    models, paths = [bytearray(size)], []
    for depth in range(6):
        path = os.path.join(folder, f"chain{depth}.vmdk")
        words = ["create", "-q", "-f", "vmdk"]
        if depth == 3:
            words += ["-o", "subformat=twoGbMaxExtentSparse"]
        if depth:
            words += ["-b", os.path.basename(paths[-1]), "-F", "vmdk"]
            models.append(bytearray(models[-1]))
        words += [path] + ([] if depth else [str(size)])
        if depth % 2 == 0:
            run("qemu-img", *words)
        else:
            bench.ours(*words)
        paths.append(path)
        bench.write_ours(path, models[-1], 8)
        bench.write_theirs(path, models[-1], 8)
        bench.require(path, models[-1])
    for depth in range(6):
        bench.require(paths[depth], models[depth])
    # Committed, the child is still a child that both read. (After qemu-img's commit it is refused.)
    bench.ours("commit", paths[5])
    bench.require(paths[4], models[5])
    bench.require(paths[5], models[5])
    bench.ours("rebase", "-b", os.path.basename(paths[1]), "-F", "vmdk", paths[5])
    bench.require(paths[5], models[5])
    bench.ours("flatten", paths[5])
    bench.require(paths[5], models[5])
    bench.ours("rebase", "-b", "", paths[3])  # its own child goes on
    bench.require(paths[3], models[3])
    bench.require(paths[4], models[5])
    out = bench.ours("snapshot", paths[4]).stdout.strip()
    bench.write_theirs(out, models[5], 5)
    bench.require(out, models[5])


def known_errors(bench, folder):
    print("what QEMU 7.2 gets wrong", flush=True)
    # ZERO, RDONLY and NOACCESS lines: QEMU leaves them out, and the disk shrinks and shifts.
    with open(os.path.join(folder, "part.bin"), "wb") as file:
        file.write(b"\x11" * MIB)
    path = os.path.join(folder, "zero.vmdk")
    with open(path, "w", encoding="ascii") as file:
        file.write(DESCRIPTOR_HEAD + 'CID=11223344\nparentCID=ffffffff\ncreateType="custom"\nRW 2048 ZERO\n'
                   'RDONLY 2048 FLAT "part.bin" 0\nRW 2048 ZERO\n')
    bench.require(path, bytearray(MIB) + b"\x11" * MIB + bytearray(MIB), theirs=False)
    # "CID" found inside "parentCID".
    path = os.path.join(folder, "order.vmdk")
    with open(path, "w", encoding="ascii") as file:
        file.write(DESCRIPTOR_HEAD + 'parentCID=ffffffff\nCID=11223344\ncreateType="monolithicFlat"\n'
                   'RW 2048 FLAT "part.bin" 0\n')
    bench.ours("io", "-c", "write -P 0x22 0 512", path)
    with open(path, encoding="ascii") as file:
        text = file.read()
    if not re.search(r"^parentCID=ffffffff\nCID=(?!11223344)[0-9a-f]{8}\ncreateType", text, re.MULTILINE):
        raise Wrong(f"the content ids after a write: {text}")
    # A commit leaves a child that opens: see chains().


def main():
    if not shutil.which("qemu-img") or not shutil.which("qemu-io"):
        print("SKIP: qemu-img and qemu-io are not installed")
        return 77
    bench = Bench(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    with tempfile.TemporaryDirectory(prefix="platter-vmdk.") as folder:
        try:
            for part in (subformats, streams, large, chains, known_errors):
                part(bench, folder)
        except Wrong as wrong:
            print(f"FAIL: {wrong}")
            return 1
    print("vmdk: agrees with QEMU and libvmdk")
    return 0


if __name__ == "__main__":
    sys.exit(main())
