"""What of a session's record leaves it: by default neither who the client is nor free words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from kapmonitor.session.entries import AnyWhat, Client

WORDS: Mapping[str, frozenset[str]] = {
    "screened": frozenset({"text"}),
    "phase-entered": frozenset({"reason"}),
    "baseline-confirmed": frozenset({"posture", "cuff_size"}),
    "hold-passed": frozenset({"reason"}),
    "dose": frozenset({"reason"}),
    "symptom": frozenset({"text"}),
    "intervention": frozenset({"what"}),
    "rechecked": frozenset({"text"}),
    "note": frozenset({"text"}),
    "correction": frozenset({"text"}),
    "interrupted": frozenset({"with_whom"}),
    "switched-off": frozenset({"reason"}),
    "limit-moved": frozenset({"reason"}),
    "answered": frozenset({"answer"}),
    "item-signed": frozenset({"text"}),
    "ended": frozenset({"reason"}),
    "reopened": frozenset({"reason"}),
}
"""The fields in which people wrote what they liked, by the kind of entry: any of them may hold a name."""
CLIENT: Mapping[str, frozenset[str]] = {"opened": frozenset({"client"})}


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What may leave: `client`, code and number; `words`, what people wrote in notes, reasons and texts."""

    client: bool = False
    words: bool = False


NOTHING_PERSONAL = Share()


def kind(what: AnyWhat) -> str:
    """What an entry is called in the record: `phase-entered`."""
    return str(what.__struct_config__.tag)


def details(what: AnyWhat, share: Share) -> dict[str, Any]:
    """The fields of an entry that may leave, in plain JSON values; those that say nothing are left out."""
    held = set(withheld(what, share))
    fields = ((name, getattr(what, name)) for name in what.__struct_fields__)
    return {
        name: msgspec.to_builtins(value)
        for name, value in fields
        if name not in held and value is not None and value not in ("", ())
    }


def withheld(what: AnyWhat, share: Share) -> Iterator[str]:
    """The fields of an entry that say something and stay in the record."""
    name = kind(what)
    held: set[str] = set()
    if not share.words:
        held.update(WORDS.get(name, ()))
    if not share.client:
        held.update(CLIENT.get(name, ()))
    for field in what.__struct_fields__:
        if field in held and getattr(what, field) not in ("", None, Client()):
            yield field


def line(what: AnyWhat, share: Share) -> str:
    """An entry on one line: `dose: drug ketamine, amount 60, unit mg, route intramuscular`."""
    there = details(what, share)
    there.pop("id", None)  # long, and of use to machines only
    said = ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in there.items())
    return f"{kind(what)}: {said}" if said else kind(what)


def _plain(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case dict():
            pairs = cast("dict[str, object]", value).items()
            return " ".join(f"{name} {_plain(each)}" for name, each in pairs if each is not None)
        case list() | tuple():
            return " ".join(_plain(each) for each in cast("list[object]", value))
        case _:
            return str(value)
