#!/usr/bin/env python3
"""A guest that waits for a key leaves the host its processor: idle_cpu.py PLATTER

Boots the demo disk and, where it is, FreeDOS in a terminal, at real time and at full speed, and measures the
processor time of the emulator while nobody types. 77 when there is no pseudo-terminal here."""
import os
import pathlib
import pty
import select
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 4
MOST = 0.2  # of one processor


def process_seconds(pid):
    return time.clock_gettime((~pid << 3) | 2)


def drain(terminal, seconds, until=None):
    """Reads for so long, or until a text came."""
    seen, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        if ready:
            seen += os.read(terminal, 65536)
        if until and until in seen:
            return True
    return until is None


def measure(arguments, prompt):
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execv(sys.argv[1], [sys.argv[1], "run", "--terminal", *arguments])
    try:
        if not drain(terminal, 120, prompt):
            sys.exit(f"{arguments}: no {prompt.decode()}")
        drain(terminal, 3)  # the floppy's motor stops, the screen is drawn
        before = process_seconds(pid)
        drain(terminal, SECONDS)
        return (process_seconds(pid) - before) / SECONDS
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def main():
    runs = [([], b"READY")]
    shared = pathlib.Path(os.environ.get("PLATTER_SHARED", HERE / "../../../shared"))
    floppy = shared / "images/freedos-144.img"
    if floppy.exists():
        runs.append((["--drive", f"bus=fd0,file={floppy},mode=discard"], b"menu choice 1"))
    wrong = 0
    for arguments, prompt in runs:
        for speed in ("1x", "max"):
            share = measure([*arguments, "--speed", speed], prompt)
            print(f"{prompt.decode()}, --speed {speed}: {100 * share:.1f} % of a processor")
            wrong += share > MOST
    return wrong != 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        print(f"SKIP: {error}")
        sys.exit(77)
