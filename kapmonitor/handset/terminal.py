"""The pager on a whole terminal: colours, keys without Enter, the bell. Works over ssh."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.style import Style
from rich.text import Text

from kapmonitor.handset.line import Handset
from kapmonitor.pager.face import Key
from kapmonitor.pager.screen import Line, Meaning, draw

STYLES: Mapping[Meaning, Style] = {
    "bar": Style(reverse=True),
    "lost": Style(color="white", bgcolor="red", bold=True),
    "high": Style(color="white", bgcolor="red", bold=True),
    "medium": Style(color="black", bgcolor="yellow", bold=True),
    "low": Style(color="black", bgcolor="cyan"),
    "over": Style(dim=True),
    "text": Style(),
    "problem": Style(color="yellow"),
    "keys": Style(reverse=True),
}
KEYS: Mapping[bytes, Key] = {
    b"\x1b[A": "up",
    b"\x1bOA": "up",
    b"k": "up",
    b"\x1b[B": "down",
    b"\x1bOB": "down",
    b"j": "down",
    b"\r": "read",
    b"\n": "read",
    b"a": "accepted",
    b"x": "rejected",
}
QUIT = b"q"


class Terminal:
    """Shows a handset and passes keys on.

    Whatever is written to a terminal that takes no more, an ssh connection that hangs, stops this process:
    then the broker misses its keepalive and calls the pager offline, which is the truth.
    """

    def __init__(self) -> None:
        """On standard input and output."""
        self._console = Console(file=sys.stdout, force_terminal=True)
        self._live = Live(console=self._console, auto_refresh=False, screen=True, redirect_stderr=False)
        self._handset: Handset | None = None

    def changed(self, ring: bool) -> None:  # noqa: FBT001 - the handset's callback
        """Draw; and ring if asked to."""
        handset = self._handset
        if handset is None:
            return
        width, height = self._console.size
        site = handset.site
        lines = draw(handset.face, handset.pager, site, handset.moment(), width, height)
        self._live.update(_text(lines, width), refresh=True)
        if ring:
            self._console.bell()

    @contextmanager
    def showing(self, handset: Handset, end: Callable[[], object]) -> Generator[None]:
        """Show `handset` while inside; `end` is called when somebody quits, or the keyboard is gone."""
        descriptor = sys.stdin.fileno()
        former = termios.tcgetattr(descriptor)
        loop = asyncio.get_running_loop()
        self._handset = handset
        try:
            with self._live:
                tty.setcbreak(descriptor, termios.TCSADRAIN)
                loop.add_reader(descriptor, self._read, descriptor, end)
                loop.add_signal_handler(signal.SIGWINCH, self.changed, False)  # noqa: FBT003 - no ring
                yield
        finally:
            loop.remove_reader(descriptor)
            loop.remove_signal_handler(signal.SIGWINCH)
            termios.tcsetattr(descriptor, termios.TCSADRAIN, former)

    def _read(self, descriptor: int, end: Callable[[], object]) -> None:
        typed = os.read(descriptor, 1024)
        if not typed or QUIT in typed:
            end()
        elif self._handset is not None:
            for key in keys(typed):
                self._handset.press(key)


def keys(typed: bytes) -> list[Key]:
    """The keys in what a terminal sent; what is none of ours is passed over."""
    found: list[Key] = []
    while typed:
        known = next((each for each in KEYS if typed.startswith(each)), typed[:1])
        if known in KEYS:
            found.append(KEYS[known])
        typed = typed[len(known) :]
    return found


def _text(lines: list[Line], width: int) -> Text:
    made = Text(no_wrap=True, overflow="crop")
    for number, line in enumerate(lines):
        style = STYLES[line.meaning] + (Style(bold=True) if line.chosen else Style())
        filled = line.text.ljust(width) if style.bgcolor or style.reverse else line.text
        made.append("\n" if number else "")
        made.append(filled, style)
    return made
