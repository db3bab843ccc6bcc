"""How a site stands, made by hand: devices of every kind of trouble, limits that somebody has changed."""

from __future__ import annotations

from collections.abc import Sequence

from kapmonitor.alarms.compared import differences, lines
from kapmonitor.errors import RefusedError
from kapmonitor.people import Person, Task
from kapmonitor.standing import (
    CheckView,
    DeviceLine,
    Heard,
    LimitsView,
    Part,
    Point,
    Signature,
    in_a_line,
    points,
)
from tests.alarms.script import default_rules

HASH = "5" * 64
AT = "2026-11-22T07:58:12.000Z"


def device(name: str, status: str = "online", **changes: object) -> DeviceLine:
    """A device of `room-1`; `name` begins with its kind."""
    fields: dict[str, object] = {
        "id": name, "kind": name.partition("-")[0], "driver": "heart-rate-strap", "model": "H10",
        "firmware": "3.1", "serial_number": "0A1B2C3D", "room": "room-1", "seat": "a", "origin": "live",
        "status": status,
        "battery": 81.0, "signal": -67.0, "heard_s": 0.4, "text": "working", "advice": "",
    }  # fmt: skip
    return DeviceLine(**(fields | changes))  # type: ignore[arg-type] # a test's own words


class Standing:
    """Implements `ports.SiteDesk`; `signed_by` and `noted` are what people did."""

    def __init__(self) -> None:
        self.signed_by: list[tuple[str, str]] = []
        self.noted: list[tuple[str, str]] = []
        self.there = [
            device("strap-1"),
            device("oximeter-1", "offline", battery=12.0, heard_s=3700.0, text="the port is gone",
                   advice="Check power, cable and distance. It is looked for again by itself."),
            device("cuff-1", "offline", sleeps=True, battery=None, signal=None, heard_s=None),
        ]  # fmt: skip
        self.broken = [
            Part("recording", well=True, text=""),
            Part("broker", well=False, text="The broker does not answer."),
        ]

    def devices(self) -> Sequence[DeviceLine]:
        return self.there

    def parts(self) -> Sequence[Part]:
        return self.broken

    async def limits(self) -> LimitsView:
        rules, last = default_rules(), Signature("Dr. A. Example", AT)
        before = rules.with_limits({"spo2-low": {"limit": 93.0, "clear": 94.0}})
        return LimitsView(
            hash=HASH,
            signed=Signature(self.signed_by[-1][1], AT) if self.signed_by else None,
            last=last,
            differences=differences(rules, before),
            rules=lines(rules)[:4],  # enough to look at
        )

    async def sign(self, digest: str, name: str, *, by: Person) -> None:
        by.must_be_allowed(Task.SIGN_LIMITS)
        if digest != HASH:
            raise RefusedError("These are not the limits in force any more.")
        self.signed_by.append((by.id, name))

    async def check(self) -> CheckView:
        found = self._points(None)
        return CheckView(found, AT, *self.noted[-1]) if self.noted else CheckView(found)

    async def checked(self, sound: Heard, *, by: Person, address: str = "") -> CheckView:
        del address
        by.must_be_allowed(Task.CHECK_DAY)
        self.noted.append((by.id, in_a_line(self._points(sound))))
        return await self.check()

    def _points(self, sound: Heard | None) -> tuple[Point, ...]:
        return points(self.there, self.broken, signed=bool(self.signed_by), reachable=False, sound=sound)
