#!/usr/bin/env python3
"""Times `platter image` beside qemu-img on the same images and compares.

  storage_bench.py PLATTER [--rounds N] [--folder DIR] [--size MIB] [--only WORD,..] [--clock wall|processor]
                   [--markdown FILE]

Per format (all that both know; a driver that is added is measured too): sequential and scattered requests on an
allocated image, writes that allocate, converting to and from raw, opening. Requests are timed by the programs
themselves (`image bench`, `qemu-img bench` with 64 requests in flight), the rest as whole processes. The two take turns
within a round; the median of N rounds counts. The folder should be on tmpfs (default /dev/shm), so that the programs
are measured and not a disk. Exit code 0, 1 when a step failed, 77 when qemu-img is missing.
"""
import argparse
import json
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from figures import processor_name, write_between_marks

MIB = 1 << 20
# Name in the table, our format, theirs, options that both know.
KINDS = [
    ("raw", "raw", "raw", ""),
    ("VMDK monolithicSparse", "vmdk", "vmdk", "subformat=monolithicSparse"),
    ("VMDK twoGbMaxExtentSparse", "vmdk", "vmdk", "subformat=twoGbMaxExtentSparse"),
    ("VMDK monolithicFlat", "vmdk", "vmdk", "subformat=monolithicFlat"),
    ("VMDK streamOptimized", "vmdk", "vmdk", "subformat=streamOptimized"),
    ("VHD dynamic", "vhd", "vpc", "subformat=dynamic"),
    ("VHD fixed", "vhd", "vpc", "subformat=fixed"),
]


def run(words):
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {result.stdout}{result.stderr}")
    return result.stdout


def timed(words):
    start = time.perf_counter()
    run(words)
    return time.perf_counter() - start


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Ours:
    name = "Platter"

    def __init__(self, program):
        self.program = [program, "image"]

    def words(self, *words):
        return [*self.program, *words]

    def bench(self, kind, path, requests, size, step, write):
        options = ["-w"] if write else []
        line = run(self.words("bench", "-f", kind[1], "-c", str(requests), "-s", str(size), "-S", str(step), *options, path))
        return float(re.search(r" seconds=([0-9.]+)", line)[1])

    def format(self, kind):
        return kind[1]

    def options(self, kind):
        return kind[3]


