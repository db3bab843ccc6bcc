"""What every cuff on a serial line is in the same way: one measurement at a time, and the air is let out.

A driver gives its frames and what to say in them; when a measurement may begin, and that it is stopped at
every end, stands here once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import ClassVar, Generic, TypeVar

from kapmonitor.clock import Clock
from kapmonitor.codecs.stream import Reader
from kapmonitor.device import ByteLink, CuffDriver, LinkKind, Report, SerialSettings
from kapmonitor.errors import DecodeError, DeviceNotFoundError, DeviceRefusedError, LinkLostError
from kapmonitor.model import DeviceKind, no_pressure
from kapmonitor.transports.dialogue import Dialogue

IDLE_POLL_S = 5.0
UNANSWERED = 8
"""Questions in a row without an answer: then the cuff is gone."""
DONE_WITHIN_S = 140.0
"""No adult measurement takes longer."""
STOPPED_FIRST = "The measurement was stopped before it began."
NO_ANSWER = "The cuff does not answer. Check its cable and that it is on."

MessageT = TypeVar("MessageT")


class SerialCuff(CuffDriver[ByteLink], Generic[MessageT]):
    """One cuff. `frames` and `errors` count what was understood and what was not, since the beginning.

    `LINE`: how the line is set; `PAUSE_S`: the least time from one command to the next.
    """

    kind = DeviceKind.CUFF
    link_kind = LinkKind.SERIAL
    silence_s: Mapping[str, float] = {}
    startable = True

    LINE: ClassVar[SerialSettings] = SerialSettings(9600)
    PAUSE_S: ClassVar[float] = 0.1

    def __init__(self, clock: Clock) -> None:
        """Nothing is opened yet."""
        self.model = ""
        self.serial_number = self.firmware = ""
        self.battery: float | None = None
        self.trigger = ""
        self.frames = 0
        self.errors = 0
        self._clock = clock
        self._line: Dialogue[MessageT] | None = None
        self._asked = asyncio.Event()
        self._accepted: asyncio.Future[None] | None = None
        self._stopping = False
        self._may_be_inflated = False
        self._unanswered = 0
        self._frames_then = 0

    def _reader(self) -> Reader[MessageT]:
        """A fresh reader of what the cuff says."""
        raise NotImplementedError

    async def _abort(self, line: Dialogue[MessageT]) -> bool:
        """Tell the cuff to let the pressure out; whether it confirmed that."""
        raise NotImplementedError

    async def _prepare(self, line: Dialogue[MessageT]) -> None:
        """Ask a cuff that has just been found what it is, and set it."""
        raise NotImplementedError

    async def _look(self, line: Dialogue[MessageT]) -> None:
        """Ask a cuff that does nothing something, and `_count` the answer: so that a loss is noticed."""
        raise NotImplementedError

    async def _measure(self, line: Dialogue[MessageT], report: Report) -> None:
        """Begin what was asked for, `_settle` whether the cuff does it, and report until its end."""
        raise NotImplementedError

    def _hear(self, message: MessageT, report: Report) -> None:
        """What the cuff says unasked."""

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
            DeviceRefusedError: the cuff did not confirm it, or was lost while it measured; somebody has to
                take the cuff off.
        """
        self._stopping = True
        if self._line is None:
            if self._may_be_inflated:
                raise DeviceRefusedError("The cuff was lost while it measured. Take it off the arm now.")
            return
        try:
            confirmed = await self._abort(self._line)
        except LinkLostError:
            confirmed = False
        if not confirmed:
            raise DeviceRefusedError("The cuff did not confirm the stop. Take it off the arm now.")

    async def run(self, link: ByteLink, report: Report) -> None:
        """Serve `start` and `stop` until the link is lost or the task is cancelled; then let the air out."""
        link.configure(self.LINE)
        line = Dialogue[MessageT](link, self._clock, self.PAUSE_S)
        listening = asyncio.create_task(self._listen(link, line, report))
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

    async def _listen(self, link: ByteLink, line: Dialogue[MessageT], report: Report) -> None:
        reader = self._reader()
        while True:
            for each in reader.feed(await link.read()):
                if isinstance(each, DecodeError):
                    self.errors += 1
                else:
                    self.frames += 1
                    line.hand_out(each)
                    self._hear(each, report)

    async def _serve(self, line: Dialogue[MessageT], report: Report) -> None:
        # An earlier process may have left the cuff inflated.
        if not await self._abort(line):
            raise DeviceNotFoundError("No cuff answers on this port. Check that it is on and its cable.")
        self._may_be_inflated = False
        report(())
        await self._prepare(line)
        self._line, self._unanswered = line, 0
        while True:
            try:
                async with self._clock.timeout(IDLE_POLL_S):
                    await self._asked.wait()
            except TimeoutError:
                await self._look(line)
            else:
                self._asked.clear()
                await self._measure(line, report)

    def _count(self) -> None:
        """A question was asked, and the time for its answer is over.

        Raises:
            LinkLostError: nothing came since the last `UNANSWERED` of them.
        """
        silent = self.frames == self._frames_then  # an answer that comes too late is one all the same
        self._unanswered = self._unanswered + 1 if silent else 0
        self._frames_then = self.frames
        if self._unanswered >= UNANSWERED:
            raise LinkLostError("The cuff no longer answers. Check its cable and that it is on.")

    @property
    def _given_up(self) -> bool:
        """Whether nobody wants the measurement any more that was asked for."""
        return self._stopping or self._accepted is None or self._accepted.cancelled()

    def _settle(self, refusal: str | None) -> None:
        """Tell who asked for a measurement that it runs, or why not."""
        if self._accepted is None or self._accepted.done():
            return
        if refusal is None:
            self._accepted.set_result(None)
        else:
            self._accepted.set_exception(DeviceRefusedError(refusal))

    def _over(self) -> None:
        """The measurement has ended, and the air is out."""
        self._may_be_inflated = False
        self._accepted = None

    async def _leave(self, line: Dialogue[MessageT]) -> None:
        self._settle("The connection to the cuff was lost.")
        self._accepted = None
        if self._may_be_inflated:
            with suppress(LinkLostError):
                self._may_be_inflated = not await self._abort(line)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
