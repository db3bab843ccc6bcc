"""How a site stands, for whoever sets it up or begins its day: devices, limits, recording, broker. Pure.

The start-of-day check is made of the same facts: what the service knows it judges by itself, what only ears
can tell a person says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from kapmonitor.alarms.compared import Difference, RuleLine

BATTERY_LOW = 20.0
"""Below this (%) a device does not last the day: the shipped rule `battery-low` says the same."""

Heard = Literal["heard", "not-heard", "not-tried"]
"""What somebody said of the tone at their screen."""


class DeviceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One device as it stands. `status`: `online`, `degraded`, `offline`; empty before it was looked for.

    `battery` in %, `signal` in dBm as it was when the device was found (Bluetooth only), `heard_s`: seconds
    since its last sample; each None where it is not known. `sleeps`: off the air between two measurements, by
    its nature. `text` and `advice` are its supervisor's words for staff.
    """

    id: str
    kind: str
    driver: str
    model: str
    serial_number: str
    firmware: str
    room: str
    seat: str
    origin: str
    status: str = ""
    battery: float | None = None
    signal: float | None = None
    heard_s: float | None = None
    sleeps: bool = False
    text: str = ""
    advice: str = ""


class Part(msgspec.Struct, frozen=True):
    """A part of the service that everything needs: whether it does its work, and what it says of itself."""

    name: Literal["recording", "broker"]
    well: bool
    text: str


class Signature(msgspec.Struct, frozen=True):
    """Who has signed a set of limits, and when (RFC 3339)."""

    name: str
    at: str


class LimitsView(msgspec.Struct, frozen=True, kw_only=True):
    """The limits in force. `signed`: who has signed this very set, None where nobody has.

    `last`: who signed a set last, whichever; `differences`: in what this set differs from that one, None
    where none was signed or this version cannot read it.
    """

    hash: str
    signed: Signature | None
    last: Signature | None
    differences: Sequence[Difference] | None
    rules: Sequence[RuleLine]


class Point(msgspec.Struct, frozen=True):
    """One point of the start-of-day check; `detail` names what is not as it should be."""

    name: Literal["devices", "batteries", "recording", "broker", "limits", "pagers", "sound"]
    well: bool
    detail: str = ""


class CheckView(msgspec.Struct, frozen=True):
    """What the service can judge now, and the newest check in the audit log: when, by whom, what it found."""

    points: Sequence[Point]
    last_at: str = ""
    last_by: str = ""
    last_found: str = ""


def points(
    devices: Iterable[DeviceLine],
    parts: Iterable[Part],
    *,
    signed: bool,
    reachable: bool | None,
    sound: Heard | None = None,
) -> tuple[Point, ...]:
    """The check; `reachable`: whether somebody has answered this shift, None where there are no pagers.

    `sound` None: it is not asked yet.
    """
    there = list(devices)
    away = [each.id for each in there if each.status != "online" and not each.sleeps]
    low = [f"{each.id} {each.battery:.0f} %" for each in there if _is_low(each)]
    found = [Point("devices", not away, ", ".join(away)), Point("batteries", not low, ", ".join(low))]
    found += [Point(each.name, each.well, "" if each.well else each.text) for each in parts]
    found.append(Point("limits", signed))
    if reachable is not None:
        found.append(Point("pagers", reachable))
    if sound is not None:
        found.append(Point("sound", sound == "heard", "" if sound == "heard" else sound))
    return tuple(found)


def in_a_line(found: Iterable[Point]) -> str:
    """The check as it stands in the audit log: what is not well, or `all well`."""
    wrong = [f"{each.name} ({each.detail})" if each.detail else each.name for each in found if not each.well]
    return f"open: {'; '.join(wrong)}" if wrong else "all well"


def _is_low(device: DeviceLine) -> bool:
    return device.battery is not None and device.battery < BATTERY_LOW
