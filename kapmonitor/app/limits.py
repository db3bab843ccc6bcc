"""Which alarm limits are in force, who has signed them, and what happens when the file is bad.

A bad file refuses a new start, not monitoring: with a session open the service starts on the last set that a
medical user has signed, or failing that on the shipped one, and says so.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.clock import Clock
from kapmonitor.config import parse_rules, rules_text
from kapmonitor.errors import ConfigError
from kapmonitor.storage.record import Record
from kapmonitor.storage.signatures import SignedRules

PROPOSALS = "The alarm limits are proposals: no medical user has signed them."


class LimitSet(msgspec.Struct, frozen=True):
    """The rules in force, the hash of their text, what staff should know of them, and the text itself."""

    rules: RuleSet
    hash: str
    notes: tuple[str, ...] = ()
    text: str = ""


def digest(text: str) -> str:
    """What identifies a set of limits: the SHA-256 of its text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


async def limits_in_force(path: Path | None, record: Record, clock: Clock) -> LimitSet:
    """The limits of `path` (None: the shipped ones), or the last signed ones where that file is bad.

    Raises:
        ConfigError: the file is bad, and no session is open that would need the service all the same.
    """
    try:
        text = rules_text(path)
        rules = parse_rules(text, str(path or "alarms.toml"))
    except ConfigError as bad:
        return await _last_signed(bad, record, clock)
    signed = await record.signatures.of(digest(text))
    return LimitSet(rules, digest(text), () if signed is not None else (PROPOSALS,), text)


async def rules_of(digested: str, now: LimitSet, record: Record) -> RuleSet | None:
    """The limits that a session ran with, by their hash: those of today, or signed ones; else None."""
    if digested == now.hash:
        return now.rules
    signed = await record.signatures.of(digested) if digested else None
    try:
        return None if signed is None else parse_rules(signed.text)
    except ConfigError:
        return None  # an older version could read them, this one cannot


async def _last_signed(bad: ConfigError, record: Record, clock: Clock) -> LimitSet:
    """What is in force where the file is bad; the shipped limits where nothing signed is any good."""
    if not await record.restart.open_sessions(clock.moment()):
        raise bad
    what = f"The file with the alarm limits is bad ({bad.mistakes[0]})"
    signed = await record.signatures.last()
    try:
        if signed is not None:
            rules = parse_rules(signed.text)
            since = f"those signed by {signed.name} on {signed.signed:%Y-%m-%d} are in force"
            return LimitSet(rules, signed.hash, (f"{what}; {since}.",), signed.text)
    except ConfigError as outdated:
        what += f", and so is what was signed last ({outdated.mistakes[0]})"
    text = rules_text()
    note = f"{what}; the shipped limits are in force, unsigned."
    return LimitSet(parse_rules(text), digest(text), (note,), text)


async def sign(path: Path | None, name: str, record: Record, clock: Clock) -> SignedRules:
    """Keep that the medical user `name` has signed the limits of `path` as they are now.

    Raises:
        ConfigError: the file is bad; what is bad cannot be signed.
    """
    text = rules_text(path)
    parse_rules(text, str(path or "alarms.toml"))
    signed = SignedRules(name, clock.utc(), text)
    record.signatures.sign(signed)
    await record.durable(5.0)
    return signed
