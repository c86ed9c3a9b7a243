#!/usr/bin/env python3
"""Runs the guest benchmarks on platter, QEMU (TCG) and Bochs and compares.

  bench.py PLATTER [--kit FOLDER] [--rounds N] [--scale N] [--only NAME,..] [--machines platter,qemu,bochs]
                   [--markdown FILE]

The kit (its build.sh makes bootable floppies; default $PLATTER_SHARED/bench) prints BENCH-START and BENCH-DONE
with a checksum to port E9h. What counts is the processor time, user and system, that the emulator's process used
between the two lines, the median of N rounds. The emulators take turns within a round, so that what else the
computer does falls on all of them alike. --scale 10 makes the programs a tenth as long.

Exit code 0 when every program that ran gave its stated checksum, 1 when not, 77 when kit or tools are missing.
"""
import argparse
import os
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import child  # noqa: E402
from figures import processor_name, spread, write_between_marks  # noqa: E402

# What each is expected to reach: speed against QEMU's TCG in the same run (irq: against Debian's Bochs).
TARGETS = {"cpu16": 0.5, "cpu32": 0.5, "interp": 0.7, "fpu": 1.0, "paging": 1.5, "mem": 8, "smc": 15, "irq": 6,
           "vga": 5, "disk-pio": 6, "disk-int13": 18}
# The fastest emulator with a right checksum, and its time as a share of that of one measured here: both from one run on
# another computer.
FASTEST = {"cpu16": ("QEMU", "QEMU", 1), "cpu32": ("QEMU", "QEMU", 1), "interp": ("QEMU", "QEMU", 1), "fpu": ("QEMU", "QEMU", 1),
           "paging": ("v86", "QEMU", 2.07 / 2.96), "mem": ("v86", "QEMU", 1.13 / 9.83), "smc": ("DOSBox", "QEMU", 0.63 / 21.35),
           "irq": ("DOSBox", "Bochs", 0.74 / 8.06), "vga": ("DOSBox", "QEMU", 0.94 / 8.56),
           "disk-pio": ("a fast Bochs", "QEMU", 6.00 / 13.40), "disk-int13": ("DOSBox", "QEMU", 0.42 / 17.01)}
PROGRAMS = list(TARGETS)
DISK_CHS = (130, 16, 63)


class Skipped(Exception):
    pass


def process_seconds(pid):
    """CPU time of all threads: the process clock that clock_getcpuclockid(3) would return."""
    return time.clock_gettime((~pid << 3) | 2)


class Platter:
    title = "platter"

    def __init__(self, program):
        self.program = program

    def version(self):
        return subprocess.run([self.program, "--version"], capture_output=True, text=True).stdout.strip()

    def command(self, folder, floppy, disk):
        chs = "/".join(str(n) for n in DISK_CHS)
        return [self.program, "run", "--headless", "--cpu", "486", "--ram", "16M", "--fda", floppy, "--drive",
                f"bus=ide0.0,file={disk},chs={chs}", "--boot", "a", "--debugcon", "stdio", "--exit-port", "F4h"]


class Qemu:
    title = "QEMU"

    def version(self):
        text = subprocess.run(["qemu-system-i386", "--version"], capture_output=True, text=True).stdout
        return re.search(r"version \S+", text)[0].replace("version", "QEMU") + " (TCG)"

    def command(self, folder, floppy, disk):
        cylinders, heads, sectors = DISK_CHS
        return ["qemu-system-i386", "-M", "pc", "-accel", "tcg", "-m", "16", "-display", "none", "-net", "none",
                "-boot", "a", "-drive", f"if=floppy,format=raw,file={floppy}",
                "-drive", f"if=none,id=disk,format=raw,file={disk}",
                "-device", f"ide-hd,drive=disk,bus=ide.0,unit=0,cyls={cylinders},heads={heads},secs={sectors}",
                "-debugcon", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]


