"""A simulated SunTech Advantage blood-pressure module, its cuff on the arm of a simulated body."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from random import Random

from msgspec.structs import replace

from kapmonitor.clock import Clock
from kapmonitor.codecs import suntech
from kapmonitor.codecs.suntech import Command, CuffPressure, Message, Response, Result, Version
from kapmonitor.device import ByteLink
from kapmonitor.errors import DecodeError, LinkLostError
from simulators.cuff_cycle import MOST_MMHG, Cycle, measured
from simulators.cuff_faults import failure
from simulators.events import EventKind
from simulators.physiology import Body, BodyState

_STARTS = (suntech.START_ADULT, suntech.START_PAEDIATRIC, suntech.START_NEONATE)
LEAK = 87
_ABORTED, _SAFETY_TIMEOUT, _OVERPRESSURE = 86, 88, 89
_CODES: Mapping[EventKind, int] = {
    "cuff_user_stop": _ABORTED,
    "cuff_overpressure": _OVERPRESSURE,
    "cuff_air_leak": LEAK,
    "cuff_loose": LEAK,
    "cuff_leak": LEAK,
}
_ASLEEP, _BUSY, _DONE, _HEARD, _UNKNOWN = (Response(letter) for letter in "SBKON")
_OLD = 0


class SunTechNibp:
    """Answers every command; `aborts` counts the aborts it was told, `measurements` those it began.

    What can be made to go wrong: `next_error` (code of the next measurement), `busy` (how many commands to
    start are answered with B), `mute` (never says that a measurement is done), `stuck` (holds the pressure
    until its own time limit); by the body's script: `cuff_silent`, and what `cuff_faults` has.
    """

    def __init__(self, body: Body, clock: Clock, seed: int = 0) -> None:
        """`seed` is for the scatter that an oscillometric measurement has."""
        self.aborts = 0
        self.measurements = 0
        self.next_error = 0
        self.busy = 0
        self.mute = False
        self.stuck = False
        self._body = body
        self._clock = clock
        self._dice = Random(seed)  # noqa: S311 - repeatable is what is wanted here, secret is not
        self._result = Result(status=_OLD)
        self._initial_mmhg = 0.0
        self._cycle: Cycle | None = None
        self._measuring: asyncio.Task[None] | None = None
        self._asleep = False
        body.cuff_mmhg = self._mmhg_at

    @property
    def mmhg(self) -> int:
        """The pressure in the cuff now."""
        return self._mmhg_at(self._clock.now())

    def _mmhg_at(self, now: float) -> int:
        return 0 if self._cycle is None else self._cycle.mmhg(now)

    async def run(self, link: ByteLink) -> None:
        """Be this module until the link is lost (`LinkLostError`) or the task is cancelled."""
        reader = suntech.commands()
        try:
            while True:
                for command in reader.feed(await link.read()):
                    if isinstance(command, DecodeError):
                        await self._say(link, Response("D"))
                    else:
                        await self._obey(link, command)
        finally:
            await self._deflate()

    async def _obey(self, link: ByteLink, command: Command) -> None:
        if self._asleep:
            self._asleep = False
            await self._say(link, _ASLEEP)
        elif command in _STARTS:
            await self._start(link)
        elif command == suntech.ABORT:
            await self._abort(link)
        else:
            await self._say(link, self._answer(command))

    def _answer(self, command: Command) -> Message:
        if command == suntech.GET_PRESSURE:
            return CuffPressure(self.mmhg)
        if command in (suntech.GET_STATUS, suntech.GET_STATUS_APLUS):
            return CuffPressure(0)  # no fault
        if command == suntech.GET_RESULT:
            result, self._result = self._result, _fetched(self._result)
            return result
        if command == suntech.GET_VERSION:
            return Version(b"SB1.00\0\0SIMULATED")
        if command.op == suntech.initial_inflation(0).op:
            self._initial_mmhg = int.from_bytes(command.data, "little")
            return _DONE
        self._asleep = command.op == suntech.SLEEP.op
        return _DONE if command in (suntech.MODULE_DATA, suntech.RESET) or self._asleep else _UNKNOWN

    async def _start(self, link: ByteLink) -> None:
        if self.busy or self._measuring is not None:
            self.busy = max(0, self.busy - 1)
            await self._say(link, _BUSY)
            return
        state = self._body.state(self._clock.now())
        now = self._clock.now()
        fails = failure(self._body, now)
        self._cycle = Cycle.on(state, now, self._initial_mmhg, stuck=self.stuck, failure=fails)
        self._measuring = asyncio.create_task(self._measure(link, self._cycle))
        self.measurements += 1
        await self._say(link, _HEARD)

    async def _measure(self, link: ByteLink, cycle: Cycle) -> None:
        await self._clock.sleep(cycle.lasts_s)
        now = self._clock.now()
        fails = cycle.failure or failure(self._body, now)
        error, self.next_error = self.next_error or (_CODES[fails] if fails else 0), 0
        if cycle.top > MOST_MMHG:
            error = _OVERPRESSURE
        elif cycle.stuck:
            error = _SAFETY_TIMEOUT
        off_mmhg = self._body.drift("cuff_drift", now)
        self._result = (
            Result(error=error) if error else result_of(self._body.state(now), self._dice, off_mmhg)
        )
        self._cycle = self._measuring = None
        if not self.mute:
            with suppress(LinkLostError):  # then nobody waits for it any more
                await self._say(link, _DONE)

    async def _abort(self, link: ByteLink) -> None:
        self.aborts += 1
        running = self._measuring is not None
        await self._deflate()
        await self._say(link, Response("A"))
        if running:
            self._result = Result(error=_ABORTED)
            await self._say(link, _DONE)

    async def _deflate(self) -> None:
        task, self._measuring, self._cycle = self._measuring, None, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _say(self, link: ByteLink, message: Message) -> None:
        if self._body.holds("cuff_silent", self._clock.now()):
            return
        await link.write(suntech.encode(message))


def _fetched(result: Result) -> Result:
    return replace(result, status=_OLD)


def result_of(state: BodyState, dice: Random, off_mmhg: float = 0.0) -> Result:
    """The module's words for what it measures on such a body, `off_mmhg` off."""
    found = measured(state, dice, off_mmhg)
    return Result(
        systolic=found.systolic,
        diastolic=found.diastolic,
        mean=found.mean,
        pulse_rate=found.pulse_rate,
        beats=30,
    )
