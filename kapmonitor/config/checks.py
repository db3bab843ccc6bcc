"""Mistakes in a configuration as one line each: file, key, what is wrong and what would be right.

What one table's shape cannot tell is looked for in whatever has the right shape, so that one mistake in
typing does not hide the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic_core import ErrorDetails

from kapmonitor.device import LinkKind
from kapmonitor.toml import Table, is_table, items_of, tables_of

LOOPBACK = ("127.0.0.1", "localhost", "::1")

_REMEDIES = {
    "extra_forbidden": "no such key; remove it, or check its spelling",
    "missing": "is missing; add it",
    "string_pattern_mismatch": "may hold only a-z, 0-9 and '-'",
}


def plain(error: ErrorDetails, table: Table) -> str:
    """One pydantic error as key and remedy: `rooms[0].devices[1].id (strap-1): ...`."""
    key, name = "", ""
    here: object = table
    for step in error["loc"]:
        key += f"[{step}]" if isinstance(step, int) else f".{step}" if key else str(step)
        here = _inside(here, step)
        if is_table(here) and "id" in here:
            name = f" ({here['id']})"
    moved = _MOVED.get(key) if error["type"] == "extra_forbidden" else None
    remedy = moved or _REMEDIES.get(error["type"], error["msg"][:1].lower() + error["msg"][1:])
    given = "" if error["type"] in ("missing", "extra_forbidden") else f" = {error['input']!r}"
    return f"{key}{name}{given}: {remedy}"


_MOVED = {
    "users": "users are kept in the record now: add each with `kapmonitor users add ID --role ROLE "
    "--password-file FILE`, then remove this table"
}
"""What earlier versions took, and what to do instead."""


def _inside(here: object, step: str | int) -> object:
    if isinstance(step, int):
        items = items_of(here)
        return items[step] if step < len(items) else None
    return here.get(step) if is_table(here) else None


def contradictions(table: Table, drivers: Mapping[str, LinkKind]) -> list[str]:
    """What is wrong between keys that are each well formed; `drivers` are those there are."""
    rooms = tables_of(table.get("rooms"))
    devices = [(room, device) for room in rooms for device in tables_of(room.get("devices"))]
    found = twice("rooms", "id", rooms) + twice("pagers", "id", tables_of(table.get("pagers")))
    for key in ("id", "port", "address"):
        found += twice("devices", key, [device for _, device in devices])
    for room, device in devices:
        where = f"rooms: {room.get('id')}: device {device.get('id')!r}"
        found += [f"{where}: {mistake}" for mistake in _device(room, device, drivers)]
    return (
        found + _pagers(table) + _addresses(table) + _scripts(table, [str(room.get("id")) for room in rooms])
    )


def _pagers(table: Table) -> list[str]:
    pagers = tables_of(table.get("pagers"))
    return twice("pagers", "person", [each for each in pagers if each.get("person")])


def _scripts(table: Table, rooms: list[str]) -> list[str]:
    simulation = table.get("simulation")
    named = simulation.get("scenarios") if is_table(simulation) else None
    return [
        f"simulation.scenarios.{room}: there is no such room; rooms are {', '.join(rooms)}"
        for room in (named if is_table(named) else ())
        if room not in rooms
    ]


def twice(what: str, key: str, tables: list[Table]) -> list[str]:
    """A mistake for every value of `key` that more than one of the `tables` has."""
    counts = Counter(str(each[key]) for each in tables if each.get(key) is not None)
    return [
        f"{what}: {key} {name!r} is used {count} times; each needs its own"
        for name, count in counts.items()
        if count > 1
    ]


def _device(room: Table, device: Table, drivers: Mapping[str, LinkKind]) -> list[str]:
    found: list[str] = []
    driver = device.get("driver")
    if isinstance(driver, str) and driver not in drivers:
        found.append(f"no driver {driver!r}; drivers are {', '.join(drivers)}")
    found += _link(device, drivers.get(str(driver)))
    seats = [str(seat) for seat in items_of(room.get("seats", ["a"]))]
    seat = str(device.get("seat", "a"))
    if len(seats) > 1 and "seat" not in device:
        found.append('the room has several seats; say which one with seat = "..."')
    elif seats and seat not in seats:
        found.append(f"seat {seat!r} is none of the room's seats ({', '.join(seats)})")
    return found


def _link(device: Table, kind: LinkKind | None) -> list[str]:
    port, address = device.get("port") is not None, device.get("address") is not None
    if port == address:
        return ["needs either a port (serial) or an address (Bluetooth)"]
    if kind is LinkKind.SERIAL and not port:
        return [f"driver {device['driver']!r} is serial; give it a port instead of an address"]
    if kind is LinkKind.BLE and not address:
        return [f"driver {device['driver']!r} is Bluetooth; give it an address instead of a port"]
    return []


def _addresses(table: Table) -> list[str]:
    mqtt = table.get("mqtt")
    found: list[str] = []
    if is_table(mqtt):
        for server in items_of(mqtt.get("servers")):
            found += _server(str(server), plain=bool(mqtt.get("allow_plain")))
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
