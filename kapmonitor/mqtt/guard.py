"""Keeps one program running for as long as its own standard input is open; a script of its own.

A broker must end with the service even when that is killed and can do nothing more. Whoever starts this
script holds the other end of its standard input; the system closes that end with the process, however it
goes, and this script then ends the program. A program that ends by itself is started again. `started PID`
and `ended CODE` are said on standard output. On Linux the program also ends when this script is killed.

    python guard.py PROGRAM [ARGUMENT ...]

It imports nothing of the project: it must start fast and weigh little.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading

RESTART_S = 0.5
"""The pause before a program that ended by itself is started again."""
_GRACE_S = 2.0  # to end in an orderly way, before it is killed
_TIED = "--tied-to"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_SIGKILL = 9


class Guard:
    """One program and the thread that waits for the end of standard input."""

    def __init__(self, command: list[str]) -> None:
        """`command`: the program's path and its arguments."""
        self._command = command
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._program: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Keep the program running; return once standard input and then the program have ended."""
        threading.Thread(target=self._end_with_input, daemon=True).start()
        while (program := self._start()) is not None:
            _say(f"ended {program.wait()}")
            self._ending.wait(RESTART_S)

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._ending.is_set():
                return None
            self._program = subprocess.Popen(_tied(self._command), stdin=subprocess.DEVNULL)  # noqa: S603 - of our own making
            _say(f"started {self._program.pid}")
            return self._program

    def _end_with_input(self) -> None:
        while os.read(0, 1024):
            pass
        with self._lock:
            self._ending.set()
        if self._program is None:
            return
        self._program.terminate()
        try:
            self._program.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._program.kill()


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        os.write(1, f"{line}\n".encode())


def _tied(command: list[str]) -> list[str]:
    if sys.platform != "linux":
        return command
    return [sys.executable, "-I", "-S", __file__, _TIED, str(os.getpid()), *command]


def _become(command: list[str], parent: int) -> None:
    """Replace this process by `command`, to be killed by the system as soon as `parent` ends."""
    import ctypes  # noqa: PLC0415 - the guard itself does without it

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() == parent:  # else it ended before the call
        os.execv(command[0], command)  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    if sys.argv[1] == _TIED:
        _become(sys.argv[3:], int(sys.argv[2]))
    else:
        Guard(sys.argv[1:]).run()
