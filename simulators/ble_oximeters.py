"""Simulated Bluetooth oximeters with their makers' own protocols, under the drivers' names.

What they have to say leaves in notifications of 20 bytes, as over the smallest MTU, wherever a frame is cut.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from bumble.gatt import Service
from bumble.gatt_server import Server

from kapmonitor.clock import Clock
from kapmonitor.codecs import bci, contec_cms50d_bt, nonin_ble, viatom_o2ring, viatom_pc60
from kapmonitor.errors import DecodeError
from simulators.battery import LOW_UNDER, Battery
from simulators.gatt import Uuid, device_information, notifying, service, writable
from simulators.oximetry import Oximetry, Seen
from simulators.peripheral import Peripheral
from simulators.physiology import Body
from simulators.serial_oximeters import bci_frames

FITS = 20
TALKS_EVERY_S = 0.1
_LISTENS_S = 10.0
_FULL_VOLT, _EMPTY_VOLT = 3.0, 2.0
"""Of two cells, AAA."""


class _BleOximeter(Peripheral):
    """Sends a second's frames in ten pieces. `RATE_HZ`: samples of the pleth a second, 0 = none."""

    silent_when = "oximeter_silent"

    SERVICE: ClassVar[Uuid]
    NOTIFY: ClassVar[Uuid]
    CONTROL: ClassVar[Uuid | None] = None
    RATE_HZ: ClassVar[int] = 0

    def __init__(self, body: Body, clock: Clock, *, seed: int) -> None:
        """`seed` is for the noise of the pleth."""
        super().__init__(body, clock, seed=seed)
        self.battery = Battery(body, "oximeter_battery", seed)
        self._oximetry = Oximetry(body)

    def services(self, server: Server) -> Sequence[Service]:
        """Its own service, Device Information 0x180A."""
        del server
        self._stream = notifying(self.NOTIFY)
        own = [self._stream]
        if self.CONTROL is not None:
            own.append(writable(self.CONTROL, self.on_write))
        return (service(self.SERVICE, *own), device_information("kapmonitor", self.name))

    async def serve(self) -> None:
        """Notify each second what the light saw."""
        async for _, now in self.seconds():
            wave = self._oximetry.wave(self.dice, now, self.RATE_HZ)
            data = b"".join(self.second(self._oximetry.second(now), wave))
            for piece in range(10):
                await self.say(data[piece * len(data) // 10 : (piece + 1) * len(data) // 10])
                await self.clock.sleep(now + piece * TALKS_EVERY_S - self.clock.now())

    async def say(self, data: bytes) -> None:
        """Notify `data`, in as many notifications as it takes."""
        for at in range(0, len(data), FITS):
            await self.notify(self._stream, data[at : at + FITS])

    def second(self, seen: Seen, wave: list[int]) -> list[bytes]:
        """The frames of one second, from what is seen and the samples of the pleth in it."""
        raise NotImplementedError

    def on_write(self, data: bytes) -> None:
        """The host wrote `data`."""


class ViatomPc60(_BleOximeter):
    """Ten frames of five samples and one of numbers a second."""

    name = "PC-60FW"
    SERVICE = advertised = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
    NOTIFY = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
    RATE_HZ = round(viatom_pc60.RATE_HZ)

    def second(self, seen: Seen, wave: list[int]) -> list[bytes]:
        """One second; without a finger zeros, and why."""
        frames: list[viatom_pc60.Message] = [
            viatom_pc60.Pulse(tuple(wave[at : at + 5])) for at in range(0, len(wave), 5)
        ]
        steps = (
            min(3, self.battery.left(self.clock.now()) // 25) << 6
        )  # four of them, in the highest two bits
        now = seen.numbers
        if now is None:
            status = viatom_pc60.SEARCHING if seen.finger else viatom_pc60.NO_FINGER
            frames.append(viatom_pc60.Numbers(rest=bytes((status, steps))))
        else:
            pi = min(255, round(now.perfusion_index * 10))
            frames.append(viatom_pc60.Numbers(round(now.spo2), round(now.pulse_rate), pi, bytes((0, steps))))
        return [viatom_pc60.encode(each) for each in frames]


class ContecCms50dBt(_BleOximeter):
    """Sends once it was told to, and for ten seconds after it was told last that somebody listens."""

    name = "CMS50D-BT"
    SERVICE, NOTIFY, CONTROL = 0xFF12, 0xFF02, 0xFF01
    RATE_HZ = round(contec_cms50d_bt.RATE_HZ)

    def __init__(self, body: Body, clock: Clock, *, seed: int) -> None:
        """It waits to be told."""
        super().__init__(body, clock, seed=seed)
        self.heard: list[bytes] = []
        """What the host wrote."""
        self._started = False
        self._listened_at = float("-inf")

    def on_write(self, data: bytes) -> None:
        """A command of the vendor's program."""
        self.heard.append(data)
        if data in (contec_cms50d_bt.START_ALL, contec_cms50d_bt.STOP):
            self._started = data == contec_cms50d_bt.START_ALL
        self._listened_at = self.clock.now()

    def second(self, seen: Seen, wave: list[int]) -> list[bytes]:
        """One second, if it is to send."""
        if not self._started or self.clock.now() - self._listened_at > _LISTENS_S:
            return []
        numbers = contec_cms50d_bt.Numbers(state=4)
        if seen.numbers is not None:
            numbers = contec_cms50d_bt.Numbers(round(seen.numbers.pulse_rate), round(seen.numbers.spo2), 4)
        frames: list[contec_cms50d_bt.Message] = [contec_cms50d_bt.Pulse(each) for each in wave]
        frames.append(numbers)
        return [contec_cms50d_bt.encode(each) for each in frames]


class NoninBle(_BleOximeter):
    """One message a second."""

    name = "Nonin"
    SERVICE = advertised = "46a970e0-0d5f-11e2-8b5e-0002a5d5c51b"
    NOTIFY = "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b"

    async def serve(self) -> None:
        """A message is never cut."""
        async for _, now in self.seconds():
            await self.notify(self._stream, nonin_ble.encode(self._message(self._oximetry.second(now))))

    def _message(self, seen: Seen) -> nonin_ble.Measurement:
        charge = self.battery.left(self.clock.now())
        decivolts = round(10 * _EMPTY_VOLT + charge / 100 * 10 * (_FULL_VOLT - _EMPTY_VOLT))
        status = nonin_ble.PLACED if seen.finger else 0
        status |= nonin_ble.LOW_BATTERY if charge < LOW_UNDER else 0
        now = seen.numbers
        if now is None:
            return nonin_ble.Measurement(status | (nonin_ble.SEARCHING if seen.finger else 0), decivolts)
        pai = round(now.perfusion_index * 100)
        status |= nonin_ble.WEAK if now.weak else 0
        return nonin_ble.Measurement(status, decivolts, pai, 1, round(now.spo2), round(now.pulse_rate))


class ViatomO2Ring(_BleOximeter):
    """Answers when it is asked, in two notifications."""

    name = "O2Ring"
    SERVICE = advertised = "14839ac4-7d7e-415c-9a42-167340cf2339"
    NOTIFY = "0734594a-a8e7-4b1a-a6b1-cd5243059a57"
    CONTROL = "8b00ace7-eb0b-49b0-bbe9-9aee0a26e1a3"

    def __init__(self, body: Body, clock: Clock, *, seed: int) -> None:
        """Nobody has asked yet."""
        super().__init__(body, clock, seed=seed)
        self._heard: asyncio.Queue[bytes] = asyncio.Queue()

    def on_write(self, data: bytes) -> None:
        """A question, or a part of one."""
        self._heard.put_nowait(data)

    async def serve(self) -> None:
        """Answer."""
        reader = viatom_o2ring.commands()
        while True:
            for each in reader.feed(await self._heard.get()):
                if isinstance(each, DecodeError | viatom_o2ring.Live):
                    continue
                if each.command == viatom_o2ring.READ:
                    now = self.clock.now()
                    answer = _live(self._oximetry.second(now), self.battery.left(now))
                    await self.say(viatom_o2ring.encode(answer))


class BerryMed(_BleOximeter):
    """A hundred frames a second, four in a notification; found by its name only."""

    name = "BerryMed"
    SERVICE = "49535343-fe7d-4ae5-8fa9-9fafd205e455"
    NOTIFY = "49535343-1e4d-4bd9-ba61-23c647249616"
    RATE_HZ = round(bci.RATE_HZ)

    def second(self, seen: Seen, wave: list[int]) -> list[bytes]:
        """One second."""
        return bci_frames(seen, wave)


def _live(seen: Seen, battery: int) -> viatom_o2ring.Live:
    if seen.numbers is None:
        return viatom_o2ring.Live(battery=battery, finger=seen.finger)
    spo2, rate = round(seen.numbers.spo2), round(seen.numbers.pulse_rate)
    strength = min(255, round(seen.numbers.perfusion_index * 10))
    return viatom_o2ring.Live(spo2, rate, battery, strength=strength, finger=seen.finger)
