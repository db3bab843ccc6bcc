"""The configuration of a site: one TOML file, checked completely before anything starts.

Every mistake is named at once, with the file, the key and what would be right. Secrets do not belong in the
file: they come from the environment or from files of their own.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeGuard, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

import kapmonitor
from kapmonitor.alarms.rules import RuleSet, parse
from kapmonitor.errors import ConfigError

Id = Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=40)]
Table = dict[str, Any]
LOOPBACK = ("127.0.0.1", "localhost", "::1")
HIGHEST_PORT = 65535


class _Table(BaseModel):
    """A TOML table: unknown keys are mistakes, not wishes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Site(_Table):
    """`[site]`: which clinic this is."""

    id: Id


class Mqtt(_Table):
    """`[mqtt]`: the brokers, tried in turn; none = the embedded broker."""

    servers: tuple[str, ...] = ()
    waveforms: bool = False
    allow_plain: bool = False


class Dashboard(_Table):
    """`[dashboard]`: where the pages are served."""

    bind: str = "127.0.0.1:8000"
    password_file: Path | None = None

    @property
    def host(self) -> str:
        """The address part of `bind`."""
        return self.bind.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port part of `bind`."""
        return int(self.bind.rpartition(":")[2])


class Storage(_Table):
    """`[storage]`: where the record is kept."""

    url: str = "sqlite+aiosqlite:///kapmonitor.db"


class Bluetooth(_Table):
    """`[bluetooth]`: `transport` empty = the machine's own Bluetooth; else one of bumble's HCI transports.

    `tcp-client:127.0.0.1:6402` is how a service reaches `kapmonitor simulate` in another process.
    """

    transport: str = ""


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
    """`[[pagers]]`: somebody who can be called."""

    id: Id


class Simulation(_Table):
    """`[simulation]`: how `kapmonitor simulate` plays the devices of this file."""

    seed: int = 1
    route: Literal["sublingual", "intramuscular", "intravenous", "intranasal"] = "intramuscular"


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


def defaults_dir() -> Path:
    """Where the default configuration lies: `config/` of a checkout, or inside an installed wheel."""
    package = Path(kapmonitor.__file__).parent
    checkout = package.parent / "config"
    return checkout if (checkout / "alarms.toml").exists() else package / "_config"


def load_rules(path: Path | None = None) -> RuleSet:
    """The alarm rules of `path`, or the shipped ones.

    Raises:
        ConfigError: every mistake in the file.
    """
    path = path or defaults_dir() / "alarms.toml"
    return parse(_toml(path).get("rules", []), where=str(path))


def load(path: Path, drivers: Iterable[str]) -> Config:
    """The configuration in `path`; `drivers` are the drivers there are.

    Raises:
        ConfigError: every mistake in the file.
    """
    config, mistakes = examine(path, drivers)
    if config is None or mistakes:
        raise ConfigError(mistakes)
    return config


def examine(path: Path, drivers: Iterable[str]) -> tuple[Config | None, list[str]]:
    """The configuration, if it has the right shape, and every mistake in it."""
    try:
        table = _toml(path)
    except ConfigError as error:
        return None, error.mistakes
    mistakes: list[str] = []
    try:
        config = Config.model_validate(table)
    except ValidationError as error:
        mistakes = [f"{path}: {_plain(each, table)}" for each in error.errors()]
        config = None
    # What pydantic cannot see is looked for in whatever has the right shape, so that one typing mistake
    # does not hide the others.
    mistakes += [f"{path}: {mistake}" for mistake in _contradictions(table, tuple(drivers))]
    return config, mistakes


def warnings(config: Config) -> list[str]:
    """What will work, but not for long."""
    return [
        f"rooms: {device.id!r}: {device.port} can change its number when another device is plugged in; "
        "use its name under /dev/serial/by-path/"
        for _, device in config.devices
        if device.port and re.match(r"^/dev/tty(USB|ACM)\d", device.port)
    ]


def _toml(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            [f"{path}: cannot be read ({error.strerror}); check the path and its rights"]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: is not TOML: {error}"]) from None


_REMEDIES = {
    "extra_forbidden": "no such key; remove it, or check its spelling",
    "missing": "is missing; add it",
    "string_pattern_mismatch": "may hold only a-z, 0-9 and '-'",
}


def _plain(error: ErrorDetails, table: Table) -> str:
    """One pydantic error as key and remedy: `rooms[0].devices[1].id (strap-1): ...`."""
    key, name = "", ""
    here: object = table
    for step in error["loc"]:
        key += f"[{step}]" if isinstance(step, int) else f".{step}" if key else str(step)
        here = _inside(here, step)
        if _is_table(here) and "id" in here:
            name = f" ({here['id']})"
    remedy = _REMEDIES.get(error["type"], error["msg"][:1].lower() + error["msg"][1:])
    given = "" if error["type"] in ("missing", "extra_forbidden") else f" = {error['input']!r}"
    return f"{key}{name}{given}: {remedy}"


def _inside(here: object, step: str | int) -> object:
    if isinstance(step, int):
        items = _list(here)
        return items[step] if step < len(items) else None
    return here.get(step) if _is_table(here) else None


def _is_table(value: object) -> TypeGuard[Table]:
    return isinstance(value, dict)


def _list(value: object) -> list[object]:
    return list(cast("list[object]", value)) if isinstance(value, list) else []


def _tables(value: object) -> list[Table]:
    return [each for each in _list(value) if _is_table(each)]


def _contradictions(table: Table, drivers: tuple[str, ...]) -> list[str]:
    rooms = _tables(table.get("rooms"))
    devices = [(room, device) for room in rooms for device in _tables(room.get("devices"))]
    found = _twice("rooms", "id", rooms) + _twice("pagers", "id", _tables(table.get("pagers")))
    for key in ("id", "port", "address"):
        found += _twice("devices", key, [device for _, device in devices])
    for room, device in devices:
        where = f"rooms: {room.get('id')}: device {device.get('id')!r}"
        found += [f"{where}: {mistake}" for mistake in _device(room, device, drivers)]
    return found + _addresses(table)


def _twice(what: str, key: str, tables: list[Table]) -> list[str]:
    counts = Counter(str(each[key]) for each in tables if each.get(key) is not None)
    return [
        f"{what}: {key} {name!r} is used {count} times; each needs its own"
        for name, count in counts.items()
        if count > 1
    ]


def _device(room: Table, device: Table, drivers: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    driver = device.get("driver")
    if isinstance(driver, str) and driver not in drivers:
        found.append(f"no driver {driver!r}; drivers are {', '.join(drivers)}")
    if (device.get("port") is None) == (device.get("address") is None):
        found.append("needs either a port (serial) or an address (Bluetooth)")
    seats = [str(seat) for seat in _list(room.get("seats", ["a"]))]
    seat = str(device.get("seat", "a"))
    if len(seats) > 1 and "seat" not in device:
        found.append('the room has several seats; say which one with seat = "..."')
    elif seats and seat not in seats:
        found.append(f"seat {seat!r} is none of the room's seats ({', '.join(seats)})")
    return found


def _addresses(table: Table) -> list[str]:
    mqtt, dashboard = table.get("mqtt"), table.get("dashboard")
    found: list[str] = []
    if _is_table(mqtt):
        for server in _list(mqtt.get("servers")):
            found += _server(str(server), plain=bool(mqtt.get("allow_plain")))
    bind = str(dashboard.get("bind", "127.0.0.1:8000")) if _is_table(dashboard) else "127.0.0.1:8000"
    host, _, port = bind.rpartition(":")
    if not host or not port.isdigit() or int(port) > HIGHEST_PORT:
        found.append(f'dashboard.bind = {bind!r}: needs an address and a port, such as "127.0.0.1:8000"')
    return found


def _server(server: str, *, plain: bool) -> list[str]:
    parts = urlsplit(server)
    shown = f"mqtt.servers: '{parts.scheme}://{parts.hostname}'"  # never the password
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        return [f'{shown}: needs the form "mqtt://host:port" or "mqtts://host:port"']
    if parts.password:
        remedy = "put it into the environment as KAPMONITOR_MQTT_PASSWORD"
        return [f"{shown}: a password does not belong in this file; {remedy}"]
    if parts.scheme == "mqtt" and parts.hostname not in LOOPBACK and not plain:
        remedy = "use mqtts://, or set mqtt.allow_plain = true on a network of your own"
        return [f"{shown}: goes over the network unencrypted; {remedy}"]
    return []
