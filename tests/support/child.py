"""Starts the programs that tests drive."""
import ctypes
import signal
import subprocess

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1  # prctl(2)


def _die_with_parent():
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command, **options):
    """In a session of its own: an emulator that touches a terminal it is in the background of would be stopped.
    It ends when the test does, however that ends."""
    return subprocess.Popen(command, start_new_session=True, preexec_fn=_die_with_parent, **options)
