"""SunTech Advantage blood-pressure modules: start, live cuff pressure, result, and stop at any moment.

Checked against a simulator and the bytes of other hosts only, not on hardware. Adult measurements only.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

from msgspec.structs import replace

from kapmonitor.clock import Clock
from kapmonitor.codecs import suntech
from kapmonitor.codecs.stream import Reader
from kapmonitor.codecs.suntech import Command, CuffPressure, Message, Response, Result, Version
from kapmonitor.device import Report, SerialSettings
from kapmonitor.model import BloodPressure, no_pressure
from kapmonitor.transports.dialogue import Dialogue
from kapmonitor.transports.serial_cuff import DONE_WITHIN_S, NO_ANSWER, STOPPED_FIRST, SerialCuff

T = TypeVar("T", CuffPressure, Result, Version)

ANSWERS_WITHIN_S = 1.0
POLL_S, POLL_ANSWERS_WITHIN_S = 0.2, 0.5
START_TRIES, START_AGAIN_S = 7, 1.0
RESULT_TRIES = 3
ABORT_TRIES, ABORT_ANSWERS_WITHIN_S = 3, 0.5

_NO = {
    "B": "The cuff is busy. Try again in a minute.",
    "S": "The cuff is asleep and does not wake up. Switch it off and on.",
    "D": "The cuff does not understand us. Check its cable.",
    "E": "The cuff reports an error of its own. Switch it off and on.",
    "N": "The cuff does not know how to start. Check its model.",
    "T": "The cuff has timed out. Check its cable.",
}
_WORTH_ANOTHER_TRY = "BSD"

_Line = Dialogue[Message]


class SunTechNibp(SerialCuff[Message]):
    """One module."""

    LINE = SerialSettings(9600)
    PAUSE_S = 0.1

    def __init__(self, clock: Clock) -> None:
        """Nothing is opened yet."""
        super().__init__(clock)
        self.model = "SunTech Advantage"

    def _reader(self) -> Reader[Message]:
        return suntech.messages()

    async def _abort(self, line: _Line) -> bool:
        for _ in range(ABORT_TRIES):
            if await _letter(line, suntech.ABORT, "A", ABORT_ANSWERS_WITHIN_S) is not None:
                return True
        return False

    async def _look(self, line: _Line) -> None:
        await self._pressure(line)

    async def _prepare(self, line: _Line) -> None:
        await _letter(line, suntech.MODULE_DATA, "K")
        version = await _ask(line, suntech.GET_VERSION, Version)
        if version is not None and version.text:
            self.model = f"SunTech {version.text}"
            self.firmware = version.text

    async def _measure(self, line: _Line, report: Report) -> None:
        begun = False

        def is_done(message: Message) -> bool:
            # Only a K after the O of this start: one of an earlier, aborted measurement may come late.
            nonlocal begun
            begun = begun or message == Response("O")
            return begun and message == Response("K")

        done = line.expect(is_done)
        try:
            refusal = await self._begin(line)
            self._settle(refusal)
            if refusal is None:
                await self._watch(line, report, done)
                report([replace(await self._result(line), trigger=self.trigger)])
        finally:
            done.cancel()
        self._over()

    async def _begin(self, line: _Line) -> str | None:
        """Start; returns why not, if not."""
        letter = "B"
        for _ in range(START_TRIES):
            if self._given_up:
                return STOPPED_FIRST
            self._may_be_inflated = True
            answer = await _letter(line, suntech.START_ADULT, "O" + "".join(_NO))
            if answer == "O":
                return None
            if answer is None:
                await self._abort(line)  # it may have begun all the same
                return NO_ANSWER
            self._may_be_inflated = False
            letter = answer
            if letter not in _WORTH_ANOTHER_TRY:
                break
            await self._clock.sleep(START_AGAIN_S)
        return _NO[letter]

    async def _watch(self, line: _Line, report: Report, done: asyncio.Future[Message]) -> None:
        """Report the pressure until the module is done, or should be: its result may still be there."""
        give_up_at = self._clock.now() + DONE_WITHIN_S
        while not done.done() and (now := self._clock.now()) < give_up_at:
            pressure = await self._pressure(line)
            if pressure is not None and pressure.mmhg is not None:
                report(suntech.observe(pressure))
            left_s = max(0.0, now + POLL_S - self._clock.now())
            await asyncio.wait({done}, timeout=left_s / self._clock.speed)

    async def _pressure(self, line: _Line) -> CuffPressure | None:
        pressure = await _ask(line, suntech.GET_PRESSURE, CuffPressure, POLL_ANSWERS_WITHIN_S)
        self._count()
        return pressure

    async def _result(self, line: _Line) -> BloodPressure:
        result: Result | None = None
        for _ in range(RESULT_TRIES):
            result = await _ask(line, suntech.GET_RESULT, Result)
            if result is not None:
                break
        if result is not None and (result.error or result.status == suntech.STATUS_NEW):
            return suntech.measurement(result)
        await self._abort(line)  # nothing says that the module is finished
        if self._stopping:
            return no_pressure("aborted")
        return no_pressure("no_answer" if result is None else "stale")


async def _ask(line: _Line, command: Command, kind: type[T], within_s: float = ANSWERS_WITHIN_S) -> T | None:
    """The answer to `command`, or None if there is none in time."""
    frame = suntech.encode_command(command)
    answer = await line.ask(frame, lambda message: isinstance(message, kind), within_s)
    return answer if isinstance(answer, kind) else None


async def _letter(
    line: _Line, command: Command, letters: str, within_s: float = ANSWERS_WITHIN_S
) -> str | None:
    """The first of `letters` that comes after `command`, or None if none comes in time."""

    def wanted(message: Message) -> bool:
        return isinstance(message, Response) and message.letter in letters

    answer = await line.ask(suntech.encode_command(command), wanted, within_s)
    return answer.letter if isinstance(answer, Response) else None
