"""One second's numbers of a session as a row of the record, and such rows as series.

All words of a second (quantity, unit, device, quality, reason) stand in its heading, which changes only where
one of them does: the row itself is a few dozen bytes, and hours of it are read at once.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from kapmonitor.documents import Value
from kapmonitor.model import Moment, Quality
from kapmonitor.session.history import QUALITIES, Series
from kapmonitor.storage.instants import Row, to_us

NOTHING = float("nan")
_DECIMALS = 3
"""More than any quantity has; a 32-bit float is rounded to these, and is then what it was."""


class Heading(NamedTuple):
    """What one number is: from which device, and how far it can be trusted (`reason`: why not)."""

    quantity: str
    unit: str
    device: str
    quality: str
    reason: str


class Second(NamedTuple):
    """One row of `numeric`, without its session."""

    t_us: int
    heading: int
    data: bytes


def second_rows(session: str, values: Mapping[str, Value], moment: Moment) -> tuple[Row, Row] | None:
    """The row of `numeric` and that of its heading; None where the session was never measured in."""
    shown = [(name, one) for name, one in values.items() if _worth_keeping(name, one)]
    if not shown:
        return None
    heading, text = _heading(
        tuple(
            Heading(name, one.unit, one.device or "", str(one.quality), one.reason or "")
            for name, one in shown
        )
    )
    numbers = [NOTHING if n is None else n for _, one in shown for n in (one.value, one.raw)]
    data = struct.pack(f"<{len(numbers)}f", *numbers)
    row = {"session": session, "t_us": to_us(moment.utc), "heading": heading, "data": data}
    return row, {"id": heading, "columns": text}


def series(
    seconds: Sequence[Second], headings: Mapping[int, str], only: str | None = None
) -> dict[str, Series]:
    """Every quantity of these seconds, or `only` that one; times rise.

    A second whose heading is not there is left out.
    """
    parts: dict[str, list[_Part]] = {}
    for heading, some in _by_heading(seconds).items():
        columns = _columns(headings.get(heading, "[]"))
        if not columns:
            continue
        times = np.array([each.t_us for each in some], np.int64)
        data = np.frombuffer(b"".join(each.data for each in some), "<f4").astype(np.float64)
        numbers = data.round(_DECIMALS).reshape(len(some), len(columns), 2)
        for place, column in enumerate(columns):
            if only not in (None, column.quantity):
                continue
            parts.setdefault(column.quantity, []).append(_Part(column, times, numbers[:, place, :]))
    return {quantity: _joined(found) for quantity, found in parts.items()}


class _Part(NamedTuple):
    """The seconds of one quantity that have the same heading; `numbers` has the shape (seconds, 2)."""

    heading: Heading
    t_us: NDArray[np.int64]
    numbers: NDArray[np.float64]


def _worth_keeping(name: str, one: Value) -> bool:
    """What was never seen has no device; and a cuff that is not inflated has no pressure to be missed."""
    return one.device is not None and not (name == "cuff_pressure" and one.value is None)


@lru_cache(maxsize=1024)
def _heading(columns: tuple[Heading, ...]) -> tuple[int, str]:
    text = msgspec.json.encode(columns).decode()
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1, text


def _columns(text: str) -> list[Heading]:
    return msgspec.json.decode(text, type=list[Heading])


def _by_heading(seconds: Iterable[Second]) -> dict[int, list[Second]]:
    found: dict[int, list[Second]] = {}
    for each in seconds:
        found.setdefault(each.heading, []).append(each)
    return found


def _joined(parts: Sequence[_Part]) -> Series:
    t_us = np.concatenate([part.t_us for part in parts])
    order = np.argsort(t_us, kind="stable")
    numbers = np.concatenate([part.numbers for part in parts])[order]
    reasons = tuple(dict.fromkeys(["", *(part.heading.reason for part in parts)]))
    newest = max(parts, key=lambda part: int(part.t_us[-1])).heading
    quality = [np.full(len(part.t_us), _code(part.heading.quality), np.uint8) for part in parts]
    devices = tuple(dict.fromkeys(part.heading.device for part in parts))
    device = [np.full(len(part.t_us), devices.index(part.heading.device), np.uint8) for part in parts]
    reason = [np.full(len(part.t_us), reasons.index(part.heading.reason), np.uint8) for part in parts]
    return Series(
        quantity=newest.quantity,
        unit=newest.unit,
        t_us=t_us[order],
        value=numbers[:, 0],
        raw=numbers[:, 1],
        quality=np.concatenate(quality)[order],
        reason=np.concatenate(reason)[order],
        device=np.concatenate(device)[order],
        devices=devices,
        reasons=reasons,
    )


def _code(quality: str) -> int:
    """A word of another version counts as nothing that could be relied on."""
    known = quality if quality in set(QUALITIES) else Quality.NOT_AVAILABLE
    return QUALITIES.index(Quality(known))
