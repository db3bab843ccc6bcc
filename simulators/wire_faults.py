"""What can go wrong with bytes on their way, as a script says: on a serial line and in notifications."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import cast

from kapmonitor.clock import Clock
from kapmonitor.device import ByteLink, SerialSettings
from kapmonitor.model import DeviceKind
from simulators.events import EventKind
from simulators.physiology import Body

FAULTS = ("stuck", "lossy", "doubled", "garbage", "joined", "trickle")
JOINED_S = 1.0
GARBAGE_AT_MOST = 20
BYTE_S = 0.001
"""A byte at 9600 baud."""
GARBAGE_SHARE = 0.3
"""So often there is garbage before what is sent."""


class WireFaults:
    """A device's line, or one of its characteristics. `longest`: the most bytes that go at once."""

    def __init__(self, body: Body, device: str, seed: int, longest: int = 4096) -> None:
        """`device`: strap, oximeter or cuff, whose events of the script these are."""
        self._body = body
        self._device = device
        self._repeats = device != DeviceKind.OXIMETER  # which is stuck itself: `Oximetry`
        self._dice = Random(seed)  # noqa: S311 - repeatable is what is wanted here, secret is not
        self._longest = longest
        self._scripted = any(body.may_hold(self._kind(fault)) for fault in FAULTS)
        self._last = b""
        self._held = b""
        self._held_since = 0.0

    def spoil(self, data: bytes, now: float) -> list[bytes]:
        """What comes out where `data` is sent at `now` (clock seconds): pieces in order, perhaps none."""
        if not self._scripted:
            return [data]
        if self._repeats and self._holds("stuck", now) and self._last:
            data = self._last
        self._last = data
        if self._dice.random() < self._share_lost(now):
            return []
        if self._holds("garbage", now) and self._dice.random() < GARBAGE_SHARE:
            data = self._dice.randbytes(self._dice.randint(1, GARBAGE_AT_MOST)) + data
        times = 2 if self._holds("doubled", now) else 1
        return [piece for _ in range(times) for piece in self._cut(self._joined(data, now), now)]

    def _cut(self, whole: bytes, now: float) -> list[bytes]:
        size = 1 if self._holds("trickle", now) else self._longest
        return [whole[at : at + size] for at in range(0, len(whole), size)]

    def _joined(self, data: bytes, now: float) -> bytes:
        """What goes out now of what was held back and of `data`."""
        if not self._held:
            self._held_since = now
        self._held += data
        if self._holds("joined", now) and now - self._held_since < JOINED_S:
            return b""
        whole, self._held = self._held, b""
        return whole

    def _share_lost(self, now: float) -> float:
        kind = self._kind("lossy")
        return self._body.least(kind, now) if self._body.holds(kind, now) else 0.0

    def _holds(self, fault: str, now: float) -> bool:
        return self._body.holds(self._kind(fault), now)

    def _kind(self, fault: str) -> EventKind:
        return cast("EventKind", f"{self._device}_{fault}")


class CharacteristicFaults:
    """The characteristics of one device, each spoiled by itself: what is stuck repeats beats as beats."""

    def __init__(self, body: Body, device: str, seed: int, longest: int) -> None:
        """As of `WireFaults`."""
        self._make = partial(WireFaults, body, device, longest=longest)
        self._seed = seed
        self._lines: dict[int, WireFaults] = {}

    def spoil(self, handle: int, data: bytes, now: float) -> list[bytes]:
        """What comes out where `data` is sent by the characteristic of that `handle`."""
        if handle not in self._lines:
            self._lines[handle] = self._make(self._seed + handle)
        return self._lines[handle].spoil(data, now)


class FaultyLink(ByteLink):
    """A device's end of a serial line: what it sends is spoiled as the script says, what it hears is not."""

    def __init__(self, link: ByteLink, body: Body, kind: DeviceKind, clock: Clock, seed: int) -> None:
        """`body` has the script."""
        self._link = link
        self._clock = clock
        self._faults = WireFaults(body, str(kind), seed)

    async def read(self) -> bytes:
        """As the link itself."""
        return await self._link.read()

    async def write(self, data: bytes) -> None:
        """Send what becomes of `data`; pieces as far apart as the bytes of a slow line."""
        for number, piece in enumerate(self._faults.spoil(data, self._clock.now())):
            if number:
                await self._clock.sleep(BYTE_S)
            await self._link.write(piece)

    def configure(self, settings: SerialSettings) -> None:
        """As the link itself."""
        self._link.configure(settings)
