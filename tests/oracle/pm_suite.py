#!/usr/bin/env python3
"""The protected-mode suite (tests/guest/pm) on our machine, on QEMU's and on Bochs'.

  pm_suite.py [--machine platter|qemu|bochs]... [--platter PROGRAM] [--engine cached|step]... [--level LEVEL]...
              [--list] [-q | -v] [PATTERN...]

A case is one file and says which processor it wants at least (286, 386, 486, 586). It runs on every level from there
on that the machine has: ours 286, 386, 486, 586 (pentium); QEMU 486, 586; Bochs 586. Cases travel together in a system
ROM (pm/rom.asm), a case that hangs or shuts the processor down is seen as such and hides none of the others.

Every case has to pass everywhere, and its state listing has to be the same on all machines of the run, but for
what pm/differences.txt explains; an explanation that no longer applies is an error too. Lines there:
  MACHINE CASE: reason              the case fails on that machine (at every level unless MACHINE is MACHINE/LEVEL)
  MACHINE listing CASE: reason      it passes, with a state listing unlike the others'
  MACHINE hang CASE: reason         it makes that machine hang and is not run there
PATTERN picks cases (segments/*, */null*). Exit code 0, 1 for any difference, 77 when a tool is missing.
"""
import argparse
import fnmatch
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import child  # noqa: E402

SUITE = os.path.normpath(os.path.join(HERE, "..", "guest", "pm"))
LEVELS = {"platter": (286, 386, 486, 586), "qemu": (486, 586), "bochs": (586,)}
CASE = re.compile(r'^case (\d+), "(.*)"', re.MULTILINE)
ROM_ROOM = 0xFD00
START_INDEX = 0xFFE0  # in the ROM: where to begin
HANG_SECONDS = 90     # a run of cases takes less than two, on a busy machine more


class Case:
    def __init__(self, path):
        self.path = path
        self.name = os.path.relpath(path, SUITE)[:-len(".asm")]
        with open(path) as source:
            text = source.read()
        found = CASE.search(text)
        if not found:
            sys.exit(f"{path}: no line 'case LEVEL, \"sentence\"'")
        self.level, self.sentence = int(found[1]), found[2]

    def assemble(self, level, folder):
        image = os.path.join(folder, f"{self.name.replace('/', '-')}-{level}")
        done = subprocess.run(["nasm", "-f", "bin", f"-I{SUITE}/", f"-DCPU={level}", f'-DNAME="{self.name}"',
                               "-o", image, self.path], capture_output=True, text=True)
        if done.returncode != 0 or done.stderr:
            sys.exit(done.stderr)
        with open(image, "rb") as code:
            return code.read()


class Result:
    """verdict: PASS, FAIL, CRASH (shutdown) or HANG."""

    def __init__(self, text):
        lines = text.splitlines()
        self.listing = [line for line in lines if line.startswith(("event ", "end "))]
        self.said = [line for line in lines if line not in self.listing]
        if "CRASH" in lines:
            self.verdict = "CRASH"
        elif any(line.startswith("FAIL ") for line in lines):
            self.verdict = "FAIL"
        elif any(line.startswith("PASS ") for line in lines):
            self.verdict = "PASS"
        else:
            self.verdict = "HANG"


def run_qemu(rom, level, folder, _options):
    said = os.path.join(folder, "said")
    model = {486: "486", 586: "pentium,-apic"}[level]
    return said, ["qemu-system-i386", "-M", "isapc", "-accel", "tcg", "-cpu", model, "-m", "8", "-bios", rom,
                  "-vga", "none", "-display", "none", "-net", "none", "-nodefaults", "-debugcon", f"file:{said}",
                  "-global", "isa-debugcon.iobase=0xe9", "-device", "isa-debug-exit,iobase=0xf4,iosize=1"]


def run_bochs(rom, _level, folder, _options):
    lines = ["megs: 8", f"romimage: file={rom}", "boot: floppy", 'display_library: rfb, options="timeout=0"',
             "log: log", "panic: action=fatal", "cpu: model=pentium, ips=50000000, reset_on_triple_fault=1",
             "clock: sync=none", "pci: enabled=0", "mouse: enabled=0", "port_e9_hack: enabled=1"]
    with open(os.path.join(folder, "bochsrc"), "w") as config:
        config.write("\n".join(lines) + "\n")
    with open(os.path.join(folder, "rc"), "w") as commands:
        commands.write("c\n")
    return None, ["bochs", "-q", "-f", "bochsrc", "-rc", "rc"]


