"""Devices that staff have put in another's place, after a restart: the configuration does not know of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kapmonitor.clinic.seats import Seats
from kapmonitor.session.entries import DeviceUsed, Moved, Opened
from kapmonitor.session.session import Session

Swap = tuple[float, tuple[str, str], DeviceUsed]


def bring_again(seats: Seats, sessions: Iterable[Session]) -> None:
    """Repeat the swaps of `sessions` in the order in which they were made, each where its session was then.

    A device that is gone from the configuration, or stands in its place already, is left where it is.
    """
    made = sorted((each for one in sessions for each in _swaps(one)), key=lambda each: each[0])
    for _, place, used in made:
        old, new = seats.devices.get(used.instead_of), seats.devices.get(used.device)
        if old is not None and new is not None and (old.room, old.seat) == place:
            seats.swap(old, new)


def _swaps(session: Session) -> Iterator[Swap]:
    place = session.room, session.seat
    for entry in session.entries:
        match entry.what:
            case Opened() | Moved():
                place = entry.what.room, entry.what.seat
            case DeviceUsed(instead_of=str(instead_of)) if instead_of:
                yield entry.moment.at, place, entry.what
            case _:
                pass
