#!/usr/bin/env python3
"""Drives another PC emulator with the words of `platter run`, so that one test can run on all.

  other_machine.py qemu|bochs [--bios F] [--vgabios F] [--fda F] [--fdb F] [--hda F --chs C/H/S]
                   [--image-mode MODE] [--boot a|c] [--wall-timeout SECONDS] STEP...
  STEP: --until TEXT   wait for TEXT on the text screen
        --type TEXT    type it; knows \\n and \\\\
        --key NAME     press a key: right, left, down, ...
        --for SECONDS  let it run
        --screen-text  print the screen

QEMU is asked through QMP, Bochs through its debugger (the screen) and its RFB display (the keyboard).
Both are read the same way: text memory at B8000h, its width in the BIOS data area. Exit code 0, 1 when a text never came, 77
when the emulator is not installed.
"""
import argparse
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import child  # noqa: E402

# What is on the screen: the number of columns (BIOS data area, 40:4Ah) and text memory.
WIDTH_WORD = 0x44A
TEXT_MEMORY = 0xB8000
TEXT_BYTES = 4000


class GuestFailed(Exception):
    pass


def decode_screen(memory, width):
    """25 rows, attributes dropped."""
    columns = 40 if width == 40 else 80
    text = bytes(memory[0::2]).decode("cp437").replace("\0", " ")
    return [text[row * columns:(row + 1) * columns].rstrip() for row in range(25)]


class Qemu:
    PROGRAM = "qemu-system-i386"
    KEYS = {" ": "spc", "\n": "ret", ".": "dot", ",": "comma", "-": "minus", "/": "slash",
            "\\": "backslash", ";": "semicolon", "=": "equal", "'": "apostrophe", "*": "shift-8",
            ":": "shift-semicolon", ">": "shift-dot", "<": "shift-comma", "?": "shift-slash",
            "_": "shift-minus", "+": "shift-equal"}

    def __init__(self, options, folder):
        self.dump = os.path.join(folder, "screen")
        command = [self.PROGRAM, "-M", "isapc", "-accel", "tcg", "-cpu", "486", "-m", "16", "-vga", "std",
                   "-display", "none", "-net", "none", "-boot", options.boot, "-qmp", "stdio"]
        if options.bios:
            command += ["-bios", options.bios]
        if options.vgabios:
            # An ISA machine's firmware finds option ROMs where they lie; nobody puts ours there but us.
            command += ["-device", f"loader,file={options.vgabios},addr=0xc0000,force-raw=on"]
        if options.fda:
            command += ["-drive", f"if=floppy,format=raw,file={options.fda}"]
        if options.fdb:
            command += ["-drive", f"if=floppy,index=1,format=raw,file={options.fdb}"]
        if options.hda:
            command += ["-drive", f"if=none,id=disk,format=raw,file={options.hda}"]
            geometry = ""
            if options.chs:
                geometry = ",cyls={},heads={},secs={}".format(*options.chs)
            command += ["-device", "ide-hd,drive=disk,bus=ide.0,unit=0" + geometry]
        self.log = open(os.path.join(folder, "qemu.log"), "w+")
        self.process = child.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=self.log, text=True)
        self.process.stdout.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.process.stdin.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        while True:
            line = self.process.stdout.readline()
            if not line:
                self.log.seek(0)
                raise GuestFailed("QEMU ended: " + self.log.read().strip())
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise GuestFailed("QEMU: " + answer["error"]["desc"])

    def memory(self, address, size):
        self.ask("pmemsave", val=address, size=size, filename=self.dump)
        with open(self.dump, "rb") as dump:
            return dump.read()

    def screen(self):
        width = struct.unpack("<H", self.memory(WIDTH_WORD, 2))[0]
        return decode_screen(self.memory(TEXT_MEMORY, TEXT_BYTES), width)

    def key(self, name):
        self.ask("send-key", keys=[{"type": "qcode", "data": part} for part in name.split("-")])
        time.sleep(0.12)

    def type(self, text):
        for character in text:
            key = self.KEYS.get(character, character)
            self.key("shift-" + key.lower() if key.isalpha() and key.isupper() else key)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


