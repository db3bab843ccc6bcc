"""Seals: one link of the chain for all that a batch wrote without a link of its own.

That is what is measured second by second, and rows of which only the newest counts. A seal has the digest of
each row, by the row's name; its link has the digest of the seal. Of a row that was written more than once the
newest seal counts; an empty digest says that the row is gone.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from kapmonitor.storage.chain import Covered, Link, digest_of
from kapmonitor.storage.instants import Row
from kapmonitor.storage.tables import (
    alarm_state,
    display,
    login,
    numeric,
    numeric_heading,
    rule_set,
    service_state,
    session,
    unrecorded,
    user,
    wave,
)

KIND = "seal"
"""Of a seal's link."""
BYTES = 16
"""So much of a row's SHA-256 stands in the seal."""
GONE = b""

SEALED: Mapping[str, Covered] = {
    "session": Covered(
        session,
        ("id",),
        (
            "id", "room", "seat", "route", "drill", "phase", "started_us", "ended_us", "by", "ended_by",
            "origin", "rules", "client",
        ),
    ),
    "alarm-state": Covered(alarm_state, ("session",), ("session", "saved_us", "saved_at", "state")),
    "service-state": Covered(service_state, ("site",), ("site", "saved_us", "saved_at", "state")),
    "rules": Covered(rule_set, ("hash",), ("hash", "name", "signed_us", "text")),
    "heading": Covered(numeric_heading, ("id",), ("id", "columns")),
    "unrecorded": Covered(
        unrecorded, ("session", "what", "since_us"), ("session", "what", "since_us", "until_us", "rows")
    ),
    "numeric": Covered(numeric, ("session", "t_us"), ("session", "t_us", "heading", "data")),
    "wave": Covered(
        wave,
        ("session", "quantity", "t_us"),
        ("session", "quantity", "t_us", "device", "rate_hz", "samples", "codec", "data"),
    ),
    "user": Covered(user, ("id",), ("id", "role", "password_hash", "pin_hash", "disabled")),
    "login": Covered(
        login, ("key",), ("key", "user", "began_us", "used_us", "touched_us", "locked", "recent")
    ),
    "display": Covered(display, ("id",), ("id", "room", "key", "paired_us", "by")),
}  # fmt: skip
"""What is sealed, by kind."""


class Sealed(NamedTuple):
    """What a seal says of one row: `key` names it as its kind's `Covered` does."""

    kind: str
    key: tuple[str | int, ...]
    digest: bytes


def sealed(kind: str, row: Row) -> Sealed:
    """One row as it is written now."""
    covered = SEALED[kind]
    return Sealed(kind, tuple(row[name] for name in covered.key), digest_of(covered, row)[:BYTES])


def packed(rows: Iterable[Sealed]) -> bytes:
    """A seal as it is kept."""
    return zlib.compress(msgspec.msgpack.encode(list(rows)), 1)


def unpacked(data: bytes) -> list[Sealed]:
    """The inverse of `packed`.

    Raises:
        ValueError: that is no seal.
    """
    try:
        return msgspec.msgpack.decode(zlib.decompress(data), type=list[Sealed])
    except zlib.error as error:
        raise ValueError(f"no seal ({error})") from None


def link_of(data: bytes, t_us: int) -> Link:
    """The link of a seal that was made at `t_us`."""
    return Link(KIND, str(t_us), t_us, hashlib.sha256(data).digest())
