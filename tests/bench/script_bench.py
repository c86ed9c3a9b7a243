#!/usr/bin/env python3
"""Boot-and-DIR tests per second: `platter test` against QEMU under a driver that sends keys and reads the screen.

  script_bench.py PLATTER [--image FILE] [--rounds N] [--tests N] [--jobs N] [--markdown FILE]

One test: FreeDOS boots from a floppy, Enter at its menu, wait for A:\\>, type DIR, wait for "bytes free" and the next
A:\\>, end. Both sides get the same floppy, start a machine a test, and run JOBS tests at a time. QEMU (TCG, no display) is
driven through QMP as pexpect would drive a console: poll the text screen every 20 ms until the awaited text stands below
what was seen before, press keys with the shortest hold time that FreeDOS never loses one of. The two take turns within
a round, so that what else the computer does falls on both; the figures are medians over rounds. On a busy computer the
tests per second say little (a driver that waits for real time to pass does not mind), the processor seconds a test much.

Exit code 0 when every test passed, 1 when one failed, 77 when the image or QEMU is missing.
"""
import argparse
import concurrent.futures
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import child  # noqa: E402
from figures import processor_name, spread, write_between_marks  # noqa: E402

TEXT_MEMORY, TEXT_BYTES = 0xB8000, 4000
POLL = 0.02
HOLD_MS = 10
KEY_GAP = 0.03

LUA = """
for number = 1, COUNT do
  test("boot and dir " .. number, { timeout = 60 }, function(t)
    local m = t:machine { drive = { { bus = "fd0", file = t:param("image"), mode = "discard" } } }
    m:expect("Select from Menu")
    m:key("enter")
    m:expect("A:\\\\>")
    m:type("dir\\n")
    m:expect({ "bytes free", "A:\\\\>" })
  end)
end
"""


class Driver:
    """A machine of QEMU's and the two things a test does with it."""

    def __init__(self, image, folder):
        self.dump = os.path.join(folder, "screen")
        self.process = child.start(
            ["qemu-system-i386", "-M", "isapc", "-accel", "tcg", "-cpu", "486", "-m", "4", "-vga", "std",
             "-display", "none", "-net", "none", "-boot", "a", "-qmp", "stdio", "-snapshot",
             "-drive", f"if=floppy,format=raw,file={image}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.process.stdout.readline()
        self.ask("qmp_capabilities")
        self.seen = 0  # rows above this one have been read

    def ask(self, command, **arguments):
        self.process.stdin.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        while True:
            answer = json.loads(self.process.stdout.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise RuntimeError(answer["error"]["desc"])

    def rows(self):
        self.ask("pmemsave", val=TEXT_MEMORY, size=TEXT_BYTES, filename=self.dump)
        with open(self.dump, "rb") as dump:
            text = dump.read()[0::2].decode("cp437")
        return [text[at:at + 80] for at in range(0, 2000, 80)]

    def expect(self, text, limit=60, fresh_from=None):
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            rows = self.rows()
            for number in range(len(rows) - 1, -1, -1):
                if text in rows[number] and (fresh_from is None or number > fresh_from):
                    return number
            time.sleep(POLL)
        raise RuntimeError(f"no {text!r}")

    def keys(self, names):
        for name in names:
            self.ask("send-key", keys=[{"type": "qcode", "data": name}], **{"hold-time": HOLD_MS})
            time.sleep(KEY_GAP)

    def close(self):
        self.process.kill()
        self.process.wait()


def qemu_test(image):
    with tempfile.TemporaryDirectory(prefix="platter-qemu-") as folder:
        driver = Driver(image, folder)
        try:
            driver.expect("Select from Menu")
            driver.keys(["ret"])
            driver.expect("A:\\>")
            driver.keys(["d", "i", "r", "ret"])
            free = driver.expect("bytes free")
            driver.expect("A:\\>", fresh_from=free)
            return True
        except RuntimeError as error:
            print(f"QEMU: {error}")
            return False
        finally:
            driver.close()


def run_qemu(options, count):
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        good = list(pool.map(lambda _: qemu_test(options.image), range(count)))
    return time.monotonic() - began, all(good)


def run_platter(options, count, folder):
    script = os.path.join(folder, "boot_and_dir.lua")
    with open(script, "w") as out:
        out.write(LUA.replace("COUNT", str(count)))
    began = time.monotonic()
    done = subprocess.run([options.platter, "test", script, "-D", f"image={options.image}", "-j", str(options.jobs)],
                          capture_output=True, text=True)
    seconds = time.monotonic() - began
    good = done.returncode == 0 and f"{count} passed, 0 failed, 0 skipped" in done.stdout
    if not good:
        print(done.stdout[-2000:] + done.stderr[-2000:])
    return seconds, good


def child_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Side:
    def __init__(self):
        self.rates, self.seconds = [], []

    def add(self, count, wall, used):
        self.rates.append(count / wall)
        self.seconds.append(used / count)


def table(options, ours, theirs):
    version = subprocess.run(["qemu-system-i386", "--version"], capture_output=True, text=True).stdout
    version = re.search(r"version (\S+)", version)[1]
    faster = [a / b for a, b in zip(ours.rates, theirs.rates)]
    cheaper = [b / a for a, b in zip(ours.seconds, theirs.seconds)]
    return "\n".join([
        "| | tests per second | processor seconds a test |", "|---|---|---|",
        f"| `platter test -j {options.jobs}` | {spread(ours.rates)} | {spread(ours.seconds)} |",
        f"| QEMU {version} (TCG), {options.jobs} drivers | {spread(theirs.rates)} | {spread(theirs.seconds)} |",
        f"| times better | {spread(faster)} | {spread(cheaper)} |", "",
        f"Median of {options.rounds} rounds (least-most), the two taking turns; {options.tests} and "
        f"{options.qemu_tests} tests a round. Host: {processor_name()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.0f} at the end.", "",
    ])


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    shared = os.environ.get("PLATTER_SHARED", os.path.join(HERE, "..", "..", "..", "shared"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("platter", type=os.path.abspath)
    parser.add_argument("--image", default=os.path.join(shared, "images", "freedos-144.img"), type=os.path.abspath)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tests", type=int, default=20, help="of platter's a round")
    parser.add_argument("--qemu-tests", type=int, default=4, help="of QEMU's a round, which take longer")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--markdown", help="a document whose table is replaced")
    options = parser.parse_args()
    if not os.path.exists(options.image):
        print(f"SKIP: no image '{options.image}'")
        return 77
    if not shutil.which("qemu-system-i386"):
        print("SKIP: qemu-system-i386 is not installed")
        return 77
    ours, theirs, good = Side(), Side(), True
    with tempfile.TemporaryDirectory(prefix="platter-bench-") as folder:
        for number in range(options.rounds):
            before = child_seconds()
            wall, right = run_platter(options, options.tests, folder)
            between = child_seconds()
            ours.add(options.tests, wall, between - before)
            good = good and right
            wall, right = run_qemu(options, options.qemu_tests)
            theirs.add(options.qemu_tests, wall, child_seconds() - between)
            good = good and right
            print(f"round {number + 1}: platter {ours.rates[-1]:.2f}, QEMU {theirs.rates[-1]:.2f} tests per second",
                  flush=True)
    text = table(options, ours, theirs)
    print("\n" + text)
    if options.markdown:
        write_between_marks(options.markdown, "script_bench.py", text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
