#!/usr/bin/env python3
"""Compares what two VGAs show of one program: ours and QEMU's, both with our video ROM.

  vga_modes.py --platter PROGRAM --vgabios FILE --floppies FOLDER [--keep FOLDER] PICTURE...
FOLDER holds PICTURE.img, boot floppies that say "shown" on port E9h. Prints a line for each; exit code 0 when all are equal.
--keep leaves PICTURE.ours.ppm and PICTURE.qemu.ppm there.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import png  # noqa: E402

PATIENCE = 60  # seconds for a guest that should need one


def our_picture(options, image, folder):
    picture = os.path.join(folder, "ours.png")
    said = os.path.join(folder, "said")
    subprocess.run([options.platter, "run", "--headless", "--fda", image, "--boot", "a",
                    "--vgabios", options.vgabios, "--debugcon", said, "--for", "8s", "--screenshot", picture],
                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True,
                   timeout=PATIENCE * 5)
    with open(said, encoding="latin-1") as file:
        if "shown" not in file.read():
            raise RuntimeError("our guest never came to an end")
    shown = png.read(picture)
    pixels = bytearray()
    for y in range(shown.height):
        for x in range(shown.width):
            pixels += bytes(shown.at(x, y))
    return shown.width, shown.height, bytes(pixels)


def qemu_picture(options, image, folder):
    dump = os.path.join(folder, "qemu.ppm")
    said = os.path.join(folder, "qemu.said")
    command = ["qemu-system-i386", "-M", "isapc", "-accel", "tcg", "-cpu", "486", "-m", "16", "-vga", "std",
               "-bios", options.bios, "-display", "none", "-net", "none", "-boot", "a", "-qmp", "stdio",
               "-device", f"loader,file={options.vgabios},addr=0xc0000,force-raw=on",
               "-drive", f"if=floppy,format=raw,readonly=on,file={image}",
               "-debugcon", f"file:{said}", "-global", "isa-debugcon.iobase=0xe9"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        def ask(name, **arguments):
            process.stdin.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
            process.stdin.flush()
            while True:
                answer = json.loads(process.stdout.readline())
                if "return" in answer or "error" in answer:
                    return answer

        try:
            process.stdout.readline()
            ask("qmp_capabilities")
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                if os.path.exists(said) and "shown" in open(said, encoding="latin-1").read():
                    break
                time.sleep(0.05)
            else:
                raise RuntimeError("QEMU's guest never came to an end")
            time.sleep(0.1)
            answer = ask("screendump", filename=dump)
            if "error" in answer:
                raise RuntimeError("QEMU: " + answer["error"]["desc"])
        finally:
            process.kill()
    with open(dump, "rb") as file:
        data = file.read()
    _, size, _, pixels = data.split(b"\n", 3)
    width, height = map(int, size.split())
    return width, height, pixels


def keep(picture, path):
    width, height, pixels = picture
    with open(path, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (width, height) + pixels)


def difference(ours, theirs):
    """What is different in words, or None. QEMU leaves the low three bits of 15-bit colours dark."""
    if ours[:2] != theirs[:2]:
        return f"ours is {ours[0]}x{ours[1]}, QEMU's {theirs[0]}x{theirs[1]}"
    wrong = [i // 3 for i, (a, b) in enumerate(zip(ours[2], theirs[2])) if abs(a - b) > 7]
    if not wrong:
        return None
    x, y = wrong[0] % ours[0], wrong[0] // ours[0]
    at = wrong[0] * 3
    return (f"{len(set(wrong))} pixels differ, first at {x},{y}: "
            f"ours {ours[2][at:at + 3].hex()}, QEMU's {theirs[2][at:at + 3].hex()}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--platter", required=True)
    parser.add_argument("--vgabios", required=True)
    parser.add_argument("--bios", default="/usr/share/bochs/BIOS-bochs-legacy", help="of QEMU's machine")
    parser.add_argument("--floppies", required=True)
    parser.add_argument("--keep")
    parser.add_argument("pictures", nargs="+")
    options = parser.parse_args()
    failed = 0
    for name in options.pictures:
        image = os.path.join(options.floppies, name + ".img")
        with tempfile.TemporaryDirectory() as folder:
            try:
                ours, theirs = our_picture(options, image, folder), qemu_picture(options, image, folder)
                wrong = difference(ours, theirs)
                if options.keep:
                    keep(ours, os.path.join(options.keep, name + ".ours.ppm"))
                    keep(theirs, os.path.join(options.keep, name + ".qemu.ppm"))
                size = f"{ours[0]}x{ours[1]}"
            except (RuntimeError, subprocess.SubprocessError) as error:
                wrong, size = str(error), ""
        failed += wrong is not None
        print(f"{'FAIL' if wrong else 'ok'}: {name}: {wrong or size}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
