"""The pager as lines: for a screen reader, a log, a script. A line is written when something changes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from kapmonitor.handset.line import Handset
from kapmonitor.pager.box import Held
from kapmonitor.pager.face import Key
from kapmonitor.pager.screen import headline, span

COMMANDS: dict[str, Key] = {"": "read", "r": "read", "a": "accepted", "x": "rejected", "j": "down", "k": "up"}
HELP = "Enter or r read, a coming, x cannot come, j and k choose another page, q quit"


class Plain:
    """Writes what is new of a handset; a line of input is a key."""

    def __init__(self) -> None:
        """On standard input and output."""
        self._handset: Handset | None = None
        self._said: dict[str, str] = {}

    def changed(self, ring: bool) -> None:  # noqa: FBT001 - the handset's callback
        """Write what changed since the last time; the bell before it if asked to."""
        if self._handset is None:
            return
        news = list(self._news(self._handset))
        if news or ring:
            print("\a" * ring + "\n".join(news), flush=True)  # noqa: T201 - this is the screen

    def _news(self, handset: Handset) -> Generator[str]:
        face, moment = handset.face, handset.moment()
        now = {f"page {each.page.alarm}": self._line(each, handset) for each in face.box.pages()}
        lost = face.pulse.lost(moment.at)
        silent = span(face.pulse.silent_s(moment.at))
        chosen = face.chosen
        now["link"] = "NO LINK" if lost else "linked" if face.pulse.known else "waiting for a heartbeat"
        now["chosen"] = "" if chosen is None else f"chosen: {chosen.page.room} {chosen.page.text}"
        now["problems"] = " ".join(face.problems)
        for name, line in now.items():
            if line and self._said.get(name, "") != line:
                yield f"{line} for {silent}: no page can reach you here" if name == "link" and lost else line
        self._said = now

    def _line(self, held: Held, handset: Handset) -> str:
        return f"{headline(held)} {held.page.text} (sent {held.page.sent_at}) [{handset.pager}]"

    @contextmanager
    def showing(self, handset: Handset, end: Callable[[], object]) -> Generator[None]:
        """Show `handset` while inside; `end` is called when somebody quits."""
        loop = asyncio.get_running_loop()
        self._handset = handset
        print(HELP, flush=True)  # noqa: T201 - this is the screen
        with suppress(PermissionError):  # a file, or nothing at all: nobody types there
            loop.add_reader(sys.stdin.fileno(), self._read, end)
        try:
            yield
        finally:
            loop.remove_reader(sys.stdin.fileno())

    def _read(self, end: Callable[[], object]) -> None:
        line = sys.stdin.readline()
        if not line:  # nobody types here
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        elif line.strip() == "q":
            end()
        elif line.strip() in COMMANDS and self._handset is not None:
            self._handset.press(COMMANDS[line.strip()])
