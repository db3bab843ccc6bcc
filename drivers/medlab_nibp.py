"""STX/ASCII blood-pressure boards (Medlab, SINNOR, ABATON): start, cuff pressure, result, stop by one byte.

Checked against a simulator and the bytes of other hosts only, not on hardware. Adult measurements only.
"""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from kapmonitor.clock import Clock
from kapmonitor.codecs import medlab_stx
from kapmonitor.codecs.medlab_stx import Command, CuffPressure, Message, PressureEnd, Status
from kapmonitor.codecs.stream import Reader
from kapmonitor.device import Report, SerialSettings
from kapmonitor.errors import DeviceNotFoundError
from kapmonitor.model import BloodPressure, no_pressure
from kapmonitor.transports.dialogue import Dialogue
from kapmonitor.transports.serial_cuff import DONE_WITHIN_S, NO_ANSWER, STOPPED_FIRST, SerialCuff

ANSWERS_WITHIN_S = 0.7
"""A status is 45 characters: a tenth of a second at 4800 baud."""
BEGINS_WITHIN_S = 3.0
"""How long after the command the first pressure may take; there is no other sign that it was heard."""
QUIET_S = 1.5
"""Pressures come five times a second: after so long without one the board is asked."""
START_TRIES = 2
ABORT_TRIES = RESULT_TRIES = 3
MISSED_MMHG = 15
"""How far the highest pressure that was told may lie under the highest there was, some frames being lost."""

_NO = {
    "cuff_loose": "The cuff is loose or its hose is off. Put it on again.",
    "leak": "The cuff leaks. Check its hose and its plugs.",
    "hardware": "The cuff reports a fault of its own. Switch it off and on.",
    "overpressure": "The cuff reports too high a pressure. Take it off the arm and switch it off and on.",
}
_DID_NOT = "The cuff did not begin. Try again; if it stays so, switch it off and on."

_Line = Dialogue[Message]


class MedlabNibp(SerialCuff[Message]):
    """One board."""

    LINE = SerialSettings(4800)
    PAUSE_S = 0.1

    def __init__(self, clock: Clock) -> None:
        """Nothing is opened yet."""
        super().__init__(clock)
        self.model = "Medlab NIBP"
        self._told_at = float("-inf")
        self._highest = 0
        self._old: Status | None = None

    def _reader(self) -> Reader[Message]:
        return medlab_stx.messages()

    def _hear(self, message: Message, report: Report) -> None:
        """Pressures come unasked, also when somebody uses the board's own button or its manometer."""
        if isinstance(message, CuffPressure):
            self._told_at = self._clock.now()
            self._highest = max(self._highest, message.mmhg)
            report(medlab_stx.observe(message))

    async def _abort(self, line: _Line) -> bool:
        for _ in range(ABORT_TRIES):
            await line.send(medlab_stx.ABORT)
            if await line.ask(_command(medlab_stx.STATUS), _is_over, ANSWERS_WITHIN_S) is not None:
                return True
        return False

    async def _prepare(self, line: _Line) -> None:
        """No cycles of its own, an adult's pressures: these commands are not answered."""
        await line.send(_command(medlab_stx.MANUAL))
        await line.send(_command(medlab_stx.ADULT))
        status = await self._status(line)
        if status is not None and status.neonate:
            raise DeviceNotFoundError("This cuff is set for neonates. Set it for adults, then connect it.")

    async def _look(self, line: _Line) -> None:
        await self._status(line)

    async def _status(self, line: _Line) -> Status | None:
        status = await line.ask(_command(medlab_stx.STATUS), _is_status, ANSWERS_WITHIN_S)
        self._count()
        return status if isinstance(status, Status) else None

    async def _measure(self, line: _Line, report: Report) -> None:
        self._highest = 0
        self._old = await self._status(line)
        begun = False

        def is_end(message: Message) -> bool:
            # Only the end that follows a pressure of this start: one of an earlier measurement may come late.
            nonlocal begun
            begun = begun or isinstance(message, CuffPressure)
            return begun and isinstance(message, PressureEnd)

        end = line.expect(is_end)
        try:
            refusal = await self._begin(line)
            self._settle(refusal)
            if refusal is None:
                in_time = await self._watch(line, end)
                report([replace(await self._result(line, in_time=in_time), trigger=self.trigger)])
        finally:
            end.cancel()
        self._over()

    async def _begin(self, line: _Line) -> str | None:
        """Start; returns why not, if not."""
        for _ in range(START_TRIES):
            if self._given_up:
                return STOPPED_FIRST
            self._may_be_inflated = True
            if await line.ask(_command(medlab_stx.START), _is_measuring, BEGINS_WITHIN_S) is not None:
                return None
            await self._abort(line)  # it may have begun all the same
        status = await self._status(line)
        if status is None:
            return NO_ANSWER
        return _NO.get(medlab_stx.ERRORS.get(status.message, ""), _DID_NOT)

    async def _watch(self, line: _Line, end: asyncio.Future[Message]) -> bool:
        """Wait until the board is done; whether it was so in time."""
        give_up_at = self._clock.now() + DONE_WITHIN_S
        while not end.done():
            if self._clock.now() >= give_up_at:
                return False
            await asyncio.wait({end}, timeout=QUIET_S / self._clock.speed)
            if not end.done() and self._clock.now() - self._told_at >= QUIET_S:
                status = await self._status(line)
                if status is not None and _is_over(status):
                    return True  # the frame that says so was lost
        return True

    async def _result(self, line: _Line, *, in_time: bool) -> BloodPressure:
        if not in_time:
            await self._abort(line)
            return no_pressure("time_limit")
        status: Status | None = None
        for _ in range(RESULT_TRIES):
            status = await self._status(line)
            if self._stopping:
                return no_pressure("aborted")
            if status is not None and _is_over(status):
                return self._true(status)
        await self._abort(line)  # nothing says that it is finished
        return no_pressure("no_answer")

    def _true(self, status: Status) -> BloodPressure:
        """The result, unless it is an older one: it was there before, or has a pressure never reached.

        The same four numbers twice come by chance, too, once in about a thousand measurements; then there is
        one measurement more.
        """
        found = medlab_stx.observe(status)
        result = next((each for each in found if isinstance(each, BloodPressure)), None)
        if result is None:
            return no_pressure("not_available")
        systolic = result.systolic.value
        if systolic is not None and self._old is not None and _numbers(self._old) == _numbers(status):
            return no_pressure("stale")
        if systolic is not None and systolic > self._highest + MISSED_MMHG:
            return no_pressure("stale")
        return result


def _numbers(status: Status) -> tuple[object, object]:
    return status.pressures, status.pulse_rate


def _command(code: int) -> bytes:
    return medlab_stx.encode_command(Command(code))


def _is_status(message: Message) -> bool:
    return isinstance(message, Status)


def _is_measuring(message: Message) -> bool:
    return isinstance(message, CuffPressure) and message.state == medlab_stx.MEASURING


def _is_over(message: Message) -> bool:
    if isinstance(message, Status):
        return message.state != medlab_stx.MEASURING
    return isinstance(message, PressureEnd)
