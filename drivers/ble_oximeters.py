"""Bluetooth oximeters that speak their makers' own protocols, each a stream of bytes in notifications.

One class a family; what differs is where it talks, in which format, and what it wants to be told. Checked
against simulators and foreign bytes only, not on hardware.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from kapmonitor.clock import Clock
from kapmonitor.codecs import contec_cms50d_bt, viatom_o2ring
from kapmonitor.codecs.bci import BCI
from kapmonitor.codecs.nonin_ble import NONIN_BLE
from kapmonitor.codecs.stream import Format
from kapmonitor.codecs.viatom_pc60 import VIATOM_PC60
from kapmonitor.device import Driver, GattLink, LinkKind, Report
from kapmonitor.errors import KapmonitorError
from kapmonitor.model import DeviceKind, Reading
from kapmonitor.transports.ble_information import read_names, watch_battery
from kapmonitor.transports.oximeter import OximeterStream

FAREWELL_S = 0.5
"""How long the device may take to hear that we go."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Where an oximeter of a family talks, and what it wants to hear.

    `notify`: whose values are the stream; `beside`: subscribed to where it is there, and not read;
    `control`: where the host writes `hello`, `pause_s` apart, then `again` every `every_s` seconds, at the
    end `farewell`. `checked`: as in `OximeterStream`.
    """

    wire: Format
    notify: str
    beside: str = ""
    control: str = ""
    hello: tuple[bytes, ...] = ()
    pause_s: float = 0.0
    again: bytes = b""
    every_s: float = 0.0
    farewell: bytes = b""
    checked: bool = True


class _BleOximeter(Driver[GattLink]):
    """Listens, and says what has to be said."""

    kind = DeviceKind.OXIMETER
    link_kind = LinkKind.BLE
    silence_s: Mapping[str, float] = {"spo2": 3.0}

    TALK: ClassVar[Talk]

    def __init__(self, clock: Clock) -> None:
        """`clock` paces what is said, and what is passed on."""
        self.model = self.TALK.wire.describe.split(",")[0]
        self.serial_number = self.firmware = ""
        self.battery: float | None = None
        self.errors = 0
        self._clock = clock
        self._stream = OximeterStream(self.TALK.wire, checked=self.TALK.checked)

    @property
    def frames(self) -> int:
        """How many frames were understood, since the beginning."""
        return self._stream.frames

    async def run(self, link: GattLink, report: Report) -> None:
        """Report its numbers once a second and when they change, its pleth as it comes."""
        talk = self.TALK
        self._stream.begin()
        await link.subscribe(talk.notify, partial(self._hear, report))
        if talk.beside and await link.has(talk.beside):
            await link.subscribe(talk.beside, lambda _: None)
        speaking = asyncio.create_task(self._speak(link))
        losing = asyncio.create_task(self._watch(link, report))
        try:
            done, _ = await asyncio.wait({speaking, losing}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (speaking, losing):
                task.cancel()
            await asyncio.gather(speaking, losing, return_exceptions=True)
            await self._part(link)

    async def _speak(self, link: GattLink) -> None:
        talk = self.TALK
        for each in talk.hello:
            await link.write(talk.control, each)
            await self._clock.sleep(talk.pause_s)
        while talk.again:
            await link.write(talk.control, talk.again)
            await self._clock.sleep(talk.every_s)
        await asyncio.Event().wait()

    async def _watch(self, link: GattLink, report: Report) -> None:
        model, self.serial_number, self.firmware = await read_names(link)
        self.model = model or self.model
        await watch_battery(link, partial(self._charged, report))
        await link.lost()

    async def _part(self, link: GattLink) -> None:
        if self.TALK.farewell:
            with suppress(KapmonitorError, TimeoutError):
                async with asyncio.timeout(FAREWELL_S):
                    await link.write(self.TALK.control, self.TALK.farewell)

    def _hear(self, report: Report, data: bytes) -> None:
        shown = self._stream.take(data, self._clock.now())
        self.errors = self._stream.errors
        if shown is None:
            return
        for each in shown:
            if isinstance(each, Reading) and each.quantity == "battery":
                self.battery = each.value
        report(shown)

    def _charged(self, report: Report, level: Reading) -> None:
        self.battery = level.value
        report([level])


class ViatomPc60(_BleOximeter):
    """Viatom and Creative PC-60FW, KS-60FW, OxySmart: it sends by itself on the Nordic UART service."""

    TALK = Talk(VIATOM_PC60, notify="6e400003-b5a3-f393-e0a9-e50e24dcca9e")


class ContecCms50dBt(_BleOximeter):
    """Contec CMS50D-BT: sends after a greeting, and as long as it is asked again."""

    TALK = Talk(
        contec_cms50d_bt.CMS50D_BT,
        notify="ff02",
        beside="ff04",
        control="ff01",
        hello=(
            contec_cms50d_bt.HELLO,
            contec_cms50d_bt.HELLO_AGAIN,
            contec_cms50d_bt.KEEP_ALIVE,
            contec_cms50d_bt.START,
            contec_cms50d_bt.START_ALL,
        ),
        pause_s=0.5,
        again=contec_cms50d_bt.KEEP_ALIVE,
        every_s=5.0,
        farewell=contec_cms50d_bt.STOP,
    )


class NoninBle(_BleOximeter):
    """Nonin 3230 and WristOx2 3150: one message a second by itself."""

    TALK = Talk(NONIN_BLE, notify="0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b")


class ViatomO2Ring(_BleOximeter):
    """Wellue O2Ring, Checkme O2: says nothing unasked, so it is asked every second."""

    TALK = Talk(
        viatom_o2ring.VIATOM_O2RING,
        notify="0734594a-a8e7-4b1a-a6b1-cd5243059a57",
        control="8b00ace7-eb0b-49b0-bbe9-9aee0a26e1a3",
        again=viatom_o2ring.encode(viatom_o2ring.Packet(viatom_o2ring.READ), viatom_o2ring.HOST),
        every_s=1.0,
    )


class BerryMed(_BleOximeter):
    """BerryMed BM1000 by Bluetooth: the stream of its cable in notifications."""

    TALK = Talk(BCI, notify="49535343-1e4d-4bd9-ba61-23c647249616", checked=False)
