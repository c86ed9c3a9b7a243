#!/usr/bin/env python3
"""What it costs a guest when somebody watches its hard disk: the kit's disk-int13 with and without an allocation
map and its history, in turns.

  observer_bench.py OBSERVER_BENCH IMAGE_TOOL [--kit FOLDER] [--rounds N] [--markdown FILE]

OBSERVER_BENCH is built by `ninja -C build/release observer_bench`, IMAGE_TOOL is platter. Exit code 1 when a checksum is
wrong or a run fails, 77 when the kit is missing.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

import bench
from figures import processor_name, spread, write_between_marks

FORMATS = ["raw", "growable"]


def run(options, kit, folder, image_format, how):
    disk = os.path.join(folder, "disk.gix" if image_format == "growable" else "disk.img")
    for name in os.listdir(folder):
        if name.startswith("disk."):
            os.remove(os.path.join(folder, name))
    cylinders, heads, sectors = bench.DISK_CHS
    subprocess.run([options.image_tool, "image", "create", "-q", "-f", image_format, disk,
                    str(cylinders * heads * sectors * 512)], check=True)
    out = subprocess.run([options.observer_bench, os.path.join(kit, "disk-int13.img"), disk, how], check=True,
                         capture_output=True, text=True).stdout.split()
    return float(out[0]), int(out[1]), out[-1]


def main():
    shared = os.environ.get("PLATTER_SHARED", os.path.join(bench.HERE, "..", "..", "..", "shared"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("observer_bench", type=os.path.abspath)
    parser.add_argument("image_tool", type=os.path.abspath)
    parser.add_argument("--kit", default=os.path.join(shared, "bench"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--markdown", help="a document whose table is replaced")
    options = parser.parse_args()
    lines = ["| disk-int13 on | nobody watches (s) | watched (s) | cost | events |", "|---|---|---|---|---|"]
    place = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="platter-bench-", dir=place) as folder:
        try:
            kit, stated = bench.build_kit(options.kit, folder, 1)
        except bench.Skipped as reason:
            print(f"SKIP: {reason}")
            return 77
        for image_format in FORMATS:
            times = {"plain": [], "watched": []}
            events = 0
            for _ in range(options.rounds):
                for how, values in times.items():
                    seconds, events, checksum = run(options, kit, folder, image_format, how)
                    if checksum != stated["disk-int13"]:
                        print(f"FAIL: checksum {checksum} on {image_format}, {how}")
                        return 1
                    values.append(seconds)
            cost = statistics.median(times["watched"]) / statistics.median(times["plain"]) - 1
            lines.append(f"| {image_format} | {spread(times['plain'])} | {spread(times['watched'])} | "
                         f"{100 * cost:.1f} % | {events} |")
            print(lines[-1], flush=True)
    text = "\n".join(lines + ["", f"Median of {options.rounds} alternating rounds (least-most), processor seconds; "
                              f"{processor_name()}, {os.cpu_count()} cores."]) + "\n"
    if options.markdown:
        write_between_marks(options.markdown, "observer_bench.py", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
