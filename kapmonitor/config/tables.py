"""The tables of a configuration file and their keys; docs/setting-up.md explains each."""

from __future__ import annotations

from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

ANY_ADDRESS = ("0.0.0.0", "::")
Id = Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=40)]


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


def _known_zone(name: str) -> str:
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('no such time zone; write one as "Europe/Vienna" or "America/Denver"') from None
    return name


class _Table(BaseModel):
    """A TOML table: unknown keys are mistakes, not wishes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Site(_Table):
    """`[site]`: which clinic this is, and in which time zone its people live (an IANA name)."""

    id: Id
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"

    @property
    def zone(self) -> tzinfo:
        """The zone in which staff are shown times."""
        return _zone(self.timezone)


class Mqtt(_Table):
    """`[mqtt]`: the brokers, tried in turn; none = the embedded broker."""

    servers: tuple[str, ...] = ()
    waveforms: bool = False
    allow_plain: bool = False
    home_assistant: bool = False


class Tls(_Table):
    """`tls` of `[dashboard]`: certificate and key (PEM); `authority`: who signed it, for phones to trust."""

    certificate: Path
    key: Path
    authority: Path | None = None


class Dashboard(_Table):
    """`[dashboard]`: where the pages are served, with `tls` or, `https`, behind a TLS proxy, as `hosts`.

    `proxies`: addresses whose `X-Forwarded-For` and `-Proto` are believed. `lock_after_min`: minutes
    without a touch after which a page is locked.
    """

    bind: str = "127.0.0.1:8000"
    password_file: Path | None = None
    https: bool = False
    tls: Tls | None = None
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    lock_after_min: int = Field(default=10, ge=1, le=60)

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by TLS, here or at a proxy."""
        return self.https or self.tls is not None

    @property
    def certified(self) -> tuple[str, ...]:
        """The names that its certificate has to be good for."""
        bare = (name.strip("[]") for name in self.names)
        return tuple(dict.fromkeys(name for name in bare if name not in ANY_ADDRESS))

    @property
    def names(self) -> tuple[str, ...]:
        """The host names that the dashboard answers to: this machine, where it is bound, and `hosts`."""
        return ("127.0.0.1", "localhost", "[::1]", self.bind.rpartition(":")[0], *self.hosts)


class Storage(_Table):
    """`[storage]`: where the record is kept.

    `keep_waveforms_days`: for how long after a session all of its waveforms are. `flights`: whether sessions
    are recorded to be replayed.
    """

    url: str = ""
    keep_waveforms_days: int = Field(default=30, ge=1, le=36500)
    flights: bool = True


class Bluetooth(_Table):
    """`[bluetooth]`: `transport` empty = the machine's own Bluetooth; else one of bumble's HCI transports.

    `tcp-client:127.0.0.1:6402` is how a service reaches `kapmonitor simulate` in another process. `bonds` is
    the file in which bumble keeps what was paired.
    """

    transport: str = ""
    bonds: Path | None = None


class Device(_Table):
    """One device of a room. Serial devices have a `port`, Bluetooth devices an `address`."""

    id: Id
    driver: str
    port: str | None = None
    address: str | None = None
    seat: Id = "a"
    origin: Literal["live", "simulated"] | None = None


class Room(_Table):
    """`[[rooms]]`: a room, its seats and its devices."""

    id: Id
    seats: tuple[Id, ...] = ("a",)
    devices: tuple[Device, ...] = ()


class Pager(_Table):
    """`[[pagers]]`: somebody who can be called; lower `order` first, then as in the file.

    `person` is the log-in of whoever carries it.
    """

    id: Id
    person: Annotated[str, Field(pattern=r"^[a-z0-9-]*$", max_length=40)] = ""
    order: int = 0


class Simulation(_Table):
    """`[simulation]`: how `kapmonitor simulate` plays the devices of this file.

    `scenario` is the one of every room that `scenarios` does not name.
    """

    seed: int = 1
    route: Literal["sublingual", "intramuscular", "intravenous", "intranasal"] = "intramuscular"
    scenario: str = "demo"
    scenarios: dict[Id, str] = {}


class Config(_Table):
    """The whole file."""

    site: Site
    mqtt: Mqtt = Mqtt()
    dashboard: Dashboard = Dashboard()
    storage: Storage = Storage()
    bluetooth: Bluetooth = Bluetooth()
    rooms: tuple[Room, ...] = ()
    pagers: tuple[Pager, ...] = ()
    simulation: Simulation = Simulation()

    @property
    def devices(self) -> list[tuple[Room, Device]]:
        """Every device with its room, in the order of the file."""
        return [(room, device) for room in self.rooms for device in room.devices]
