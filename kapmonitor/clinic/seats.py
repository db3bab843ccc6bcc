"""Where things are: seats with their devices and sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from kapmonitor.device import AnyDriver, CuffDriver
from kapmonitor.documents import DeviceInfo
from kapmonitor.errors import RefusedError, UnknownError
from kapmonitor.model import DeviceKind, DeviceReport, Origin
from kapmonitor.monitor import Monitor
from kapmonitor.session.around import CuffDoing


@dataclass(slots=True)
class Installed:
    """One configured device: where it belongs, its driver, and what its supervisor said last.

    `signal`: how strongly it was heard when it was found (dBm), where that is known; `heard_at`: when its
    last sample came (monotonic s).
    """

    id: str
    room: str
    seat: str
    driver_name: str
    driver: AnyDriver
    origin: Callable[[], Origin]
    report: DeviceReport | None = None
    published: DeviceInfo | None = None
    signal: Callable[[], float | None] = lambda: None
    heard_at: float | None = None
    _known: tuple[DeviceReport | None, Origin] | None = None

    @property
    def known_origin(self) -> Origin:
        """Its origin since its supervisor's last word: only a new connection changes it; asking is slow."""
        if self._known is None or self._known[0] is not self.report:
            self._known = self.report, self.origin()
        return self._known[1]

    @property
    def sleeps_between(self) -> bool:
        """A cuff that only a person starts goes off the air after each measurement; that is no fault."""
        return isinstance(self.driver, CuffDriver) and not self.driver.startable


@dataclass(slots=True)
class Seat:
    """One place where a session can be: its devices, and the monitor of its open session.

    `pulse_at` and `pulse_since`: when a live pulse was last seen here without a session, and since when
    (monotonic s); `asked`: the question that is shown about it.
    """

    room: str
    name: str
    devices: list[Installed] = field(default_factory=list[Installed])
    monitor: Monitor | None = None
    pulse_since: float | None = None
    pulse_at: float = 0.0
    asked: bool = False

    @property
    def cuff(self) -> Installed | None:
        """The cuff of this seat; the first one, where there are several."""
        return next((each for each in self.devices if each.driver.kind is DeviceKind.CUFF), None)

    @property
    def cuff_doing(self) -> CuffDoing:
        """What its cuff is before anything is heard of it."""
        cuff = self.cuff
        if cuff is None:
            return CuffDoing.NONE
        return CuffDoing.BY_HAND if cuff.sleeps_between else CuffDoing.AWAY

    @property
    def origin(self) -> Origin:
        """One simulated device makes a session simulated."""
        found = {device.origin() for device in self.devices}
        return Origin.SIMULATED if Origin.SIMULATED in found else Origin.LIVE


class Seats:
    """All seats of a site, in the order of the configuration, and which device is where."""

    def __init__(self, places: Iterable[tuple[str, str]], devices: Iterable[Installed]) -> None:
        """`places` are (room, seat); every device's is one of them."""
        self._seats = {(room, name): Seat(room, name) for room, name in places}
        self.devices = {device.id: device for device in devices}
        for device in self.devices.values():
            self._seats[device.room, device.seat].devices.append(device)

    def __iter__(self) -> Iterator[Seat]:
        """Every seat."""
        return iter(self._seats.values())

    def get(self, room: str, name: str) -> Seat | None:
        """That seat, if there is one."""
        return self._seats.get((room, name))

    def free(self, room: str, name: str) -> Seat:
        """That seat, for a session.

        Raises:
            RefusedError: there is none, or it has an open session; the text says which would do.
        """
        seat = self.get(room, name)
        if seat is None:
            places = ", ".join(f"{each.room}/{each.name}" for each in self)
            raise RefusedError(f"There is no seat {name} in {room}; choose one of {places}.")
        if seat.monitor is not None:
            taken = seat.monitor.session.id
            raise RefusedError(f"{room}/{name} has an open session, {taken}; end that one first.")
        return seat

    def of(self, device: str) -> Seat:
        """Where a device belongs."""
        installed = self.devices[device]
        return self._seats[installed.room, installed.seat]

    def swap(self, old: Installed, new: Installed) -> None:
        """Each goes where the other was."""
        here, there = self.of(old.id), self.of(new.id)
        here.devices[here.devices.index(old)] = new
        there.devices[there.devices.index(new)] = old
        old.room, old.seat, new.room, new.seat = new.room, new.seat, old.room, old.seat
        old.published = new.published = None

    def monitors(self) -> list[Monitor]:
        """The monitors of all open sessions."""
        return [seat.monitor for seat in self if seat.monitor is not None]

    def with_session(self, session: str) -> tuple[Seat, Monitor]:
        """The seat and the monitor of an open session.

        Raises:
            UnknownError: it is not open.
        """
        for seat in self:
            if seat.monitor is not None and seat.monitor.session.id == session:
                return seat, seat.monitor
        raise UnknownError(f"There is no open session {session}.")