class Bochs:
    title = "Bochs"

    def version(self):
        text = subprocess.run(["bochs", "--help"], capture_output=True, text=True)
        return re.search(r"Bochs x86 Emulator \S+", text.stdout + text.stderr)[0].replace(
            "x86 Emulator ", "") + " (as packaged)"

    def command(self, folder, floppy, disk):
        cylinders, heads, sectors = DISK_CHS
        with open(os.path.join(folder, "bochsrc"), "w") as config:
            config.write(f"""megs: 16
romimage: file=/usr/share/bochs/BIOS-bochs-legacy
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
floppya: 1_44={floppy}, status=inserted
ata0-master: type=disk, path={disk}, mode=flat, cylinders={cylinders}, heads={heads}, spt={sectors}
boot: floppy
display_library: rfb, options="timeout=0"
log: {folder}/bochs.log
panic: action=fatal
cpu: model=pentium, ips=50000000
clock: sync=none
pci: enabled=0
mouse: enabled=0
port_e9_hack: enabled=1
""")
        with open(os.path.join(folder, "rc"), "w") as commands:
            commands.write("c\n")
        return ["bochs", "-q", "-f", os.path.join(folder, "bochsrc"), "-rc", os.path.join(folder, "rc")]


def run_once(machine, program, kit, folder, limit):
    """(seconds, checksum or the reason why there is none)"""
    folder = tempfile.mkdtemp(dir=folder)  # Bochs leaves locks beside the images
    floppy, disk = os.path.join(folder, "a.img"), os.path.join(folder, "c.img")
    shutil.copyfile(os.path.join(kit, program + ".img"), floppy)
    with open(disk, "wb") as blank:
        blank.truncate(DISK_CHS[0] * DISK_CHS[1] * DISK_CHS[2] * 512)
    process = child.start(machine.command(folder, floppy, disk), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder)
    started, seconds, verdict, text = None, None, "no output", b""
    deadline = time.monotonic() + limit
    try:
        while verdict == "no output":
            ready, _, _ = select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                verdict = f"not done after {limit:.0f} s"
                break
            piece = os.read(process.stdout.fileno(), 65536)
            now = process_seconds(process.pid)
            text += piece
            if started is None and b"BENCH-START" in text:
                started = now
            ended = re.search(rb"BENCH-(DONE|SKIP|FAIL) \S+ (\S+)\r?\n", text)
            if ended:
                verdict = ended[2].decode("latin-1")
                if ended[1] == b"DONE" and started is not None:
                    seconds = now - started
            elif not piece:
                process.wait()
                sys.stderr.buffer.write(process.stderr.read())
                verdict = f"ended with {process.returncode}"
    finally:
        process.kill()
        process.communicate()
        shutil.rmtree(folder)
    return seconds, verdict


