"""What the cuff should do now: timetable, retries, repeats, series and interlocks in one place. Pure.

Why and how often: docs/cuff.md. Times are monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import floor, inf

import msgspec

from kapmonitor.model import Origin
from kapmonitor.session.arms import kept_from
from kapmonitor.session.around import USUAL, Around, CuffDoing, RepeatLimits
from kapmonitor.session.entries import CuffFailed, Measured
from kapmonitor.session.repeats import repeat, says_something
from kapmonitor.session.session import Session
from kapmonitor.session.timetable import Due, last_measured_at, put_off_until

RETRIES = 2
RETRY_AFTER_S = 30.0
PAUSE_S = 30.0
"""The least time between two inflations that nobody asked for, so that the arm fills again."""
SERIES_PAUSE_S = 15.0
"""The same within a series, which a person watches."""
AFTER_STOP_S = 120.0
"""For so long after a person's stop nothing inflates by itself."""
ANSWERS_WITHIN_S = 180.0
"""The longest that a cuff may stay inflated: whatever began earlier and said nothing since has failed."""
SERIES = "series"
"""The trigger of each reading of a series."""


class Start(msgspec.Struct, frozen=True):
    """Tell the cuff to measure; `trigger` says what for."""

    trigger: str


class Stop(msgspec.Struct, frozen=True):
    """Tell the cuff to let the pressure out."""


Told = Start | Stop | CuffFailed
"""An order for the cuff, or an entry for the record; to be carried out in this order."""


class _Running(msgspec.Struct):
    """A start was ordered at `since`, and its end is not known yet."""

    wanted: Due
    since: float
    stopped: bool = False


class _Failures(msgspec.Struct):
    """How often one wanted reading failed in a row, and when it may be tried again."""

    count: int = 0
    not_before: float = -inf


class CuffControl:
    """The one that gives a seat's cuff its orders: never a start before the last one has ended.

    A start ends with `measured` or `failed`, at the latest after `ANSWERS_WITHIN_S`. After a restart of the
    service it begins anew: the driver stops the cuff, and what is due is in the session.
    """

    def __init__(self, limits: RepeatLimits = USUAL) -> None:
        """`limits`: which pressures are repeated."""
        self._limits = limits
        self._running: _Running | None = None
        self._asked: Due | None = None
        self._series: tuple[float, Due] | None = None
        self._failures: dict[Due, _Failures] = {}
        self._ended_at = -inf
        self._answered_at = -inf
        self._held_until = -inf
        self._retry_until = -inf

    def repeat_by(self, limits: RepeatLimits) -> None:
        """Other pressures are repeated from now on."""
        self._limits = limits

    @property
    def running(self) -> bool:
        """Whether a measurement was begun that has not ended."""
        return self._running is not None

    def trying(self, now: float) -> bool:
        """Whether a reading is being taken, or is about to be tried again: then it is not overdue yet."""
        return self.running or now < self._retry_until

    def second(
        self, session: Session, cuff: CuffDoing, around: Callable[[], Around], due: Due | None, now: float
    ) -> list[Told]:
        """Once a second: what the cuff should be told now. `around` is asked only when it is time for it."""
        if self._running is not None:
            return self._without_answer(self._running, now)
        if cuff is not CuffDoing.IDLE or not session.open or now < self._held_until:
            return []
        wanted = next((each for each in self._wanted(session, due, now) if self._is_time(each, now)), None)
        if wanted is None or kept_from(session, around()):
            return []
        return [self._begin(wanted, now)]

    def asked(self, trigger: str, now: float) -> list[Told]:
        """A person asked for a measurement; nothing while one is running."""
        if self._running is not None:
            return []
        self._asked = Due(now, inf, trigger)
        return [self._begin(self._asked, now)]

    def stopped(self, now: float) -> list[Told]:
        """A person stopped it, or lets it go to be sure."""
        self._asked = None
        self._held_until = now + AFTER_STOP_S
        self._retry_until = -inf
        if self._running is not None:
            self._running.stopped = True
        return [Stop()]

    def failed(self, reason: str, now: float) -> list[Told]:
        """A measurement could not be started."""
        return self._ended(reason, now)

    def measured(self, one: Measured, now: float) -> list[Told]:
        """A measurement has come; one without numbers is a failed one. What was typed in ends nothing."""
        if one.origin is Origin.MANUAL:
            return []
        if not says_something(one):
            return self._ended(one.reason or "no_answer", now)
        if self._running is not None:
            self._failures.pop(self._running.wanted, None)
        self._running, self._asked = None, None
        self._ended_at = self._answered_at = now
        self._retry_until = -inf
        return []

    def _wanted(self, session: Session, due: Due | None, now: float) -> Iterator[Due]:
        """The readings that are wanted, the most pressing first, each from the moment `at`."""
        again = repeat(session, self._limits)
        if again is not None:
            yield again
        if now >= put_off_until(session):
            if self._asked is not None:
                yield self._asked
            yield from self._of_series(session, now)
        if due is not None:
            answered = max(self._answered_at, last_measured_at(session) or -inf)
            # What was measured did not serve (not plausible): not the same again at once.
            late = due.at <= answered
            yield msgspec.structs.replace(due, at=answered + due.interval_s) if late else due

    def _of_series(self, session: Session, now: float) -> Iterator[Due]:
        until = session.series_until
        if until is None or now >= until:
            self._series = None
            return
        if self._series is None or self._series[0] != until:
            self._series = until, Due(now, inf, SERIES)
        yield self._series[1]

    def _is_time(self, wanted: Due, now: float) -> bool:
        pause_s = SERIES_PAUSE_S if wanted.why == SERIES else PAUSE_S
        failures = self._failures.get(wanted)
        not_before = -inf if failures is None else failures.not_before
        return now >= max(wanted.at, not_before, self._ended_at + pause_s)

    def _begin(self, wanted: Due, now: float) -> Start:
        self._running = _Running(wanted, now)
        return Start(wanted.why)

    def _without_answer(self, running: _Running, now: float) -> list[Told]:
        """Whatever is with a cuff that says nothing any more: it must not stay inflated."""
        if now < running.since + ANSWERS_WITHIN_S:
            return []
        return [Stop(), *self._ended("no_answer", now)]

    def _ended(self, reason: str, now: float) -> list[Told]:
        """It came to nothing. That a person stopped it is no failure."""
        running, self._running = self._running, None
        self._ended_at = now
        if running is None:
            return [] if reason == "aborted" else [CuffFailed(reason=reason, tries=1)]
        if running.stopped:
            return []
        failures = self._failures.setdefault(running.wanted, _Failures())
        failures.count += 1
        tries = failures.count
        if tries <= RETRIES:
            failures.not_before = now + RETRY_AFTER_S
            self._retry_until = now + RETRY_AFTER_S + PAUSE_S
        else:
            self._give_up(running.wanted, failures, now)
        return [CuffFailed(reason=reason, tries=tries)]

    def _give_up(self, wanted: Due, failures: _Failures, now: float) -> None:
        """Until the reading after it is due, a person has to look."""
        self._retry_until = -inf
        if wanted == self._asked:
            self._asked = None
        failures.count, failures.not_before = 0, inf
        if wanted.interval_s < inf:
            gone = floor((now - wanted.at) / wanted.interval_s) + 1
            failures.not_before = wanted.at + gone * wanted.interval_s
