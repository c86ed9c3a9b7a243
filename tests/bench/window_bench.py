#!/usr/bin/env python3
"""What the window costs a guest: the kit's cpu16, eight times as long, headless and in the window with the allocation
map of a 2 TB disk open, in turns, at full speed.

  window_bench.py PLATTER [--kit FOLDER] [--rounds N] [--markdown FILE]

Host seconds between the guest's BENCH-START and BENCH-DONE, as the window draws on a thread of its own. The window is
1600x1000 in a virtual X display, drawn by Mesa in software: a display card takes most of that work away. Exit code 0, 1 when
a checksum is wrong, 77 when the kit or a tool is missing.
"""
import argparse
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import bench
from figures import processor_name, spread, write_between_marks

LONGER = 8


def make_longer(image):
    with open(image, "r+b") as file:
        file.seek(0x1F4)
        iterations = struct.unpack("<I", file.read(4))[0]
        file.seek(0x1F4)
        file.write(struct.pack("<I", iterations * LONGER))


def wait_for(console, word, process, limit=120):
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if os.path.exists(console):
            with open(console, encoding="latin-1") as file:
                text = file.read()
            if word in text:
                return time.perf_counter(), text
        if process.poll() is not None:
            break
        time.sleep(0.002)
    raise RuntimeError(f"no {word} on the guest's console")


def run(options, folder, floppy, disk, display):
    console = os.path.join(folder, "console")
    if os.path.exists(console):
        os.remove(console)
    words = [options.platter, "run", *([] if display else ["--headless"]), "--cpu", "486", "--ram", "16M", "--speed", "max",
             "--fda", floppy, "--drive", f"bus=ide0.0,file={disk},mode=discard,chs=16383/16/63", "--boot", "a",
             "--debugcon", console]
    environment = dict(os.environ, XDG_STATE_HOME=folder)
    if display:
        environment.update(DISPLAY=display, PLATTER_WINDOW="1600x1000")
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if display:
            keys = ["search", "--sync", "--onlyvisible", "--name", "Platter", "windowfocus", "--sync", "sleep", "0.5",
                    "keydown", "Control_R", "key", "3", "keyup", "Control_R"]
            subprocess.run(["xdotool", *keys], env=environment, check=True, timeout=60, stdout=subprocess.DEVNULL)
        began, _ = wait_for(console, "BENCH-START", process)
        ended, text = wait_for(console, "BENCH-DONE", process)
        return ended - began, text.split("BENCH-DONE")[1].split()[1]
    finally:
        process.terminate()
        process.wait()


def main():
    shared = os.environ.get("PLATTER_SHARED", os.path.join(bench.HERE, "..", "..", "..", "shared"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("platter", type=os.path.abspath)
    parser.add_argument("--kit", default=os.path.join(shared, "bench"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--markdown", help="a document whose table is replaced")
    options = parser.parse_args()
    for tool in ("Xvfb", "xdotool"):
        if not shutil.which(tool):
            print(f"SKIP: {tool} is not installed")
            return 77
    times = {"headless": [], "window and map": []}
    with tempfile.TemporaryDirectory(prefix="platter-bench-") as folder:
        try:
            kit, stated = bench.build_kit(options.kit, folder, 1)
        except bench.Skipped as reason:
            print(f"SKIP: {reason}")
            return 77
        floppy, disk = os.path.join(kit, "cpu16.img"), os.path.join(folder, "disk.vmdk")
        make_longer(floppy)
        subprocess.run([options.platter, "image", "create", "-q", "-f", "vmdk", disk, "2T"], check=True)
        server = subprocess.Popen(["Xvfb", "-displayfd", "1", "-screen", "0", "1600x1000x24"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        try:
            display = ":" + server.stdout.readline().strip()
            for _ in range(options.rounds):
                for how, values in times.items():
                    seconds, checksum = run(options, folder, floppy, disk, display if how != "headless" else None)
                    print(f"{how}: {seconds:.2f} s, {checksum}", flush=True)
                    if checksum != stated["cpu16"]:
                        print(f"FAIL: stated is {stated['cpu16']}")
                        return 1
                    values.append(seconds)
        finally:
            server.terminate()
            server.wait()
    share = 100 * statistics.median(times["headless"]) / statistics.median(times["window and map"])
    text = "\n".join([
        "| cpu16, eightfold | host seconds |", "|---|---|", *(f"| {how} | {spread(values)} |" for how, values in times.items()),
        "", f"The window leaves the guest {share:.1f} % of its headless speed. Median of {options.rounds} alternating rounds "
        f"(least-most); {processor_name()}, {os.cpu_count()} cores, Mesa's software renderer."]) + "\n"
    print("\n" + text)
    if options.markdown:
        write_between_marks(options.markdown, "window_bench.py", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