def build_kit(source, folder, scale):
    if not os.path.isfile(os.path.join(source, "build.sh")):
        raise Skipped(f"no benchmark kit in '{source}'; PLATTER_SHARED names the place of the shared files")
    if not shutil.which("nasm"):
        raise Skipped("nasm is not installed")
    out = os.path.join(folder, "kit")
    subprocess.run(["sh", os.path.join(source, "build.sh"), out], check=True, stdout=subprocess.DEVNULL)
    if scale > 1:
        # The number of iterations is a field of the boot sector; the checksum does not depend on it.
        for name in os.listdir(out):
            path = os.path.join(out, name)
            if not name.endswith(".img") or name == "hd.img":
                continue
            with open(path, "r+b") as image:
                image.seek(0x1F4)
                iterations = struct.unpack("<I", image.read(4))[0]
                image.seek(0x1F4)
                image.write(struct.pack("<I", max(1, iterations // scale)))
    stated = {}
    with open(os.path.join(out, "checksums.txt")) as checksums:
        for line in checksums:
            name, checksum, *_ = line.split()
            stated[name] = checksum
    return out, stated


def table(machines, programs, times, wrong):
    others = [m for m in machines if m.title != "platter"]
    head = ["program"] + [f"{m.title} (s)" for m in machines] + [f"speed against {m.title}" for m in others]
    head += ["target", "against the fastest known"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for program in programs:
        row = [program]
        for machine in machines:
            values = times.get((program, machine.title))
            row.append(spread(values) if values else wrong.get((program, machine.title), "-"))
        ours = times.get((program, "platter"))
        for machine in others:
            theirs = times.get((program, machine.title))
            row.append(f"{statistics.median(theirs) / statistics.median(ours):.2f}" if ours and theirs else "-")
        target = TARGETS.get(program)
        row.append("-" if target is None else f"{target} of Bochs" if program == "irq" else str(target))
        fastest, measured, share = FASTEST[program]
        theirs = times.get((program, measured))
        row.append(f"{statistics.median(theirs) * share / statistics.median(ours):.2f} ({fastest})" if ours and theirs else "-")
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def report(options, machines, programs, times, wrong):
    command = "tests/bench/bench.py build/release/platter " + " ".join(options.repeat)
    return "\n".join([
        table(machines, programs, times, wrong), "",
        f"Median of {options.rounds} rounds (least-most), processor seconds. Host: {processor_name()}, "
        f"{os.cpu_count()} cores. " + ", ".join(m.version() for m in machines) + ".",
        f"Made by `{command.strip()}`" + (f" with a {options.scale}th of the work." if options.scale > 1 else "."),
    ]) + "\n"


def measure(options, machines, programs, kit, stated, folder):
    times, wrong, failed = {}, {}, False
    for round_number in range(options.rounds):
        for program in programs:
            for machine in machines:
                key = (program, machine.title)
                if key in wrong:
                    continue
                seconds, verdict = run_once(machine, program, kit, folder, options.limit)
                right = verdict == stated[program] and seconds is not None
                print(f"round {round_number + 1}: {program} on {machine.title}: "
                      + (f"{seconds:.2f} s, " if seconds is not None else "") + verdict
                      + ("" if right else f" (stated {stated[program]})"), flush=True)
                if right:
                    times.setdefault(key, []).append(seconds)
                else:
                    wrong[key] = "wrong: " + verdict
                    failed = failed or machine.title == "platter"
    return times, wrong, failed


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # so that everything is put away
    shared = os.environ.get("PLATTER_SHARED", os.path.join(HERE, "..", "..", "..", "shared"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("platter", type=os.path.abspath)
    parser.add_argument("--kit", default=os.path.join(shared, "bench"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--only", default=",".join(PROGRAMS))
    parser.add_argument("--machines", default="platter,qemu,bochs")
    parser.add_argument("--limit", type=float, default=300, help="host seconds one run may take")
    parser.add_argument("--markdown", help="a document whose table is replaced")
    options = parser.parse_args()
    options.repeat = sys.argv[2:]
    programs = options.only.split(",")
    known = {"platter": lambda: Platter(os.environ.get("PLATTER", options.platter)), "qemu": Qemu, "bochs": Bochs}
    tools = {"qemu": "qemu-system-i386", "bochs": "bochs"}
    try:
        for name in options.machines.split(","):
            if name not in known:
                parser.error(f"no machine '{name}'")
            if name in tools and not shutil.which(tools[name]):
                raise Skipped(f"{tools[name]} is not installed")
        machines = [known[name]() for name in options.machines.split(",")]
        with tempfile.TemporaryDirectory(prefix="platter-bench-") as folder:
            kit, stated = build_kit(options.kit, folder, options.scale)
            for program in programs:
                if program not in stated:
                    parser.error(f"no program '{program}' in the kit")
            times, wrong, failed = measure(options, machines, programs, kit, stated, folder)
    except Skipped as reason:
        print(f"SKIP: {reason}")
        return 77
    text = report(options, machines, programs, times, wrong)
    print("\n" + text)
    if options.markdown:
        write_between_marks(options.markdown, "bench.py", text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
