"""What can stand in a flight recording: one struct a kind, in the order in which it happened. Pure.

`at` is in seconds of the service's monotonic clock; a `Moment` has UTC beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from kapmonitor.alarms.state import EngineState
from kapmonitor.model import BloodPressure, DeviceKind, DeviceReport, Moment, Origin, Reading
from kapmonitor.people import Person
from kapmonitor.session.around import CuffDoing
from kapmonitor.session.entries import AnyWhat, Entry
from kapmonitor.session.routes import RouteTable


class _Record(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Written as an array: its name, then its fields in their order; new ones only at the end."""


class Part(_Record, frozen=True, tag=True):
    """The session from its opening or from a restart on: all that its monitor was made of.

    `rules` are the rows of the limits in force. `state` is what the alarms remembered where the service came
    back after a restart, else None. No client's code or number stands in `entries`.
    """

    software: str
    session: str
    moment: Moment
    origin: Origin
    cuff: CuffDoing
    table: RouteTable
    rules: Sequence[Mapping[str, Any]]
    entries: Sequence[Entry]
    state: EngineState | None = None


# What passed over a device's link


class Attached(_Record, frozen=True, tag=True):
    """From here on the device is of this session.

    What of the same device follows with an earlier `at` is how the connection that is open now began.
    """

    at: float
    device: str
    driver: str
    origin: Origin


class Opened(_Record, frozen=True, tag=True):
    """A link to the device is open."""

    at: float
    device: str


class Came(_Record, frozen=True, tag=True):
    """Bytes from the device; a Bluetooth device's with their characteristic."""

    at: float
    device: str
    data: bytes
    characteristic: str = ""


class Wrote(_Record, frozen=True, tag=True):
    """Bytes to the device."""

    at: float
    device: str
    data: bytes
    characteristic: str = ""


Question = Literal["subscribe", "read", "has", "write"]


class Answered(_Record, frozen=True, tag=True):
    """A Bluetooth device's answer. `has` answers with one byte, 0 or 1; `error` is an error's class."""

    at: float
    device: str
    question: Question
    characteristic: str
    data: bytes = b""
    error: str = ""
    text: str = ""


class Lost(_Record, frozen=True, tag=True):
    """The link broke; `error` is the error's class."""

    at: float
    device: str
    error: str
    text: str


class Closed(_Record, frozen=True, tag=True):
    """The link was given up or is over."""

    at: float
    device: str


class Ordered(_Record, frozen=True, tag=True):
    """A cuff was told to start (`trigger`: who asked) or, with an empty `trigger`, to stop."""

    at: float
    device: str
    trigger: str


class LeftOut(_Record, frozen=True, tag=True):
    """From here on something is missing: the bytes of `device`, or (empty) `count` bytes of everything."""

    at: float
    device: str
    why: str
    count: int = 0


# What the session's monitor was told


class Began(_Record, frozen=True, tag=True):
    """The session was there."""

    moment: Moment


class Resumed(_Record, frozen=True, tag=True):
    """It went on after a restart or was reopened."""

    gap: AnyWhat | None
    moment: Moment


class Entered(_Record, frozen=True, tag=True):
    """A fact was entered as it was."""

    what: AnyWhat
    by: Person
    moment: Moment


class Commanded(_Record, frozen=True, tag=True):
    """Somebody asked for something, by the command's address below the session; `body` is its msgpack."""

    address: str
    body: bytes
    by: Person
    moment: Moment
    key: str = ""


class Acknowledged(_Record, frozen=True, tag=True):
    """Somebody acknowledged an alarm as it was at `seq`."""

    alarm: str
    seq: int
    by: str
    moment: Moment


class CuffRefused(_Record, frozen=True, tag=True):
    """The cuff could not be started."""

    reason: str
    moment: Moment


class Placed(_Record, frozen=True, tag=True):
    """The session went to a seat with such a cuff."""

    cuff: CuffDoing


class Took(_Record, frozen=True, tag=True):
    """What a device's driver made of its bytes at one moment, without waveforms."""

    device: str
    kind: DeviceKind
    origin: Origin
    readings: Sequence[Reading]
    pressures: Sequence[BloodPressure]
    moment: Moment


class Reported(_Record, frozen=True, tag=True):
    """A supervisor's word about its device."""

    report: DeviceReport
    moment: Moment


class Compared(_Record, frozen=True, tag=True):
    """Strap and oximeter were compared: whether they are on one person."""

    same: bool
    moment: Moment


class Ticked(_Record, frozen=True, tag=True):
    """A second was over."""

    moment: Moment


class Ended(_Record, frozen=True, tag=True):
    """The session was over."""


# What came of it


class Said(_Record, frozen=True, tag=True):
    """One event of one alarm, as it was published."""

    moment: Moment
    instance: str
    alarm: str
    rule: str
    priority: str
    event: str
    state: str
    acknowledged: bool
    value: float | None
    page: bool


LinkRecord = Opened | Came | Wrote | Answered | Lost | Closed | Ordered
Told = (
    Began
    | Resumed
    | Entered
    | Commanded
    | Acknowledged
    | CuffRefused
    | Placed
    | Took
    | Reported
    | Compared
    | Ticked
    | Ended
)
Record = Part | Attached | LinkRecord | LeftOut | Told | Said
