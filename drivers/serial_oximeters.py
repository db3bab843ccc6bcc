"""Oximeters that send by themselves on a serial line and want nothing from us: Nonin, Masimo, BCI.

One class a format; what differs is the format and how the line is set. Checked against simulators and foreign
bytes only, not on hardware.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from kapmonitor.clock import Clock
from kapmonitor.codecs.bci import BCI
from kapmonitor.codecs.masimo_ascii import MASIMO_ASCII
from kapmonitor.codecs.nonin_ascii import NONIN_ASCII
from kapmonitor.codecs.nonin_df2 import NONIN_DF2
from kapmonitor.codecs.stream import Format
from kapmonitor.device import ByteLink, Driver, LinkKind, OncePerSecond, Report, SerialSettings
from kapmonitor.errors import DecodeError
from kapmonitor.model import DeviceKind, Observation, Reading, Waveform


class _SerialOximeter(Driver[ByteLink]):
    """Listens. `frames` and `errors` count what was understood and what was not, since the beginning."""

    kind = DeviceKind.OXIMETER
    link_kind = LinkKind.SERIAL
    silence_s: Mapping[str, float] = {"spo2": 3.0}

    WIRE: ClassVar[Format]
    LINE: ClassVar[SerialSettings] = SerialSettings(9600)
    CHECKED: ClassVar[bool] = True
    """Whether a damaged frame shows: by a checksum, or as text that is no number any more."""

    def __init__(self, clock: Clock) -> None:
        """Nothing is opened yet."""
        self.model = self.WIRE.describe.split(",")[0]
        self.serial_number = self.firmware = ""
        self.battery: float | None = None
        self.frames = 0
        self.errors = 0
        self._clock = clock

    async def run(self, link: ByteLink, report: Report) -> None:
        """Report its numbers once a second and when they change, its pleth as it comes."""
        link.configure(self.LINE)
        reader, screen = self.WIRE.reader(), _Screen(checked=self.CHECKED)
        while True:
            found = reader.feed(await link.read())
            said = [each for each in found if not isinstance(each, DecodeError)]
            self.frames += len(said)
            self.errors += len(found) - len(said)
            seen = [each for message in said for each in self.WIRE.observe(message)]
            if seen:
                report(screen.shown(seen, self._clock.now()))


class NoninDf2(_SerialOximeter):
    """Nonin OEM III, Xpod, 9560, 3150, set to data format 2."""

    WIRE = NONIN_DF2


class NoninAscii(_SerialOximeter):
    """Nonin 8500, 2500, 9600, Avant 4000."""

    WIRE = NONIN_ASCII


class MasimoAscii(_SerialOximeter):
    """Masimo Rad-8, Radical-7, Rad-87, set to "ASCII 1"."""

    WIRE = MASIMO_ASCII


class BciOximeter(_SerialOximeter):
    """BerryMed BM1000 and its kin, Smiths."""

    WIRE = BCI
    LINE = SerialSettings(115_200)
    CHECKED = False


class _Screen:
    """What observations come to: numbers once a second and when they change, the pleth in one piece."""

    def __init__(self, *, checked: bool) -> None:
        self._once = OncePerSecond()
        self._checked = checked
        self._before: dict[str, Reading] = {}

    def shown(self, seen: Sequence[Observation], now: float) -> list[Observation]:
        found: list[Observation] = []
        samples: list[float] = []
        rate_hz = 0.0
        for one in seen:
            if isinstance(one, Waveform):
                samples += one.values
                rate_hz = one.rate_hz
            elif isinstance(one, Reading) and self._true(one):
                found += self._once.due([one], now)
        if samples:
            found.append(Waveform("pleth", samples, rate_hz))
        return found

    def _true(self, one: Reading) -> bool:
        """Without a checksum a number is true that two frames in a row say; a device shows it longer."""
        same = self._before.get(one.quantity) == one
        self._before[one.quantity] = one
        return self._checked or same