def run_platter(rom, level, folder, options):
    said = os.path.join(folder, "said")
    model = {586: "pentium"}.get(level, str(level))
    return said, [options.platter, "run", "--headless", "--bios", rom, "--cpu", model, "--engine", options.engine,
                  "--ram", "8M", "--debugcon", said, "--exit-port", "F4h", "--on-triple-fault", "reset",
                  "--timeout", "20s"]


COMMANDS = {"platter": run_platter, "qemu": run_qemu, "bochs": run_bochs}


def what_was_said(machine, command, said, folder):
    """Runs a machine to its end or until it has hung for too long."""
    with open(os.path.join(folder, "out"), "w+b") as out:
        process = child.start(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        try:
            process.wait(HANG_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        out.seek(0)
        output = out.read().decode("latin-1")
    if said is None:
        text = output
    else:
        text = ""
        if os.path.exists(said):
            with open(said, encoding="latin-1") as file:
                text = file.read()
            os.remove(said)
    if "CASE " not in text:
        sys.exit(f"{machine} did not start:\n{output}")
    return text


def run_cases(machine, level, images, folder, options):
    """images: name -> code, together at most one ROM. Returns name -> Result."""
    names = list(images)
    with open(os.path.join(folder, "cases.inc"), "w") as table:
        table.write(f"case_count: dw {len(names)}\ncase_table:\n")
        for n in range(len(names)):
            table.write(f"    dw case_{n}, case_{n + 1} - case_{n}\n")
        for n, name in enumerate(names):
            code = os.path.join(folder, f"case{n}")
            with open(code, "wb") as file:
                file.write(images[name])
            table.write(f'case_{n}: incbin "{code}"\n')
        table.write(f"case_{len(names)}:\n")
    rom_path = os.path.join(folder, "rom")
    subprocess.run(["nasm", "-f", "bin", f"-I{folder}/", "-o", rom_path, os.path.join(SUITE, "rom.asm")],
                   check=True)
    with open(rom_path, "rb") as file:
        rom = bytearray(file.read())
    results = {}
    first = 0
    while first < len(names):
        rom[START_INDEX:START_INDEX + 2] = first.to_bytes(2, "little")
        with open(rom_path, "wb") as file:
            file.write(rom)
        said, command = COMMANDS[machine](rom_path, level, folder, options)
        text = what_was_said(machine, command, said, folder)
        parts = re.split(r"^CASE (\d+)\n", text[text.index("CASE "):], flags=re.MULTILINE)
        for index, said_of_it in zip(parts[1::2], parts[2::2]):
            if int(index) >= len(names):
                break
            results[names[int(index)]] = Result(said_of_it)
        if re.search(r"^END$", text, re.MULTILINE):
            break
        first = len(results)
    return results


def packed(images):
    """Groups of cases that fit into one ROM."""
    groups, room = [{}], ROM_ROOM
    for name, image in images.items():
        need = len(image) + 4
        if need > room:
            groups.append({})
            room = ROM_ROOM
        groups[-1][name] = image
        room -= need
    return groups


def run_level(machine, level, cases, jobs, options):
    with tempfile.TemporaryDirectory(prefix="platter-pm-") as folder:
        with ThreadPoolExecutor(jobs) as pool:
            codes = list(pool.map(lambda case: case.assemble(level, folder), cases))
            images = {case.name: code for case, code in zip(cases, codes)}
            jobs_of_level = []
            for n, group in enumerate(packed(images)):
                own = os.path.join(folder, f"group{n}")
                os.mkdir(own)
                jobs_of_level.append(pool.submit(run_cases, machine, level, group, own, options))
            results = {}
            for job in jobs_of_level:
                results.update(job.result())
    return results


class Differences:
    """What differences.txt explains; remembers what was needed."""

    def __init__(self, path):
        self.known = {}
        with open(path) as file:
            for number, line in enumerate(file, 1):
                line = line.strip()
                if not line or line.startswith("#"):
                    continue
                found = re.fullmatch(r"(qemu|bochs)(?:/(\d+))? (?:(listing|hang) )?([\w/-]+): (.+)", line)
                if not found:
                    sys.exit(f"{path}:{number}: not an explanation: {line}")
                level = int(found[2]) if found[2] else None
                self.known[found[1], level, found[3] or "verdict", found[4]] = number
        self.used = set()

    def explains(self, machine, level, kind, name):
        for key in ((machine, level, kind, name), (machine, None, kind, name)):
            if key in self.known:
                self.used.add(key)
                return True
        return False

    def stale(self, ran):
        """Explanations of things that ran and did not differ. ran: set of (machine, level, name)."""
        for key in self.known:
            machine, level, _, name = key
            applies = any(m == machine and n == name and level in (None, lv) for m, lv, n in ran)
            if applies and key not in self.used:
                yield key


def report(results, cases, differences, options):
    """results: (machine, engine, level) -> name -> Result. Returns how many things are wrong."""
    wrong = 0
    for (machine, engine, level), by_name in results.items():
        counts = {}
        for case in cases:
            result = by_name.get(case.name)
            if result is None:
                continue
            explained = False
            if result.verdict != "PASS":
                explained = differences.explains(machine, level, "verdict", case.name)
                if not explained:
                    wrong += 1
                if not explained or options.verbose:
                    print(f"{result.verdict} on {machine} {level} {engine}: {case.name} ({case.sentence})")
                    for line in [] if options.quiet else result.said + result.listing:
                        print(f"    {line}")
            kind = "explained" if explained else result.verdict
            counts[kind] = counts.get(kind, 0) + 1
        print(" ".join(filter(None, (machine, str(level), engine))) + ": " + ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())))
    return wrong + compare_listings(results, cases, differences)


