"""Whether somebody can see and hear the rooms: what each open page says of itself, and alarms if none can.

A page says it every 10 s and at every change. What it says is believed for 30 s: a tab in the background, a
closed notebook and a browser that hangs say nothing. All times are real time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec

from kapmonitor.alarms.service import Problem, Rooms

ALL_ROOMS = "*"
BELIEVED_S = 30.0
UNWATCHED_S = 60.0
"""So long may a room be on no screen: somebody walks, a page is loaded anew, the service has just started."""
BLOCKED_S = 10.0


class Screen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a page says: the room that it `watches` (`*`: all), whether it can be seen, what can be heard.

    `none`: a page that never sounds. `off`: nobody has switched the sound on there. `blocked`, `failed`:
    somebody has, and the browser or the machine lets nothing be heard.
    """

    watches: Annotated[str, msgspec.Meta(max_length=128)] = ""
    visible: bool = False
    sound: Literal["none", "off", "on", "blocked", "failed"] = "none"


NOTHING_SAID = Screen()
_decoder = msgspec.json.Decoder(Screen)


@dataclass(slots=True)
class Report:
    """The newest word of one page."""

    now: Callable[[], float] = time.monotonic
    _said: Screen = NOTHING_SAID
    _at: float = 0.0

    def take(self, raw: str | bytes) -> None:
        """What came up the socket; what makes no sense is passed over."""
        try:
            self._said, self._at = _decoder.decode(raw), self.now()
        except (msgspec.MsgspecError, UnicodeError):
            return

    @property
    def screen(self) -> Screen:
        """What it is now, as far as is known."""
        return self._said if self.now() - self._at <= BELIEVED_S else NOTHING_SAID


@dataclass(slots=True)
class Watch:
    """Judged once a second. `screens`: those of all open pages; `called`: whether anybody's pager is on."""

    screens: Callable[[], Iterable[Screen]]
    called: Callable[[], bool]
    now: Callable[[], float] = time.monotonic
    _unwatched: dict[str, float] = field(default_factory=dict[str, float])
    _blocked_since: float | None = None

    def problems(self, rooms: Rooms) -> Iterator[Problem]:
        """Rooms with a session that nobody looks at, and a station that should sound and cannot."""
        screens = list(self.screens())
        yield from self._nobody_watching(screens, rooms)
        yield from self._sound_blocked(screens)

    def _nobody_watching(self, screens: list[Screen], rooms: Rooms) -> Iterator[Problem]:
        seen = {screen.watches for screen in screens if screen.visible}
        everywhere = ALL_ROOMS in seen or self.called()
        alone = [] if everywhere else [room for room in rooms.occupied if room not in seen]
        now = self.now()
        self._unwatched = {room: self._unwatched.get(room, now) for room in alone}
        long = tuple(room for room, since in self._unwatched.items() if now - since >= UNWATCHED_S)
        if long:
            yield Problem("nobody-watching", "no open screen shows them and no pager is on", long)

    def _sound_blocked(self, screens: list[Screen]) -> Iterator[Problem]:
        silent = any(screen.sound in ("blocked", "failed") for screen in screens)
        if not silent or any(screen.sound == "on" for screen in screens):
            self._blocked_since = None
            return
        now = self.now()
        self._blocked_since = now if self._blocked_since is None else self._blocked_since
        if now - self._blocked_since >= BLOCKED_S:
            yield Problem("sound-blocked", "the sound is switched on at a screen and is not heard")
