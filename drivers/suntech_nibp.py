"""SunTech Advantage blood-pressure modules: start, live cuff pressure, result, and stop at any moment.

Checked against a simulator and the bytes of other hosts only, not on hardware. Adult measurements only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TypeVar

from msgspec.structs import replace

from kapmonitor.clock import Clock
from kapmonitor.codecs import suntech
from kapmonitor.codecs.suntech import Command, CuffPressure, Message, Response, Result, Version
from kapmonitor.device import ByteLink, CuffDriver, LinkKind, Report, SerialSettings
from kapmonitor.errors import DecodeError, DeviceNotFoundError, DeviceRefusedError, LinkLostError
from kapmonitor.model import BloodPressure, DeviceKind, no_pressure
from kapmonitor.transports.dialogue import Dialogue

T = TypeVar("T", CuffPressure, Result, Version)

LINE = SerialSettings(9600)
BETWEEN_COMMANDS_S = 0.1
ANSWERS_WITHIN_S = 1.0
POLL_S, POLL_ANSWERS_WITHIN_S = 0.2, 0.5
IDLE_POLL_S = 5.0
UNANSWERED_POLLS = 8
START_TRIES, START_AGAIN_S = 7, 1.0
DONE_WITHIN_S = 140.0
"""No adult measurement takes longer; if nobody has said so by then, its result may still be there."""
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


class SunTechNibp(CuffDriver[ByteLink]):
    """One module. `frames` and `errors` count what was understood and what was not, since the beginning."""

    kind = DeviceKind.CUFF
    link_kind = LinkKind.SERIAL
    silence_s: Mapping[str, float] = {}
    startable = True

    def __init__(self, clock: Clock) -> None:
        """Nothing is opened yet."""
        self.model = "SunTech Advantage"
        self.serial_number = self.firmware = ""
        self.battery: float | None = None
        self.trigger = ""
        self.frames = 0
        self.errors = 0
        self._clock = clock
        self._line: _Line | None = None
        self._asked = asyncio.Event()
        self._accepted: asyncio.Future[None] | None = None
        self._stopping = False
        self._may_be_inflated = False
        self._unanswered = 0
        self._frames_then = 0

    async def start(self, trigger: str) -> None:
        """Begin one measurement; `trigger` says who asked for it."""
        if self._line is None:
            raise DeviceRefusedError("The cuff is not connected. Check its cable and that it is on.")
        if self._accepted is not None:
            raise DeviceRefusedError("A measurement is running. Wait for it, or stop it.")
        self.trigger = trigger
        self._stopping = False
        self._accepted = asyncio.get_running_loop().create_future()
        self._asked.set()
        await self._accepted

    async def stop(self) -> None:
        """Let the pressure out at once; harmless when nothing is running.

        Raises:
            DeviceRefusedError: the module did not confirm it, or was lost while it measured; somebody has to
                take the cuff off.
        """
        self._stopping = True
        if self._line is None:
            if self._may_be_inflated:
                raise DeviceRefusedError("The cuff was lost while it measured. Take it off the arm now.")
            return
        try:
            confirmed = await _abort(self._line)
        except LinkLostError:
            confirmed = False
        if not confirmed:
            raise DeviceRefusedError("The cuff did not confirm the stop. Take it off the arm now.")

    async def run(self, link: ByteLink, report: Report) -> None:
        """Serve `start` and `stop` until the link is lost or the task is cancelled; then let the air out."""
        link.configure(LINE)
        line = _Line(link, self._clock, BETWEEN_COMMANDS_S)
        listening = asyncio.create_task(self._listen(link, line))
        serving = asyncio.create_task(self._serve(line, report))
        try:
            done, _ = await asyncio.wait({listening, serving}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except LinkLostError:
            if self._accepted is not None and self._accepted.done():  # else `start` says so
                report([no_pressure("link_lost")])
            raise
        finally:
            self._line = None
            await _end(serving)
            await self._leave(line)
            await _end(listening)

    async def _listen(self, link: ByteLink, line: _Line) -> None:
        reader = suntech.messages()
        while True:
            for each in reader.feed(await link.read()):
                if isinstance(each, DecodeError):
                    self.errors += 1
                else:
                    self.frames += 1
                    line.hand_out(each)

    async def _serve(self, line: _Line, report: Report) -> None:
        # An earlier process may have left the cuff inflated.
        if not await _abort(line):
            raise DeviceNotFoundError("No cuff answers on this port. Check that it is on and its cable.")
        self._may_be_inflated = False
        report(())
        await self._ask_version(line)
        self._line, self._unanswered = line, 0
        while True:
            try:
                async with self._clock.timeout(IDLE_POLL_S):
                    await self._asked.wait()
            except TimeoutError:
                await self._pressure(line)
            else:
                self._asked.clear()
                await self._measure(line, report)

    async def _ask_version(self, line: _Line) -> None:
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
        self._may_be_inflated = False
        self._accepted = None

    async def _begin(self, line: _Line) -> str | None:
        """Start; returns why not, if not."""
        letter = "B"
        for _ in range(START_TRIES):
            if self._stopping or self._accepted is None or self._accepted.cancelled():
                return "The measurement was stopped before it began."
            self._may_be_inflated = True
            answer = await _letter(line, suntech.START_ADULT, "O" + "".join(_NO))
            if answer == "O":
                return None
            if answer is None:
                await _abort(line)  # it may have begun all the same
                return "The cuff does not answer. Check its cable and that it is on."
            self._may_be_inflated = False
            letter = answer
            if letter not in _WORTH_ANOTHER_TRY:
                break
            await self._clock.sleep(START_AGAIN_S)
        return _NO[letter]

    async def _watch(self, line: _Line, report: Report, done: asyncio.Future[Message]) -> None:
        """Report the pressure until the module is done, or should be."""
        give_up_at = self._clock.now() + DONE_WITHIN_S
        while not done.done() and (now := self._clock.now()) < give_up_at:
            pressure = await self._pressure(line)
            if pressure is not None and pressure.mmhg is not None:
                report(suntech.observe(pressure))
            left_s = max(0.0, now + POLL_S - self._clock.now())
            await asyncio.wait({done}, timeout=left_s / self._clock.speed)

    async def _pressure(self, line: _Line) -> CuffPressure | None:
        pressure = await _ask(line, suntech.GET_PRESSURE, CuffPressure, POLL_ANSWERS_WITHIN_S)
        silent = self.frames == self._frames_then  # an answer that comes too late is one all the same
        self._unanswered = self._unanswered + 1 if silent else 0
        self._frames_then = self.frames
        if self._unanswered >= UNANSWERED_POLLS:
            raise LinkLostError("The cuff no longer answers. Check its cable and that it is on.")
        return pressure

    async def _result(self, line: _Line) -> BloodPressure:
        result: Result | None = None
        for _ in range(RESULT_TRIES):
            result = await _ask(line, suntech.GET_RESULT, Result)
            if result is not None:
                break
        if result is not None and (result.error or result.status == suntech.STATUS_NEW):
            return suntech.measurement(result)
        await _abort(line)  # nothing says that the module is finished
        if self._stopping:
            return no_pressure("aborted")
        return no_pressure("no_answer" if result is None else "stale")

    def _settle(self, refusal: str | None) -> None:
        if self._accepted is None or self._accepted.done():
            return
        if refusal is None:
            self._accepted.set_result(None)
        else:
            self._accepted.set_exception(DeviceRefusedError(refusal))

    async def _leave(self, line: _Line) -> None:
        self._settle("The connection to the cuff was lost.")
        self._accepted = None
        if self._may_be_inflated:
            with suppress(LinkLostError):
                self._may_be_inflated = not await _abort(line)


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


async def _abort(line: _Line) -> bool:
    """Tell the module to let the pressure out; whether it confirmed that."""
    for _ in range(ABORT_TRIES):
        if await _letter(line, suntech.ABORT, "A", ABORT_ANSWERS_WITHIN_S) is not None:
            return True
    return False


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
