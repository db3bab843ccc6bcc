"""A device is put into a configuration: the text stays as people wrote it, with one line more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, Item

from kapmonitor.errors import ConfigError


def enrolled(text: str, room: str, device: Mapping[str, str]) -> str:
    """`text` with `device` as the last one of `room`. Comments, order and spacing stay.

    Raises:
        ConfigError: the text is no TOML, has no such room, or has a device with this id, port or address.
    """
    document = _parsed(text)
    rooms: list[Any] = list(document.get("rooms", ()))
    taken = _taken(rooms, device)
    if taken:
        raise ConfigError(taken)
    found = next((each for each in rooms if each.get("id") == room), None)
    if found is None:
        names = ", ".join(str(each.get("id")) for each in rooms) or "none"
        raise ConfigError([f"there is no room {room!r}; rooms are: {names}. Add [[rooms]] with its id first"])
    found["devices"] = _longer(found.get("devices"), device)
    return tomlkit.dumps(document)


def free_id(text: str, kind: str) -> str:
    """An id for a device of this kind that `text` does not have: `strap-1`, then `strap-2`."""
    taken = {str(device.get("id")) for _, device in _devices(_parsed(text).get("rooms", ()))}
    return next(name for number in range(1, len(taken) + 2) if (name := f"{kind}-{number}") not in taken)


def line(device: Mapping[str, str]) -> str:
    """The device as it stands in a configuration."""
    return _inline(device).as_string()


def _parsed(text: str) -> dict[str, Any]:
    """The document, of tomlkit's own kinds of dict and list, which keep what stands between."""
    try:
        return cast("dict[str, Any]", tomlkit.parse(text))
    except TOMLKitError as error:
        raise ConfigError([f"it is no TOML: {error}"]) from error


def _longer(devices: object, device: Mapping[str, str]) -> object:
    """The devices of a room with one more, in whichever way of TOML they stand there."""
    if isinstance(devices, AoT):  # [[rooms.devices]]
        cast("list[object]", devices).append(dict(device))
        return devices
    if isinstance(devices, Array) and "\n" in devices.as_string():
        devices.add_line(_inline(device), indent="  ")
        return devices
    each_its_line = tomlkit.array()
    for one in (*cast("list[object]", devices or []), _inline(device)):
        each_its_line.add_line(one, indent="  ")
    each_its_line.add_line(indent="")
    return each_its_line


def _inline(device: Mapping[str, str]) -> Item:
    pairs = ", ".join(f"{key} = {tomlkit.item(value).as_string()}" for key, value in device.items())
    return tomlkit.value(f"{{ {pairs} }}")  # as people write it, with its blanks


def _devices(rooms: Iterable[Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(str(room.get("id")), device) for room in rooms for device in room.get("devices", [])]


def _taken(rooms: list[Any], device: Mapping[str, str]) -> list[str]:
    return [
        f"{key} {device[key]} is that of {there.get('id')} in {room} already"
        for room, there in _devices(rooms)
        for key in ("id", "address", "port")
        if key in device and str(there.get(key, "")).lower() == device[key].lower()
    ]
