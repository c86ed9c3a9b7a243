#!/usr/bin/env python3
"""Every build and both CPU engines go the same way: the hashes of some scripts, compared with recorded ones.

  hashes.py PLATTER [--renew] [--engines cached,step] [--only SCRIPT,..] [-j N]

hashes.txt lists, for each test of the scripts below, instructions and hash of its machines. A difference means that a
guest sees another machine than before: a bug, unless ROM, chips or timing were changed on purpose. Then renew the list
with --renew (where the shared images are), look at the difference in version control, and say why in the commit.

Exit code 0 when all agree, 1 when not, 77 when nothing could be compared.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
RECORD = HERE / "hashes.txt"
SCRIPTS = ["demo_disk.lua", "freedos_dir_copy.lua", "snapshot_revert.lua", "disk_fault.lua", "serial_console.lua",
           "hard_disk_from_nothing.lua", "growable_clusters.lua"]


def run(options, engine):
    """{test: (instructions, hash)} of the tests that were not skipped"""
    images = pathlib.Path(os.environ.get("PLATTER_SHARED", HERE / "../../../shared")) / "images"
    command = [options.platter, "test", *(str(HERE / name) for name in options.only.split(",")), "-D", f"images={images.resolve()}",
               "--engine", engine, "--output", "json", "-j", str(options.jobs)]
    done = subprocess.run(command, capture_output=True, text=True)
    results = {}
    for line in done.stdout.splitlines():
        test = json.loads(line)
        name = f"{os.path.basename(test['file'])}: {test['name']}"
        if test["outcome"] == "failed":
            sys.exit(f"{name} failed with the {engine} engine:\n" + "".join(test["failures"]))
        if test["outcome"] == "passed":
            results[name] = (str(test["instructions"]), test["hash"])
    if done.returncode != 0 or not done.stdout:
        sys.exit(f"platter test: {done.stderr.strip()}")
    return results


def read_record():
    record = {}
    if RECORD.exists():
        for line in RECORD.read_text().splitlines():
            if line and not line.startswith("#"):
                name, instructions, digest = line.split("\t")
                record[name] = (instructions, digest)
    return record


def renew(results):
    lines = ["# Instructions and hash of each test, the same for every build and engine; renewed by hashes.py --renew."]
    lines += ["\t".join((name, *values)) for name, values in results.items()]
    RECORD.write_text("\n".join(lines) + "\n")
    print(f"recorded {len(results)} tests")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("platter", type=os.path.abspath)
    parser.add_argument("--renew", action="store_true")
    parser.add_argument("--engines", default="cached,step")
    parser.add_argument("--only", default=",".join(SCRIPTS))
    parser.add_argument("-j", dest="jobs", type=int, default=2)
    options = parser.parse_args()
    engines = options.engines.split(",")
    if not options.renew and not RECORD.exists():
        print(f"SKIP: nothing is recorded yet; {sys.argv[0]} PLATTER --renew does")
        return 77
    results = {engine: run(options, engine) for engine in engines}
    if options.renew:
        if options.only != ",".join(SCRIPTS):
            parser.error("--renew takes all scripts")
        if any(results[engine] != results[engines[0]] for engine in engines):
            sys.exit("the engines do not agree: nothing recorded")
        renew(results[engines[0]])
        return 0
    record, compared, wrong = read_record(), 0, 0
    for engine in engines:
        for name, values in results[engine].items():
            if name not in record:
                print(f"{name}: is not recorded")
                wrong += 1
                continue
            compared += 1
            if values != record[name]:
                print(f"{name}, {engine} engine:\n  {' '.join(values)}\n  recorded {' '.join(record[name])}")
                wrong += 1
    if wrong:
        print(f"{wrong} differences; if the machine was changed on purpose: {sys.argv[0]} PLATTER --renew")
        return 1
    print(f"{compared} runs as recorded")
    return 0 if compared else 77


if __name__ == "__main__":
    sys.exit(main())