class Bochs:
    PROGRAM = "bochs"
    KEYS = {"left": 0xFF51, "up": 0xFF52, "right": 0xFF53, "down": 0xFF54, "ret": 0xFF0D, "esc": 0xFF1B}

    def __init__(self, options, folder):
        self.folder = folder
        self.log = os.path.join(folder, "bochs.log")
        self.dump = os.path.join(folder, "screen")
        bios = options.bios or "/usr/share/bochs/BIOS-bochs-legacy"
        lines = [
            "megs: 16",
            f"romimage: file={bios}",
            f"vgaromimage: file={options.vgabios or '/usr/share/bochs/VGABIOS-lgpl-latest'}",
            f"boot: {'floppy' if options.boot == 'a' else 'disk'}",
            'display_library: rfb, options="timeout=0"',
            f"log: {self.log}",
            "panic: action=fatal",
            "cpu: model=pentium, ips=50000000",
            "clock: sync=none",
            "pci: enabled=0",
            "mouse: enabled=0",
        ]
        if options.fda:
            lines.append(f"floppya: 1_44={options.fda}, status=inserted")
        if options.fdb:
            lines.append(f"floppyb: 1_44={options.fdb}, status=inserted")
        if options.hda:
            cylinders, heads, sectors = options.chs
            lines.append(f"ata0-master: type=disk, path={options.hda}, mode={options.image_mode}, "
                         f"cylinders={cylinders}, heads={heads}, spt={sectors}")
        with open(os.path.join(folder, "bochsrc"), "w") as config:
            config.write("\n".join(lines) + "\n")
        with open(os.path.join(folder, "rc"), "w") as commands:
            commands.write("c\n")
        self.output = open(os.path.join(folder, "output"), "w+")
        self.process = child.start(
            [self.PROGRAM, "-q", "-f", "bochsrc", "-rc", "rc"], cwd=folder, stdin=subprocess.PIPE,
            stdout=self.output, stderr=subprocess.STDOUT, text=True)
        self.keyboard = None
        self.wait_for_handler()

    def wait_for_handler(self):
        """SIGINT ends a Bochs that has not yet said what to do with it."""
        for _ in range(200):
            time.sleep(0.1)
            self.check_alive()
            if os.path.exists(self.log):
                with open(self.log, errors="replace") as log:
                    if "SIGINT handler" in log.read():
                        return
        raise GuestFailed("Bochs did not start")

    def check_alive(self):
        if self.process.poll() is not None:
            with open(self.log) as log:
                tail = [line.strip() for line in log if "p[" in line or "e[" in line][-3:]
            raise GuestFailed("Bochs ended: " + "; ".join(tail))

    def screen(self):
        """Breaks into the debugger, saves what is needed and goes on.

        A break can get lost while Bochs starts. Asking again is harmless because every request is the same: one
        that is left over is simply the answer to the next break.
        """
        width_dump = self.dump + ".width"
        for dump in (self.dump, width_dump):
            if os.path.exists(dump):
                os.remove(dump)
        for attempt in range(100):
            self.check_alive()
            if attempt % 20 == 0:
                self.process.send_signal(signal.SIGINT)
                self.process.stdin.write(f'writemem "{width_dump}" {WIDTH_WORD:#x} 2\n'
                                         f'writemem "{self.dump}" {TEXT_MEMORY:#x} {TEXT_BYTES}\nc\n')
                self.process.stdin.flush()
            time.sleep(0.1)
            if os.path.exists(self.dump) and os.path.getsize(self.dump) == TEXT_BYTES:
                with open(width_dump, "rb") as width, open(self.dump, "rb") as text:
                    return decode_screen(text.read(), struct.unpack("<H", width.read(2))[0])
        raise GuestFailed("Bochs did not answer its debugger")

    def connect(self):
        """RFB 3.3 without authentication [RFC 6143 7.1-7.5]; only key events are ever sent."""
        port = None
        with open(self.log) as log:
            for line in log:
                found = re.search(r"port (\d+)", line)
                if found and "RFB" in line:
                    port = int(found.group(1))
        if port is None:
            raise GuestFailed("Bochs never said where its display listens")
        self.keyboard = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.receive(12)
        self.keyboard.sendall(b"RFB 003.003\n")
        if struct.unpack(">I", self.receive(4))[0] != 1:
            raise GuestFailed("Bochs' display wants authentication")
        self.keyboard.sendall(b"\x01")
        name_length = struct.unpack(">I", self.receive(24)[20:])[0]
        self.receive(name_length)
        # Bochs sends pictures unasked and stands still when nobody takes them.
        self.keyboard.settimeout(None)
        threading.Thread(target=self.drain, daemon=True).start()

    def drain(self):
        try:
            while self.keyboard.recv(65536):
                pass
        except OSError:
            pass

    def receive(self, count):
        data = b""
        while len(data) < count:
            piece = self.keyboard.recv(count - len(data))
            if not piece:
                raise GuestFailed("Bochs' display hung up")
            data += piece
        return data

    def send(self, keysym, down):
        if self.keyboard is None:
            self.connect()
        self.keyboard.sendall(struct.pack(">BBxxI", 4, down, keysym))
        time.sleep(0.05)

    def key(self, name):
        self.send(self.KEYS[name], 1)
        self.send(self.KEYS[name], 0)
        time.sleep(0.1)

    def type(self, text):
        for character in text:
            keysym = 0xFF0D if character == "\n" else ord(character)
            shifted = character.isupper() or character in ':><?_+*"|'
            if shifted:
                self.send(0xFFE1, 1)
            self.send(keysym, 1)
            self.send(keysym, 0)
            if shifted:
                self.send(0xFFE1, 0)
            time.sleep(0.1)

    def close(self):
        if self.keyboard:
            self.keyboard.close()
        self.process.kill()
        self.process.wait()
        self.output.close()


