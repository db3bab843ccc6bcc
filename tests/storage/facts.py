"""Facts of every kind, by chance: what a session's record may have to keep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from kapmonitor.session.entries import AnyWhat, Arms, Client, Opened, Unreadable

KINDS: tuple[type[AnyWhat], ...] = tuple(
    kind for kind in get_args(AnyWhat) if kind not in (Opened, Unreadable)
)
Some = st.SearchStrategy[Any]

_CODES = st.from_regex("[A-Za-z0-9-]{0,40}", fullmatch=True)
_ARMS = st.sampled_from(("left", "right", "unknown"))
_SIMPLE: dict[object, Some] = {
    NoneType: st.none(),
    bool: st.booleans(),
    int: st.integers(-(2**53), 2**53),
    float: st.floats(-1e9, 1e9),
    str: st.text(st.characters(codec="utf-8"), max_size=40),
    datetime: st.datetimes(timezones=st.just(UTC)),
    Arms: st.builds(
        Arms, cuff=_ARMS, oximeter=_ARMS, infusion=st.none() | _ARMS, forbidden=st.none() | _ARMS
    ),
    Client: st.builds(Client, code=_CODES, number=_CODES),
}


def some(annotation: Any) -> Some:
    """Values of a field with this annotation."""
    arguments = get_args(annotation)
    match get_origin(annotation):
        case None:
            if isinstance(annotation, type) and issubclass(annotation, Enum):
                return st.sampled_from(list(annotation))
            return _SIMPLE[annotation]
        case origin if origin is Literal:
            return st.sampled_from(arguments)
        case origin if origin in (Union, UnionType):
            return st.one_of([some(each) for each in arguments])
        case origin if origin is tuple:
            return st.lists(some(arguments[0]), max_size=3).map(tuple)
        case origin if origin is Mapping:
            return st.dictionaries(some(arguments[0]), some(arguments[1]), max_size=3)
        case origin:
            raise TypeError(f"no values of {origin} are known here")


def of_kind(kind: type[AnyWhat]) -> st.SearchStrategy[AnyWhat]:
    """Facts of one kind, every field by chance."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{name: some(hints[name]) for name in kind.__struct_fields__})


facts: st.SearchStrategy[AnyWhat] = st.one_of([of_kind(kind) for kind in KINDS])
