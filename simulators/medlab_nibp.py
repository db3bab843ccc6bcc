"""A simulated STX/ASCII blood-pressure board (Medlab and kin), its cuff on the arm of a simulated body."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from random import Random

from kapmonitor.clock import Clock
from kapmonitor.codecs import medlab_stx
from kapmonitor.codecs.medlab_stx import Command, CuffPressure, Message, PressureEnd, Status
from kapmonitor.device import ByteLink
from kapmonitor.errors import DecodeError, LinkLostError
from simulators.cuff_cycle import MOST_MMHG, Cycle, measured
from simulators.cuff_faults import failure
from simulators.events import EventKind
from simulators.physiology import Body

TELLS_EVERY_S = 0.2
_LOOSE, _LEAK, _TIME, _OVERPRESSURE = 6, 7, 9, 12
_MESSAGES: Mapping[EventKind, int] = {
    "cuff_user_stop": 0,  # it has no word for its own button
    "cuff_overpressure": _OVERPRESSURE,
    "cuff_air_leak": _LEAK,
    "cuff_loose": _LOOSE,
    "cuff_leak": _LEAK,
}
_ADULTS_CUFF = 2


class MedlabNibp:
    """Does what it is told and answers questions only; `aborts` and `measurements` count what it was told.

    What can be made to go wrong: `next_error` (message of the next measurement), `deaf` (how many commands to
    start it does not hear), `mute` (never says that a measurement is done), `stuck` (holds the pressure until
    its own time limit); by the body's script: `cuff_silent`, and what `cuff_faults` has. `mean_last`: the
    order of its three pressures, in which boards differ.
    """

    def __init__(self, body: Body, clock: Clock, seed: int = 0, *, mean_last: bool = True) -> None:
        """`seed` is for the scatter that an oscillometric measurement has."""
        self.aborts = 0
        self.measurements = 0
        self.next_error = 0
        self.deaf = 0
        self.mute = False
        self.stuck = False
        self.mean_last = mean_last
        self.status = Status()
        self._body = body
        self._clock = clock
        self._dice = Random(seed)  # noqa: S311 - repeatable is what is wanted here, secret is not
        self._cycle: Cycle | None = None
        self._measuring: asyncio.Task[None] | None = None
        body.cuff_mmhg = self._mmhg_at

    @property
    def mmhg(self) -> int:
        """The pressure in the cuff now."""
        return self._mmhg_at(self._clock.now())

    def _mmhg_at(self, now: float) -> int:
        return 0 if self._cycle is None else self._cycle.mmhg(now)

    async def run(self, link: ByteLink) -> None:
        """Be this board until the link is lost (`LinkLostError`) or the task is cancelled."""
        reader = medlab_stx.commands()
        try:
            while True:
                for command in reader.feed(await link.read()):
                    if not isinstance(command, DecodeError):
                        await self._obey(link, command)
        finally:
            await self._deflate()

    async def _obey(self, link: ByteLink, command: Command) -> None:
        if command.code is None:
            await self._abort(link)
        elif command.code == medlab_stx.START:
            self._start(link)
        elif command.code == medlab_stx.STATUS:
            measuring = self._measuring is not None
            await self._say(link, Status(medlab_stx.MEASURING) if measuring else self.status)

    def _start(self, link: ByteLink) -> None:
        if self.deaf or self._measuring is not None:
            self.deaf = max(0, self.deaf - 1)
            return
        state = self._body.state(self._clock.now())
        fails = failure(self._body, self._clock.now())
        self._cycle = Cycle.on(state, self._clock.now(), stuck=self.stuck, failure=fails)
        self._measuring = asyncio.create_task(self._measure(link, self._cycle))
        self.measurements += 1

    async def _measure(self, link: ByteLink, cycle: Cycle) -> None:
        with suppress(LinkLostError):  # then nobody waits for it any more
            over = cycle.began + cycle.lasts_s
            while (left_s := over - self._clock.now()) > 0:
                await self._say(link, CuffPressure(self.mmhg, _ADULTS_CUFF, medlab_stx.MEASURING))
                await self._clock.sleep(min(TELLS_EVERY_S, left_s))
            self.status = self._result(cycle)
            self._cycle = self._measuring = None
            if not self.mute:
                await self._say(link, PressureEnd())

    def _result(self, cycle: Cycle) -> Status:
        now = self._clock.now()
        fails = cycle.failure or failure(self._body, now)
        error, self.next_error = self.next_error or (_MESSAGES[fails] if fails else 0), 0
        if cycle.top > MOST_MMHG:
            error = _OVERPRESSURE
        elif cycle.stuck:
            error = _TIME
        if error or fails:
            return Status(medlab_stx.FAILED, error)
        found = measured(self._body.state(now), self._dice, self._body.drift("cuff_drift", now))
        others = (found.diastolic, found.mean) if self.mean_last else (found.mean, found.diastolic)
        return Status(pressures=(found.systolic, *others), pulse_rate=found.pulse_rate)

    async def _abort(self, link: ByteLink) -> None:
        self.aborts += 1
        running = self._measuring is not None
        await self._deflate()
        if running:
            await self._say(link, PressureEnd())

    async def _deflate(self) -> None:
        task, self._measuring, self._cycle = self._measuring, None, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _say(self, link: ByteLink, message: Message) -> None:
        if not self._body.holds("cuff_silent", self._clock.now()):
            await link.write(medlab_stx.encode(message))
