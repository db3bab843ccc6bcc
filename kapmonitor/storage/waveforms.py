"""Waveforms as rows of the record: about a second each; `samples` has their codecs."""

from __future__ import annotations

import hashlib
from collections import deque
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np

from kapmonitor.model import Moment, Waveform
from kapmonitor.session.history import WaveBlock
from kapmonitor.storage.instants import Row, to_us
from kapmonitor.storage.samples import packed, unpacked

JITTER_S = 0.25
"""Pieces that come so much too early or late still follow each other (s): radio delivers in bursts."""
LONGEST_S = 2.0
"""A row is never longer, whoever forgets to cut it (s)."""
ROWS_KNOWN = 16
"""Of so many of the newest rows of a waveform the times are known: some seconds of several devices."""


class _Open(NamedTuple):
    """Samples that wait for the second to be over; the first is of `t_us`."""

    t_us: int
    rate_hz: float
    values: list[float]

    @property
    def end_us(self) -> int:
        return self.t_us + round(len(self.values) * 1e6 / self.rate_hz)


Name = tuple[str, str, str]
"""A session, a device and a quantity."""


class Waves:
    """Puts the pieces that devices send together."""

    def __init__(self) -> None:
        """Nothing waits."""
        self._open: dict[Name, _Open] = {}
        self._ends: dict[Name, int] = {}
        self._taken: dict[tuple[str, str], deque[int]] = {}

    def add(self, session: str, device: str, piece: Waveform, moment: Moment) -> list[Row]:
        """Take in samples of which the last came at `moment`; rows that are complete by that."""
        if not piece.values or piece.rate_hz <= 0:
            return []
        name = (session, device, piece.quantity)
        starts = to_us(moment.utc) - round(len(piece.values) * 1e6 / piece.rate_hz)
        there, end = self._open.get(name), self._ends.get(name)
        follows = end is not None and abs(starts - end) <= JITTER_S * 1e6
        done: list[Row] = []
        if there is not None and (not follows or there.rate_hz != piece.rate_hz):
            done, there = self._cut(name), None
        if there is None:
            there = _Open(end if follows and end is not None else starts, piece.rate_hz, [])
            self._open[name] = there
        there.values.extend(piece.values)
        self._ends[name] = there.end_us
        return done + (self._cut(name) if len(there.values) >= LONGEST_S * there.rate_hz else [])

    def cut(self, session: str) -> list[Row]:
        """All that waits of a session: its second is over."""
        return [
            row for name in [each for each in self._open if each[0] == session] for row in self._cut(name)
        ]

    def end(self, session: str) -> list[Row]:
        """The same, and nothing more will come."""
        rows = self.cut(session)
        for name in [each for each in self._ends if each[0] == session]:
            del self._ends[name]
            self._taken.pop((session, name[2]), None)
        return rows

    def _cut(self, name: Name) -> list[Row]:
        session, device, quantity = name
        there = self._open.pop(name)
        codec, data = packed(there.values)
        row = {
            "session": session,
            "quantity": quantity,
            "t_us": self._place(session, quantity, there.t_us),
            "device": device,
            "rate_hz": there.rate_hz,
            "samples": len(there.values),
            "codec": codec,
            "data": data,
        }
        return [row]

    def _place(self, session: str, quantity: str, t_us: int) -> int:
        """`t_us`; where another device has that very microsecond the next one: it tells rows apart."""
        taken = self._taken.setdefault((session, quantity), deque(maxlen=ROWS_KNOWN))
        while t_us in taken:
            t_us += 1
        taken.append(t_us)
        return t_us


def wave_parts(row: Row) -> tuple[Row, Row]:
    """A row of `wave` as one of `wave_heading` and one of `wave_data`."""
    named = {name: row[name] for name in ("session", "quantity", "device", "rate_hz", "codec")}
    heading = _heading_id(*named.values())
    data = {name: row[name] for name in ("t_us", "samples", "data")}
    return {"id": heading, **named}, {"heading": heading, **data}


@lru_cache(maxsize=1024)
def _heading_id(*words: str | float) -> int:
    return int.from_bytes(hashlib.sha256(msgspec.json.encode(words)).digest()[:8], "big") >> 1


def wave_block(row: Row) -> WaveBlock:
    """One row of `wave`; damaged ones have no samples."""
    try:
        values = unpacked(row["codec"], row["data"])
    except ValueError:
        values = np.empty(0, np.float32)
    return WaveBlock(
        quantity=row["quantity"],
        device=row["device"],
        t_us=row["t_us"],
        rate_hz=row["rate_hz"],
        values=values,
    )