def compare_listings(results, cases, differences):
    """Among the runs of one level, those that pass have to say the same. The first of them is the measure."""
    wrong = 0
    for level in sorted({level for _, _, level in results}):
        runs = [(key, by_name) for key, by_name in results.items() if key[2] == level]
        for case in cases:
            passed = [(key, by_name[case.name]) for key, by_name in runs
                      if case.name in by_name and by_name[case.name].verdict == "PASS"]
            told = [run for run in passed
                    if (run[0][0], None, "listing", case.name) not in differences.known and
                    (run[0][0], level, "listing", case.name) not in differences.known]
            for key, result in passed:
                if not told or result.listing == told[0][1].listing:
                    continue
                if differences.explains(key[0], level, "listing", case.name):
                    continue
                wrong += 1
                print(f"LISTING of {key[0]} {level} {key[1]} unlike {told[0][0][0]}'s: {case.name}")
                for ours, other in zip(result.listing, told[0][1].listing):
                    if ours != other:
                        print(f"    {key[0]}: {ours}\n    {told[0][0][0]}: {other}")
                if len(result.listing) != len(told[0][1].listing):
                    print(f"    {len(result.listing)} lines, not {len(told[0][1].listing)}")
    return wrong


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machine", action="append", choices=COMMANDS)
    parser.add_argument("--platter", type=os.path.abspath, default=None)
    parser.add_argument("--engine", action="append", choices=("cached", "step"))
    parser.add_argument("--level", action="append", type=int, choices=(286, 386, 486, 586))
    parser.add_argument("--list", action="store_true", help="only say which cases there are")
    parser.add_argument("-q", dest="quiet", action="store_true", help="one line for each difference")
    parser.add_argument("-v", dest="verbose", action="store_true", help="show explained differences too")
    parser.add_argument("pattern", nargs="*")
    options = parser.parse_args()

    paths = sorted(os.path.join(folder, name) for folder, _, names in os.walk(SUITE) for name in names
                   if name.endswith(".asm") and folder != SUITE)
    cases = [case for case in map(Case, paths)
             if not options.pattern or any(fnmatch.fnmatch(case.name, p) for p in options.pattern)]
    if options.list:
        for case in cases:
            print(f"{case.name}: {case.sentence}")
        print(f"{len(cases)} cases")
        return 0
    machines = options.machine or [m for m in COMMANDS if m != "platter" or options.platter]
    for tool in ["nasm"] + [{"qemu": "qemu-system-i386", "bochs": "bochs"}.get(m, options.platter) for m in machines]:
        if tool is None:
            sys.exit("--machine platter wants --platter PROGRAM")
        if not shutil.which(tool):
            print(f"SKIP: the program '{tool}' is not installed")
            return 77

    differences = Differences(os.path.join(SUITE, "differences.txt"))
    jobs = os.cpu_count() or 1
    results = {}
    for machine in machines:
        for engine in (options.engine or ["cached"]) if machine == "platter" else [""]:
            options_of_run = argparse.Namespace(platter=options.platter, engine=engine)
            for level in LEVELS[machine]:
                wanted = [case for case in cases if case.level <= level and
                          not differences.explains(machine, level, "hang", case.name)]
                if wanted and (not options.level or level in options.level):
                    results[machine, engine, level] = run_level(machine, level, wanted, jobs, options_of_run)
    wrong = report(results, cases, differences, options)
    ran = {(machine, level, name) for (machine, _, level), names in results.items() for name in names}
    for machine, level, kind, name in differences.stale(ran):
        if kind == "listing" and len(machines) < 2:
            continue
        wrong += 1
        print(f"differences.txt explains what is no longer so: {machine} {level or ''} {name}")
    print(f"{len(cases)} cases, {wrong} unexpected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
