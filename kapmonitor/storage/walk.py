"""Along the chain of hashes, link by link: what no longer fits, and which rows have no link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row

from kapmonitor.storage import seals
from kapmonitor.storage.chain import LINKED, OLDER, START, hash_of
from kapmonitor.storage.faults import Older, named, when

SHOWN = 10
"""So many missing numbers are named."""


class Seen(NamedTuple):
    """One row that has a link, as it stands in the record now; `id` is its place, where it has one."""

    digest: bytes
    t_us: int
    id: int


Rows = dict[tuple[str, str], Seen]


class Walk:
    """Goes along the chain. `faults` are what does not fit; after a break it goes on from there."""

    def __init__(self, rows: Rows, head: str) -> None:
        """`rows`: those that have links; `head`: one that must be in the chain, or its beginning."""
        self.faults: list[str] = []
        self.links = self.found = 0
        self.before = START
        self.older: Mapping[str, int] = {}
        self._rows = rows
        self._head = head.strip().lower()
        self._head_seen = not self._head
        self._last: int = 0
        self._last_us: int = 0
        self._places: dict[str, int] = {}
        self._numbers: dict[str, list[int]] = {}
        for kind, of in rows:
            if kind == "entry":
                session, _, seq = of.rpartition("/")
                self._numbers.setdefault(session, []).append(int(seq))

    def link(self, link: Row[Any]) -> None:
        """The next one."""
        hashed = bytes(link.hash)
        if link.seq != self._last + 1:
            missing = f"{self._last + 1} to {link.seq - 1}"
            self.faults.append(f"Links {missing} of the chain are missing, before {when(link.t_us)}.")
        elif hash_of(self.before, link.seq, link.kind, link.of, bytes(link.digest)) != hashed:
            self._changed(link)
        if link.kind == OLDER:
            self._read_older(link)
        elif link.kind == seals.KIND:
            if link.of != str(link.t_us):
                self._changed(link)
        else:
            self._row(link)
        self.links += 1
        self._last, self._last_us, self.before = link.seq, link.t_us, hashed
        self._head_seen = self._head_seen or hashed.hex().startswith(self._head)

    def end(self, given: int) -> None:
        """There are no more; `given` is the highest number that one ever had."""
        if given > self._last:
            since = f"since {when(self._last_us)}" if self.links else "all of it"
            self.faults.append(
                f"The end of the chain is cut off: links {self._last + 1} to {given}, {since}."
            )
        if not self._head_seen:
            self.faults.append(
                f"The head {self._head} is not in the chain: its end was cut off or written anew."
            )
        self.faults += self._without_number()

    def unlinked(self, older: Older) -> None:
        """The rows that no link was about."""
        for (kind, of), seen in self._rows.items():
            older.found(LINKED[kind].table.name, named(kind, of), seen.t_us)

    def _changed(self, link: Row[Any]) -> None:
        self.faults.append(
            f"Link {link.seq} of the chain was changed or does not follow the one before: {when(link.t_us)}."
        )

    def _read_older(self, link: Row[Any]) -> None:
        with suppress(msgspec.DecodeError):  # then its hash has told
            self.older = msgspec.json.decode(link.of, type=dict[str, int])
            if self.older.get("t_us") != link.t_us:
                self._changed(link)

    def _row(self, link: Row[Any]) -> None:
        row, name = self._rows.pop((link.kind, link.of), None), named(link.kind, link.of)
        if row is None:
            self.faults.append(f"{name} is missing; it was recorded {when(link.t_us)}.")
            return
        self.found += 1
        if row.digest != bytes(link.digest):
            self.faults.append(f"{name} was changed after it was recorded {when(link.t_us)}.")
        elif row.t_us != link.t_us:
            self._changed(link)
        if row.id < self._places.get(link.kind, 0):
            self.faults.append(f"{name} stands in another place than it was recorded in, {when(link.t_us)}.")
        self._places[link.kind] = row.id

    def _without_number(self) -> Iterator[str]:
        """Entries of a session are numbered without a gap."""
        for session, found in self._numbers.items():
            missing = sorted(set(range(1, max(found) + 1)) - set(found))
            if missing:
                shown = ", ".join(str(each) for each in missing[:SHOWN])
                yield f"Session {session} has no entry {shown}{' …' if len(missing) > SHOWN else ''}."
