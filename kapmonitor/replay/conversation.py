"""One device's driver on what its device sent then: what it says now, and when."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from msgspec.structs import replace

from kapmonitor.clock import Clock
from kapmonitor.device import AnyDriver, CuffDriver, LinkKind
from kapmonitor.errors import KapmonitorError
from kapmonitor.flight.records import Attached, Came, Closed, LinkRecord, Lost, Opened, Ordered
from kapmonitor.model import BloodPressure, Moment, Observation, Reading
from kapmonitor.replay.links import ReplayedBytes, ReplayedGatt
from kapmonitor.replay.virtual import VirtualClock, run_virtually

logger = logging.getLogger(__name__)

TOGETHER_S = 0.25
"""Bytes that came within so many seconds are read at once: a replay need not wake up so often."""
LONGEST_PAUSE_S = 6.0
"""No device is silent for longer while it talks: a longer pause before the session is a hole."""
LET_GO_WITHIN_S = 3.0

MakeDriver = Callable[[str, Clock], AnyDriver]
"""A driver of that name on that clock."""


class Spoke(NamedTuple):
    """What the driver made of the bytes `at` (monotonic s), without waveforms."""

    at: float
    readings: tuple[Reading, ...]
    pressures: tuple[BloodPressure, ...]


def converse(
    attached: Attached, records: Sequence[LinkRecord], make: MakeDriver, moment: Moment
) -> list[Spoke]:
    """What the driver says to `records`, in order; `moment`: an instant of the recording on both clocks."""
    if not records:
        return []
    laid_out = list(_without_pause(records, attached.at))
    clock = VirtualClock(moment)
    conversation = _Conversation(make(attached.driver, clock), clock)
    return run_virtually(lambda: conversation.run(_together(laid_out)), laid_out[0].at)


def _without_pause(records: Sequence[LinkRecord], attached_at: float) -> Iterator[LinkRecord]:
    """The records, those of before the session moved up to it over what is missing between."""
    before = [each for each in records if each.at < attached_at]
    shift = 0.0
    shifts: list[float] = []
    for nth in range(len(before) - 1, -1, -1):
        shifts.append(shift)
        pause = before[nth].at - before[nth - 1].at if nth else 0.0
        shift += max(0.0, pause - LONGEST_PAUSE_S)
    for each, by in zip(before, reversed(shifts), strict=True):
        yield replace(each, at=each.at + by)
    yield from records[len(before) :]


def _together(records: Iterable[LinkRecord]) -> Iterator[LinkRecord]:
    """The records with bytes that came close to each other joined, at the time of the last."""
    waiting: list[Came] = []
    for each in records:
        piece = each if isinstance(each, Came) and not each.characteristic else None  # else a notification
        if waiting and (piece is None or piece.at - waiting[0].at >= TOGETHER_S):
            yield _joined(waiting)
            waiting.clear()
        if piece is None:
            yield each
        else:
            waiting.append(piece)
    if waiting:
        yield _joined(waiting)


def _joined(pieces: Sequence[Came]) -> Came:
    if len(pieces) == 1:
        return pieces[0]
    return Came(pieces[-1].at, pieces[0].device, b"".join(each.data for each in pieces))


class _Conversation:
    def __init__(self, driver: AnyDriver, clock: Clock) -> None:
        self._driver = driver
        self._clock = clock
        self._link: ReplayedBytes | ReplayedGatt | None = None
        self._running: asyncio.Task[None] | None = None
        self._orders: set[asyncio.Task[None]] = set()
        self._said: list[Spoke] = []

    async def run(self, records: Iterable[LinkRecord]) -> list[Spoke]:
        for record in records:
            await self._clock.sleep(record.at - self._clock.now())
            match record:
                case Opened():
                    await self._close()
                    self._open()
                case Closed():
                    await self._close()
                case Ordered():
                    self._order(record.trigger)
                case _ if self._link is not None:
                    await self._link.play(record)
                case _:
                    pass  # the beginning of the connection is missing
            if isinstance(record, Lost):
                await asyncio.sleep(0)
        await self._clock.sleep(TOGETHER_S)  # what the last bytes led to
        await self._close()
        return self._said

    def _open(self) -> None:
        serial = self._driver.link_kind is LinkKind.SERIAL
        self._link = ReplayedBytes() if serial else ReplayedGatt()
        self._running = asyncio.create_task(self._talk(self._link))

    async def _talk(self, link: ReplayedBytes | ReplayedGatt) -> None:
        try:
            await self._driver.run(link, self._heard)
        except KapmonitorError:
            pass  # the supervisor of then has said so
        except Exception:
            logger.exception("the driver failed")

    async def _close(self) -> None:
        """As a supervisor ends a try: cancelled, and given a little while to leave the device safe."""
        left = [task for task in (self._running, *self._orders) if task is not None]
        for task in left:
            task.cancel()
        if self._link is not None:
            self._link.close()
        if left:
            await asyncio.wait(left, timeout=LET_GO_WITHIN_S)
        self._running = self._link = None

    def _order(self, trigger: str) -> None:
        driver = self._driver
        if isinstance(driver, CuffDriver):
            task = asyncio.create_task(_obey(driver, trigger))
            self._orders.add(task)
            task.add_done_callback(self._orders.discard)

    def _heard(self, observations: Sequence[Observation]) -> None:
        readings = tuple(one for one in observations if isinstance(one, Reading))
        pressures = tuple(one for one in observations if isinstance(one, BloodPressure))
        if readings or pressures:
            self._said.append(Spoke(self._clock.now(), readings, pressures))


async def _obey(driver: CuffDriver[object], trigger: str) -> None:
    with suppress(KapmonitorError):
        await (driver.start(trigger) if trigger else driver.stop())
