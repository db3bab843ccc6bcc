"""What was measured and waits to be written: it gives way, with a mark, before any alarm or entry does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from kapmonitor.storage.instants import Row
from kapmonitor.storage.putting import put, put_if_new
from kapmonitor.storage.tables import numeric, numeric_heading, unrecorded, wave_data, wave_heading
from kapmonitor.storage.waveforms import wave_parts

SECONDS_HELD = 600
"""So many rows of numbers a session wait for a disk that takes none: ten minutes."""
WAVES_HELD = 300
"""The same of waveforms, of all quantities of a session together."""
HEADINGS_KNOWN = 2000
"""When so many are known all are given again: a few hundred bytes each, and most sessions have a dozen."""


class Headings:
    """The headings of numbers that this process has given to the record, by their ids."""

    def __init__(self) -> None:
        """None yet."""
        self._known: dict[int, Row] = {}

    def new(self, heading: Row) -> bool:
        """Whether this one has to be given; it counts as given from now on."""
        if heading["id"] in self._known:
            return False
        if len(self._known) >= HEADINGS_KNOWN:
            self._known.clear()
        self._known[heading["id"]] = heading
        return True

    def all(self) -> dict[int, Row]:
        """Every one."""
        return dict(self._known)


@dataclass(slots=True)
class Measured:
    """Rows of numbers and waveforms, oldest first, and what had to be let go."""

    numerics: list[Row] = field(default_factory=list[Row])
    headings: dict[int, Row] = field(default_factory=dict[int, Row])
    waves: list[Row] = field(default_factory=list[Row])
    lost: dict[tuple[str, str], Row] = field(default_factory=dict[tuple[str, str], Row])

    def put_back(self, failed: Measured) -> None:
        """What could not be written goes before what came since."""
        self.numerics = failed.numerics + self.numerics
        self.headings = failed.headings | self.headings
        self.waves = failed.waves + self.waves
        later, self.lost = self.lost, failed.lost
        for row in later.values():
            self._mark(row)

    def without_waves(self) -> Measured:
        """Hand out what matters less; the rest is easier to write."""
        waves, self.waves = self.waves, []
        return Measured(waves=waves)

    def with_headings(self, known: Headings) -> Measured:
        """The same with every heading, for a record that may have none of them."""
        return replace(self, headings=known.all() | self.headings)

    def bound(self, sessions: int) -> None:
        """Let the oldest go of what has waited too long, and note it; `sessions` are open."""
        most = max(1, sessions)
        self.numerics = self._newest("numeric", self.numerics, most * SECONDS_HELD)
        self.waves = self._newest("wave", self.waves, most * WAVES_HELD)

    def _newest(self, what: str, rows: list[Row], most: int) -> list[Row]:
        if len(rows) <= most:
            return rows
        first = len(rows) - most
        for row in rows[:first]:
            self._mark(_mark_of(what, row))
        return rows[first:]

    def _mark(self, row: Row) -> None:
        name = (row["session"], row["what"])
        known = self.lost.get(name, row)
        self.lost[name] = {
            **known,
            "until_us": max(known["until_us"], row["until_us"]),
            "rows": row["rows"] + (0 if known is row else known["rows"]),
        }

    def write(self, connection: Connection) -> None:
        """Write everything, inside the transaction that `connection` is in; what is there already stays."""
        put_if_new(connection, numeric_heading, self.headings.values())
        put_if_new(connection, numeric, self.numerics)
        parts = [wave_parts(row) for row in self.waves]
        put_if_new(connection, wave_heading, {heading["id"]: heading for heading, _ in parts}.values())
        put_if_new(connection, wave_data, (data for _, data in parts))
        put(connection, unrecorded, self.lost.values())

    def rows(self) -> Iterator[tuple[str, Row]]:
        """All of them, with what `kapmonitor.storage.seals` calls their kind."""
        yield from (("heading", row) for row in self.headings.values())
        yield from (("numeric", row) for row in self.numerics)
        yield from (("wave", row) for row in self.waves)
        yield from (("unrecorded", row) for row in self.lost.values())


def _mark_of(what: str, row: Row) -> Row:
    at = row["t_us"]
    return {"session": row["session"], "what": what, "since_us": at, "until_us": at, "rows": 1}