class Theirs(Ours):
    name = "qemu-img"

    def __init__(self):
        super().__init__("")
        self.program = ["qemu-img"]

    def bench(self, kind, path, requests, size, step, write):
        options = ["-w"] if write else []
        line = run(self.words("bench", "-f", kind[2], "-t", "writeback", "-d", "64", "-c", str(requests), "-s", str(size),
                              "-S", str(step), *options, path))
        return float(re.search(r"completed in ([0-9.]+) seconds", line)[1])

    def format(self, kind):
        return kind[2]

    def options(self, kind):
        # A size that is no multiple of a request makes qemu-img's bench fail at the end of the disk.
        return kind[3] + (",force_size=on" if kind[2] == "vpc" else "")


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.machines = [Ours(options.platter), Theirs()]
        self.folder = folder
        self.size = options.size * MIB
        self.raw = os.path.join(folder, "source.raw")
        self.rows = []
        self.growable_rows = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_source(self):
        """A third random, a third text-like, a third hole."""
        generator = random.Random(1)
        text = b"".join(b"line %d of a file with words in it\r\n" % i for i in range(40000))
        with open(self.raw, "wb") as file:
            file.truncate(self.size)
            for at in range(0, self.size, MIB):
                part = at // MIB % 3
                if part == 2:
                    continue
                file.seek(at)
                file.write(generator.randbytes(MIB) if part == 0 else (text * 2)[:MIB])

    def measure(self, operation, kind, prepare, action, unit=""):
        """Medians of both, in turns."""
        if self.options.only and not any(word in f"{operation} {kind[0]}" for word in self.options.only.split(",")):
            return
        times = {machine.name: [] for machine in self.machines}
        for _ in range(self.options.rounds):
            for machine in self.machines:
                prepare(machine)
                before = processor_seconds()
                seconds = action(machine)
                if self.options.clock == "processor":
                    seconds = processor_seconds() - before
                times[machine.name].append(seconds)
        medians = {name: statistics.median(values) for name, values in times.items()}
        self.rows.append((operation, kind[0], medians, unit))
        ratio = medians["qemu-img"] / medians["Platter"]
        print(f"{operation:34} {kind[0]:28} {medians['Platter']*1e3:9.2f} ms {medians['qemu-img']*1e3:9.2f} ms {ratio:6.2f}",
              flush=True)

    def create(self, machine, kind, path, size):
        for name in os.listdir(self.folder):
            if name.startswith("t."):
                os.remove(self.path(name))
        options = machine.options(kind)
        words = ["create", "-q", "-f", machine.format(kind)] + (["-o", options] if options else [])
        run(machine.words(*words, path, str(size)))

    def cases(self):
        """Operation, requests, bytes of one, bytes from one to the next, whether it writes, whether the image is empty."""
        # Steps that visit the whole disk in no order.
        scattered = (self.size // 4096 * 5 // 13 | 1) * 4096
        large, small = self.size // (64 << 10), self.size // 4096
        return [("sequential read, 64K", 2 * large, 64 << 10, 64 << 10, False, False),
                ("sequential write, 64K", 2 * large, 64 << 10, 64 << 10, True, False),
                ("scattered read, 4K", 4 * small, 4096, scattered, False, False),
                ("scattered write, 4K", 4 * small, 4096, scattered, True, False),
                ("sequential write, 64K, allocating", large, 64 << 10, 64 << 10, True, True),
                ("scattered write, 4K, allocating", min(small, 8192), 4096, scattered, True, True)]

    def measure_requests(self, kind):
        # One image for both, made by the rival.
        image = self.path("a.img")
        options = self.machines[1].options(kind)
        options = ["-o", options] if options else []
        full = self.path("full.raw")
        run(["qemu-img", "convert", "-S", "0", "-f", "raw", "-O", kind[2], *options, full, image])
        fresh = self.path("t.img")
        for operation, requests, size, step, write, empty in self.cases():
            if empty:
                self.measure(operation, kind, lambda machine: self.create(machine, kind, fresh, self.size),
                             lambda machine: machine.bench(kind, fresh, requests, size, step, True))
            else:
                self.measure(operation, kind, lambda machine: None,
                             lambda machine: machine.bench(kind, image, requests, size, step, write))

    def measure_growable(self):
        """The growable format beside raw and the formats that QEMU's users take for the same purpose. Every one of them
        gets new images each round: where the host happens to put a file's pages makes more difference than a format does."""
        ours, theirs = self.machines
        growable = ("growable", "growable", "growable", "")
        beside = [(ours, growable), (ours, ("raw", "raw", "raw", "")),
                  (theirs, ("qcow2", "qcow2", "qcow2", "")), (theirs, ("VMDK", "vmdk", "vmdk", ""))]
        for operation, requests, size, step, write, empty in self.cases():
            if self.options.only and not any(word in f"{operation} growable" for word in self.options.only.split(",")):
                continue
            times = {f"{machine.name} {kind[0]}": [] for machine, kind in beside}
            for round_number in range(self.options.rounds):
                for machine, kind in beside if round_number % 2 == 0 else reversed(beside):
                    image = self.path("t.img")
                    self.create(machine, kind, image, self.size)
                    if not empty:
                        run(machine.words("convert", "-n", "-f", "raw", "-O", machine.format(kind), self.path("noise.raw"), image))
                    before = processor_seconds()
                    seconds = machine.bench(kind, image, requests, size, step, write)
                    if self.options.clock == "processor":
                        seconds = processor_seconds() - before
                    times[f"{machine.name} {kind[0]}"].append(seconds)
            medians = {name: statistics.median(values) for name, values in times.items()}
            self.growable_rows.append((operation, medians))
            print(f"{operation:34} " + "  ".join(f"{name} {seconds * 1e3:.1f} ms" for name, seconds in medians.items()), flush=True)

    def measure_convert(self, kind):
        options = ["-o", kind[3]] if kind[3] else []
        image, target = self.path("c.img"), self.path("t.out")
        run(["qemu-img", "convert", "-f", "raw", "-O", kind[2], *options, self.raw, image])

        def clean(_machine):
            for name in os.listdir(self.folder):
                if name.startswith("t."):
                    os.remove(self.path(name))

        self.measure("convert from raw", kind, clean, lambda machine: timed(machine.words(
            "convert", "-f", "raw", "-O", machine.format(kind), *options, self.raw, target)))
        if kind[0] != "raw":
            self.measure("convert to raw", kind, clean, lambda machine: timed(machine.words(
                "convert", "-f", machine.format(kind), "-O", "raw", image, target)))

    def measure_open(self, kind):
        large = self.path("t.large")
        size = "400G" if "twoGb" in kind[3] else "1000G"  # one file for every 2 GiB
        run(["qemu-img", "create", "-q", "-f", kind[2], *(["-o", kind[3]] if kind[3] else []), large, size])
        tools = {"Platter": [self.options.platter, "image", "io", "-r", "-f", kind[1], "-c", "read 0 512", large],
                 "qemu-img": ["qemu-io", "-r", "-f", kind[2], "-c", "read 0 512", large]}
        self.measure(f"open {size}, read a sector", kind, lambda machine: None, lambda machine: timed(tools[machine.name]))

    def run(self):
        self.make_source()
        full = self.path("full.raw")
        run(["qemu-img", "create", "-q", "-f", "raw", full, str(self.size)])
        run(["qemu-img", "bench", "-q", "-f", "raw", "-w", "-s", "1M", "-c", str(self.size // MIB), "--pattern", "165", full])
        known = {row["name"] for row in json.loads(run([self.options.platter, "image", "formats", "--output", "json"]))}
        for kind in KINDS:
            if kind[1] not in known:
                continue
            if "streamOptimized" not in kind[3]:
                self.measure_requests(kind)
                if "fixed" not in kind[3] and "Flat" not in kind[3]:
                    self.measure_open(kind)
            self.measure_convert(kind)
        if "growable" in known:
            with open(self.path("noise.raw"), "wb") as file:
                generator = random.Random(2)
                for _ in range(self.options.size):
                    file.write(generator.randbytes(MIB))
            self.measure_growable()

    def table(self):
        lines = ["| operation | format | Platter (ms) | qemu-img (ms) | ratio |", "|---|---|---|---|---|"]
        for operation, name, medians, _ in self.rows:
            ours, theirs = medians["Platter"] * 1e3, medians["qemu-img"] * 1e3
            lines.append(f"| {operation} | {name} | {ours:.1f} | {theirs:.1f} | {theirs / ours:.2f} |")
        if self.growable_rows:
            names = list(self.growable_rows[0][1])
            ratios = [f"against {name.removeprefix('Platter ')}" for name in names[1:]]
            lines += ["", "| operation | " + " | ".join(f"{name} (ms)" for name in names) + " | " + " | ".join(ratios) + " |",
                      "|---" * (len(names) * 2) + "|"]
            for operation, medians in self.growable_rows:
                values = list(medians.values())
                cells = [f"{value * 1e3:.1f}" for value in values] + [f"{value / values[0]:.2f}" for value in values[1:]]
                lines.append(f"| {operation} | " + " | ".join(cells) + " |")
        version = re.search(r"version (\S+)", run(["qemu-img", "--version"]))[1]
        lines += ["", f"Medians of {self.options.rounds} alternating rounds, {self.options.size} MiB on tmpfs, "
                  f"qemu-img {version}; {processor_name()}, {os.cpu_count()} cores."]
        return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("platter")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", default="/dev/shm" if os.path.isdir("/dev/shm") else None)
    parser.add_argument("--size", type=int, default=256, help="MiB")
    parser.add_argument("--clock", default="wall", choices=["wall", "processor"],
                        help="processor: of whole processes, for a look at a computer that is busy")
    parser.add_argument("--only", default="", help="words of an operation or a format")
    parser.add_argument("--markdown", help="a document whose table is replaced")
    options = parser.parse_args()
    if not shutil.which("qemu-img") or not shutil.which("qemu-io"):
        print("SKIP: qemu-img and qemu-io are not installed")
        return 77
    with tempfile.TemporaryDirectory(prefix="platter-bench-", dir=options.folder) as folder:
        bench = Bench(options, folder)
        try:
            bench.run()
        except RuntimeError as error:
            print(f"FAIL: {error}")
            return 1
        if options.markdown:
            write_between_marks(options.markdown, "storage_bench.py", bench.table() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