MACHINES = {"qemu": Qemu, "bochs": Bochs}


def appears(text, screen):
    """A prompt counts only where the cursor is, or an old one would do."""
    if text.endswith(">"):
        rows = [row for row in screen if row]
        return bool(rows) and rows[-1].endswith(text)
    return any(text in row for row in screen)


def wait_for(machine, text, deadline):
    screen = []
    while time.monotonic() < deadline:
        time.sleep(0.5)
        screen = machine.screen()
        if appears(text, screen):
            return
    shown = "\n".join("    |" + row for row in screen)
    raise GuestFailed(f"'{text}' never appeared; the screen:\n{shown}")


class Step(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        namespace.steps.append((option_string, values))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # so that everything is put away
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("machine", choices=MACHINES)
    for name in ("--bios", "--vgabios", "--fda", "--fdb", "--hda"):
        parser.add_argument(name, type=os.path.abspath)
    parser.add_argument("--chs", type=lambda text: [int(n) for n in text.split("/")])
    parser.add_argument("--image-mode", default="flat", help="of the hard disk, in Bochs's words")
    parser.add_argument("--boot", choices=("a", "c"), default="a")
    parser.add_argument("--wall-timeout", type=float, default=120)
    parser.add_argument("--until", action=Step)
    parser.add_argument("--type", action=Step)
    parser.add_argument("--key", action=Step)
    parser.add_argument("--for", action=Step, type=float)
    parser.add_argument("--screen-text", action=Step, nargs=0)
    parser.set_defaults(steps=[])
    options = parser.parse_args()
    kind = MACHINES[options.machine]
    if not shutil.which(kind.PROGRAM):
        print(f"SKIP: {kind.PROGRAM} is not installed")
        return 77
    with tempfile.TemporaryDirectory(prefix="platter-oracle-") as folder:
        machine = kind(options, folder)
        try:
            deadline = time.monotonic() + options.wall_timeout
            for what, value in options.steps:
                if what == "--until":
                    wait_for(machine, value, deadline)
                elif what == "--type":
                    machine.type(re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), value))
                elif what == "--key":
                    machine.key(value)
                elif what == "--for":
                    time.sleep(value)
                else:
                    print("\n".join(machine.screen()))
        except GuestFailed as failure:
            print(f"FAIL: {options.machine}: {failure}")
            return 1
        finally:
            machine.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
