"""Rule sets that somebody answers for: the record has their text as it was signed."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec
from sqlalchemy import select

from kapmonitor.storage.instants import from_us, to_us
from kapmonitor.storage.tables import rule_set
from kapmonitor.storage.writer import FAILURES, Writer


class SignedRules(msgspec.Struct, frozen=True):
    """A rule set that a medical user has signed: who, when, and the TOML text as it was."""

    name: str
    signed: datetime
    text: str

    @property
    def hash(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class Signatures:
    """Every rule set that was signed here, by its hash."""

    def __init__(self, writer: Writer) -> None:
        """`writer` is the record's."""
        self._writer = writer

    def sign(self, rules: SignedRules) -> None:
        """A medical user has signed a rule set."""
        row = {"name": rules.name, "signed_us": to_us(rules.signed), "text": rules.text, "hash": rules.hash}
        self._writer.pending.rule_sets[rules.hash] = row
        self._writer.changed(urgent=True)

    async def last(self) -> SignedRules | None:
        """The rule set that was signed last; None where there is none, or none can be read."""
        return await self._signed(None)

    async def of(self, digest: str) -> SignedRules | None:
        """The signed rule set with this hash; None likewise."""
        return await self._signed(digest)

    async def _signed(self, digest: str | None) -> SignedRules | None:
        wanted = select(rule_set).order_by(rule_set.c.signed_us.desc()).limit(1)
        if digest is not None:
            wanted = wanted.where(rule_set.c.hash == digest)
        try:
            async with self._writer.reading() as connection:
                row = (await connection.execute(wanted)).mappings().first()
        except FAILURES:  # the record's `problems` say so
            return None
        return None if row is None else SignedRules(row["name"], from_us(row["signed_us"]), row["text"])
