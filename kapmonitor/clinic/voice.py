"""What monitors say goes out: published, then kept, then to the cuff. An alarm does not wait for a disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kapmonitor import documents
from kapmonitor.clinic import places
from kapmonitor.clinic.cuffs import Cuffs
from kapmonitor.clinic.seats import Installed, Seat, Seats
from kapmonitor.clock import Clock
from kapmonitor.documents import Message
from kapmonitor.model import Moment
from kapmonitor.monitor import Monitor
from kapmonitor.ports import Publish, Record
from kapmonitor.session.entries import Entry
from kapmonitor.session.session import Session

OnEntry = Callable[[Session, Entry], None]
"""Takes each entry of a session as it is made; never blocks."""


def nobody_asks(_session: Session, _entry: Entry) -> None:
    """Where nobody else wants to know of entries."""


class Voice:
    """The one way out of the clinic: to the broker and the pages, to the record, and to the cuffs."""

    def __init__(
        self, seats: Seats, clock: Clock, publish: Publish, record: Record | None, on_entry: OnEntry
    ) -> None:
        """`record`: None where nothing is kept; `on_entry` hears of every entry of every session."""
        self._seats = seats
        self._clock = clock
        self._publish = publish
        self._record = record
        self._on_entry = on_entry
        self.cuffs = Cuffs(self._cuff_failed)

    def say(
        self, monitor: Monitor, messages: Iterable[Message], moment: Moment, *, keep: bool = False
    ) -> None:
        """Hand on what a monitor said and what it has for the record. `keep`: its state too has changed."""
        self.publish(messages)
        transitions, entries = monitor.drain(), monitor.keeper.drain()
        if self._record is not None and (transitions or entries or keep):
            self._record.save(monitor.session, monitor.engine.state, transitions, entries, moment)
        for entry in entries:
            self._on_entry(monitor.session, entry)
        orders = monitor.orders()
        if orders and (seat := self._seats.get(monitor.session.room, monitor.session.seat)) is not None:
            self.cuffs.give(seat, orders)

    def publish(self, messages: Iterable[Message]) -> None:
        """What concerns no record."""
        for message in messages:
            self._publish(message)

    def publish_info(self, device: Installed) -> None:
        """What a device is, where that is not known yet."""
        info = places.info(device)
        if info != device.published:
            device.published = info
            self._publish(documents.device_info(device.id, info))

    def _cuff_failed(self, seat: Seat, reason: str) -> None:
        if seat.monitor is not None:
            moment = self._clock.moment()
            self.say(seat.monitor, seat.monitor.cuff_failed(reason, moment), moment, keep=True)
