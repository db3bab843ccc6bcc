"""Two courses of events beside each other: what is missing, what is extra, what is different. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from kapmonitor.flight.records import Said

APART_S = 1.0
"""The same event may come so much earlier or later (s), as where a driver said something else."""


class Pair(NamedTuple):
    """An event of then and the one of now that it is; one of the two may be missing."""

    then: Said | None
    now: Said | None

    @property
    def same(self) -> bool:
        """Whether both are there and say the same at the same time."""
        then, now = self.then, self.now
        if then is None or now is None:
            return False
        return _what(then) == _what(now) and abs(then.moment.at - now.moment.at) <= APART_S


def paired(then: Sequence[Said], now: Sequence[Said]) -> Iterator[Pair]:
    """All events of both, in order."""
    matcher = SequenceMatcher(None, [_what(each) for each in then], [_what(each) for each in now], False)  # noqa: FBT003 - autojunk; difflib's own argument
    for kind, from_then, to_then, from_now, to_now in matcher.get_opcodes():
        if kind == "equal":
            yield from map(Pair, then[from_then:to_then], now[from_now:to_now])
            continue
        yield from _unequal(then[from_then:to_then], now[from_now:to_now])


def _unequal(then: Sequence[Said], now: Sequence[Said]) -> Iterator[Pair]:
    """Events of one alarm and kind are one that is different; what is left is missing or extra."""
    left = list(now)
    for each in then:
        other = next((one for one in left if (one.alarm, one.event) == (each.alarm, each.event)), None)
        if other is not None:
            left.remove(other)
        yield Pair(each, other)
    yield from (Pair(None, each) for each in left)


def _what(said: Said) -> tuple[object, ...]:
    return (
        said.alarm,
        said.rule,
        said.priority,
        said.event,
        said.state,
        said.acknowledged,
        said.value,
        said.page,
    )
