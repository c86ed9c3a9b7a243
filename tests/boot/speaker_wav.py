#!/usr/bin/env python3
"""speaker_wav.py PLATTER: what --wav writes, read by Python's own reader: the tones that a guest plays (beep.asm), how
long they sound, the length of the file; equal bytes in every run; a good file after Ctrl-C; one line for a bad path."""
import array
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import wave

HERE = pathlib.Path(__file__).resolve().parent
PLATTER = os.path.abspath(sys.argv[1])
RATE = 48000
LOUD = 1000


def check(good, what):
    if not good:
        sys.exit(f"FAIL: {what}")


def read(path):
    with wave.open(str(path)) as file:
        check((file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE), f"{path}: another format")
        samples = array.array("h", file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    check(os.path.getsize(path) == 44 + 2 * len(samples), f"{path}: the header tells another length")
    return samples


def sounds(samples):
    """(first, last) sample of each stretch with at most 20 ms of silence in it"""
    found = []
    for i, sample in enumerate(samples):
        if abs(sample) < LOUD:
            continue
        if found and i - found[-1][1] < RATE // 50:
            found[-1][1] = i
        else:
            found.append([i, i])
    return found


def rises_through_zero(samples):
    """each between two samples"""
    return [i - b / (b - a) for i, (a, b) in enumerate(zip(samples, samples[1:]), 1) if a < 0 <= b]


def frequency(rises):
    rises = [rise for rise in rises if rise > RATE // 100]  # by then the wave swings evenly around zero
    return RATE * (len(rises) - 1) / (rises[-1] - rises[0])


def run(image, wav):
    command = [PLATTER, "run", "--headless", "--cpu", "8086", "--ram", "640K", "--exit-port", "F4h", "--timeout", "60s",
               "--output", "json", "--wav", wav, image]
    done = subprocess.run(command, capture_output=True, text=True)
    check(done.returncode == 1, f"exit code {done.returncode}: {done.stderr}")  # 2v + 1 of the guest's 0
    return json.loads(done.stdout)


def main():
    if not shutil.which("nasm"):
        print("SKIP: no nasm")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        subprocess.run(["nasm", "-f", "bin", "-o", "beep.img", HERE / "beep.asm"], check=True)
        summary = run("beep.img", "first.wav")
        samples = read("first.wav")
        check(abs(len(samples) - summary["guest_seconds"] * RATE) <= 1,
              f"{len(samples)} samples of {summary['guest_seconds']} s")

        found = sounds(samples)
        check(len(found) == 2, f"{len(found)} sounds: {found}")
        # INT 10h's bell: 896 Hz for a tenth of a second.
        for (first, last), hertz, seconds, tolerance in zip(found, (1193182 / 1331, 1193182 / 1193), (0.0996, 0.25),
                                                            (0.003, 0.004)):
            rises = rises_through_zero(samples[first:last + 1])
            heard = frequency(rises)
            check(abs(heard / hertz - 1) < 0.001, f"{heard:.2f} Hz for {hertz:.2f}")
            length = len(rises) / hertz  # the last level dies away without one
            check(abs(length - seconds) < tolerance, f"{length:.4f} s of {hertz:.0f} Hz for {seconds}")
        check(not any(samples[:RATE // 100]), "it is not silent at power-on")
        check(not any(samples[-RATE // 50:]), "it is not silent at the end")

        again = run("beep.img", "second.wav")
        check(pathlib.Path("first.wav").read_bytes() == pathlib.Path("second.wav").read_bytes(), "two runs sound different")
        check(again["machine_hash"] == summary["machine_hash"], "two runs are different")

        # Ctrl-C ends a good file. The demo disk waits for keys; beep.asm would end of itself.
        child = subprocess.Popen([PLATTER, "run", "--headless", "--speed", "1x", "--wav", "cut.wav"],
                                 stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 120
        while not (os.path.exists("cut.wav") and os.path.getsize("cut.wav") > 10000):
            check(time.monotonic() < end and child.poll() is None, "no sound comes")
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        child.communicate()
        check(child.returncode == 130, f"Ctrl-C: exit code {child.returncode}")
        check(len(read("cut.wav")) > 5000, "Ctrl-C: hardly any sound")

        bad = subprocess.run([PLATTER, "run", "--headless", "--wav", "none/x.wav", "--for", "1ms"], capture_output=True,
                             text=True)
        check(bad.returncode == 2 and bad.stderr == "platter: wav 'none/x.wav': No such file or directory\n",
              f"a bad path: {bad.returncode}, {bad.stderr}")
        if os.path.exists("/dev/full"):
            full = subprocess.run([PLATTER, "run", "--headless", "--wav", "/dev/full", "--for", "3s"], capture_output=True,
                                  text=True)
            check(full.returncode == 5 and "/dev/full: cannot be written" in full.stderr,
                  f"a full disk: {full.returncode}, {full.stderr}")


main()
