"""Screens that show something without anybody logged in: paired once, known by a cookie of their own.

A screen asks for a code and shows it; an administrator types it in. The code is worth nothing to anybody
else: the token that it is for went to the screen's browser when it asked, and is nowhere but there.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kapmonitor.errors import RefusedError, UnknownError
from kapmonitor.people import Display
from kapmonitor.ports import Entrance
from kapmonitor.web.access import key_of
from kapmonitor.web.passwords import PASSWORD_LETTERS

CODE_LENGTH = 8
CODE_S = 10 * 60.0
CODES_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """A screen that shows a code; `since` is monotonic."""

    key: str
    since: float


class Displays:
    """The paired screens, and those that wait to be."""

    def __init__(
        self,
        displays: Iterable[Display] = (),
        *,
        entrance: Entrance | None = None,
        now: Callable[[], float] = time.monotonic,
        utc: Callable[[], float] = time.time,
    ) -> None:
        """`now`: monotonic seconds of real time; `utc`: since 1970."""
        self._by_key = {each.key: each for each in displays}
        self._entrance = entrance
        self._now = now
        self._utc = utc
        self._waiting: dict[str, Waiting] = {}
        self._seen: dict[str, float] = {}

    def all(self) -> list[Display]:
        """Every paired one, by id."""
        return sorted(self._by_key.values(), key=lambda each: each.id)

    def seen_ago_s(self, display: Display) -> float | None:
        """For how long nothing was heard of it; None: nothing since the service started."""
        seen = self._seen.get(display.id)
        return None if seen is None else self._now() - seen

    def ask(self) -> tuple[str, str]:
        """A code for a screen to show, and the token for its cookie.

        Raises:
            RefusedError: too many wait already.
        """
        now = self._now()
        self._waiting = {code: each for code, each in self._waiting.items() if now - each.since <= CODE_S}
        if len(self._waiting) >= CODES_AT_ONCE:
            raise RefusedError("Too many screens wait to be paired. Try again in ten minutes.")
        code = "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(CODE_LENGTH)).upper()
        token = secrets.token_urlsafe(32)
        self._waiting[code] = Waiting(key_of(token), now)
        return f"{code[:4]}-{code[4:]}", token

    def pair(self, code: str, name: str, room: str, *, by: str) -> Display:
        """The screen that shows this code is `name` from now on, and shows `room` (empty: all of them).

        Raises:
            RefusedError: no screen shows this code, or there is a screen of that name.
        """
        if any(each.id == name for each in self._by_key.values()):
            raise RefusedError(f"There is a display {name} already; choose another name, or remove that one.")
        found = self._waiting.pop(code.replace("-", "").replace(" ", "").upper(), None)
        if found is None or self._now() - found.since > CODE_S:
            raise RefusedError(
                "No screen shows this code now. Reload the screen's page and take the new one."
            )
        display = Display(name, room, found.key, self._utc(), by)
        self._by_key[display.key] = display
        if self._entrance is not None:
            self._entrance.keep(display)
        return display

    def remove(self, name: str) -> None:
        """This screen shows nothing any more, at once.

        Raises:
            UnknownError: there is no such display.
        """
        found = next((each for each in self._by_key.values() if each.id == name), None)
        if found is None:
            raise UnknownError(f"There is no display {name}.")
        del self._by_key[found.key]
        if self._entrance is not None:
            self._entrance.forget(found)

    def use(self, token: str) -> Display | None:
        """The display whose browser has this token."""
        found = self._by_key.get(key_of(token)) if token else None
        if found is not None:
            self._seen[found.id] = self._now()
        return found
