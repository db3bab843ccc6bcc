"""Oximeters that send by themselves on a serial line: Nonin, Masimo, BCI.

One class a format; what differs is the format and how the line is set. Checked against simulators and foreign
bytes only, not on hardware.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from kapmonitor.clock import Clock
from kapmonitor.codecs.bci import BCI
from kapmonitor.codecs.masimo_ascii import MASIMO_ASCII
from kapmonitor.codecs.nonin_ascii import NONIN_ASCII
from kapmonitor.codecs.nonin_df2 import NONIN_DF2
from kapmonitor.codecs.nonin_df7 import NONIN_DF7, SELECT
from kapmonitor.codecs.stream import Format
from kapmonitor.device import ByteLink, Driver, LinkKind, Report, SerialSettings
from kapmonitor.model import DeviceKind
from kapmonitor.transports.oximeter import OximeterStream


class _SerialOximeter(Driver[ByteLink]):
    """Listens."""

    kind = DeviceKind.OXIMETER
    link_kind = LinkKind.SERIAL
    silence_s: Mapping[str, float] = {"spo2": 3.0}

    WIRE: ClassVar[Format]
    LINE: ClassVar[SerialSettings] = SerialSettings(9600)
    HELLO: ClassVar[bytes] = b""
    """Written once at each connection."""
    CHECKED: ClassVar[bool] = True
    """Whether a damaged frame shows: by a checksum, or as text that is no number any more."""

    def __init__(self, clock: Clock) -> None:
        """Nothing is opened yet."""
        self.model = self.WIRE.describe.split(",")[0]
        self.serial_number = self.firmware = ""
        self.battery: float | None = None
        self.errors = 0
        self._clock = clock
        self._stream = OximeterStream(self.WIRE, checked=self.CHECKED)

    @property
    def frames(self) -> int:
        """How many frames were understood, since the beginning."""
        return self._stream.frames

    async def run(self, link: ByteLink, report: Report) -> None:
        """Report its numbers once a second and when they change, its pleth as it comes."""
        link.configure(self.LINE)
        self._stream.begin()
        if self.HELLO:
            await link.write(self.HELLO)
        while True:
            shown = self._stream.take(await link.read(), self._clock.now())
            self.errors = self._stream.errors
            if shown is not None:
                report(shown)


class NoninDf2(_SerialOximeter):
    """Nonin OEM III, Xpod, 9560, 3150, set to data format 2."""

    WIRE = NONIN_DF2


class NoninDf7(_SerialOximeter):
    """Nonin OEM III, Xpod, 9560, 3150 in data format 7, which those of them that can are told to send."""

    WIRE = NONIN_DF7
    HELLO = SELECT


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
