"""Contec CMS50 finger oximeters, the older 5-byte and the newer 9-byte ones; tells them apart by itself.

Checked against simulators and foreign captures only, not on hardware.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from kapmonitor.clock import Clock
from kapmonitor.codecs.contec_cms50 import (
    KEEP_ALIVE,
    RATE_HZ,
    START,
    STOP,
    Sample,
    encode_command,
    readings,
    samples_5,
    samples_9,
)
from kapmonitor.codecs.stream import Reader
from kapmonitor.device import ByteLink, Driver, LinkKind, OncePerSecond, Report, SerialSettings
from kapmonitor.errors import DecodeError, LinkLostError
from kapmonitor.model import DeviceKind, Observation, Waveform
from kapmonitor.transports.oximeter import InARow

LISTEN_S = 1.0
"""How long one setting of the line is tried: sixty frames of a device that is there."""
SURE_AFTER = 3
"""Frames in a row that no noise at a wrong speed makes."""
KEEP_ALIVE_S = 5.0
START_AGAIN_EVERY = 3
"""Keep-alives from one `START` to the next, 15 s: sending ends after 30 s on some devices, 60 s on others."""
STOP_WITHIN_S = 0.5


@dataclass(frozen=True, slots=True)
class _Line:
    """A way in which such a device may talk. `asked`: it sends only after `START`."""

    settings: SerialSettings
    asked: bool = False


# Some vendors' programs open the line with XON/XOFF. We must not: the pleth byte of the 5-byte stream may be
# 17 or 19, which a terminal with flow control takes for XON and XOFF and swallows, and the frame with it.
_LINES = (
    _Line(SerialSettings(19_200, "O")),
    _Line(SerialSettings(115_200), asked=True),
    _Line(SerialSettings(4_800)),
)


@dataclass(slots=True)
class _Stream:
    """One of the two streams, as far as it has been understood. `asked`: its devices want keep-alives."""

    reader: Reader[Sample]
    asked: bool
    samples: list[Sample] = field(default_factory=list)

    def is_it(self, data: bytes) -> bool:
        """Whether `data` makes it certain that the device sends this stream."""
        for each in self.reader.feed(data):
            if isinstance(each, DecodeError):
                self.samples.clear()
            else:
                self.samples.append(each)
        return len(self.samples) >= SURE_AFTER


class _Display:
    """What samples say: numbers once a second and when they change, and the pleth."""

    def __init__(self) -> None:
        self._once = OncePerSecond()
        self._in_a_row = InARow()

    def observe(self, found: Sequence[Sample | DecodeError], now: float) -> list[Observation]:
        observations: list[Observation] = []
        pleth: list[float] = []
        for each in found:
            if isinstance(each, DecodeError):
                self._in_a_row.damaged()
                continue
            numbers = readings(each)
            # Neither stream has a checksum: a byte too many makes a frame that looks whole and says nonsense.
            if self._in_a_row.enough("all", numbers):
                observations += self._once.due(numbers, now)
            if numbers[0].value is not None:
                pleth.append(each.pleth)
        if pleth:
            observations.append(Waveform("pleth", pleth, RATE_HZ))
        return observations


class ContecCms50(Driver[ByteLink]):
    """One oximeter. `frames` and `errors` count what was understood and what was not, since the beginning."""

    kind = DeviceKind.OXIMETER
    link_kind = LinkKind.SERIAL
    silence_s: Mapping[str, float] = {"spo2": 3.0}

    def __init__(self, clock: Clock) -> None:
        """Nothing is opened yet."""
        self.model = "Contec CMS50"
        self.serial_number = self.firmware = ""
        self.battery: float | None = None
        self.frames = 0
        self.errors = 0
        self._clock = clock
        self._works = 0

    async def run(self, link: ByteLink, report: Report) -> None:
        """Find out how the device talks; then report its numbers once a second, its pleth as it comes."""
        display = _Display()
        stream = await self._recognise(link)
        keeping = asyncio.create_task(self._keep_alive(link)) if stream.asked else None
        try:
            found: Sequence[Sample | DecodeError] = stream.samples
            while True:
                damaged = sum(isinstance(each, DecodeError) for each in found)
                self.frames += len(found) - damaged
                self.errors += damaged
                if len(found) > damaged:
                    report(display.observe(found, self._clock.now()))
                found = stream.reader.feed(await link.read())
        finally:
            if keeping is not None:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
                await _stop(link)

    async def _recognise(self, link: ByteLink) -> _Stream:
        """Try one setting of the line after the other, from the one that worked last; all in three seconds.

        Each at which bytes came and none of the streams was in them is an error: such a device is not silent.
        """
        turn = self._works
        while True:
            line = _LINES[turn % len(_LINES)]
            link.configure(line.settings)
            if line.asked:
                await link.write(encode_command(START))
            if (stream := await self._listen(link)) is not None:
                self._works = turn % len(_LINES)
                return stream
            turn += 1

    async def _listen(self, link: ByteLink) -> _Stream | None:
        """Which of the streams the bytes of a second are; both are looked for: a socket knows no speed."""
        streams = (_Stream(samples_5(), asked=False), _Stream(samples_9(), asked=True))
        came = False
        with suppress(TimeoutError):
            async with self._clock.timeout(LISTEN_S):
                while True:
                    data = await link.read()
                    came = True
                    for stream in streams:
                        if stream.is_it(data):
                            return stream
        self.errors += came
        return None

    async def _keep_alive(self, link: ByteLink) -> None:
        with suppress(LinkLostError):  # whoever reads notices, too
            while True:
                await link.write(encode_command(START))
                for _ in range(START_AGAIN_EVERY):
                    await self._clock.sleep(KEEP_ALIVE_S)
                    await link.write(encode_command(KEEP_ALIVE))


async def _stop(link: ByteLink) -> None:
    with suppress(LinkLostError, TimeoutError):
        async with asyncio.timeout(STOP_WITHIN_S):
            await link.write(encode_command(STOP))
