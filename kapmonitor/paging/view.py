"""How the pagers stand, for whoever looks; and what of it is an alarm of the service itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import msgspec

from kapmonitor.model import Moment, rfc3339
from kapmonitor.paging.duty import Duty
from kapmonitor.paging.paging import Paging
from kapmonitor.paging.times import ACCEPTED_WITHIN_S, SHIFT_S

PagingAlarm = Literal["page-undelivered", "page-unaccepted", "pager-offline"]


class PagerView(msgspec.Struct, frozen=True, kw_only=True):
    """One pager. `place`: 1 is asked first; `on_call` until somebody else is, `covers_until` for a while.

    `answered_at`: when somebody last answered a page on it in this shift; `asked`: it was asked to take over.
    """

    id: str
    person: str
    place: int
    online: bool
    on_call: bool
    covers_until: str | None
    answered_at: str | None
    asked: bool


class Trouble(msgspec.Struct, frozen=True):
    """Something is wrong with paging: the alarm's name, what, and the rooms that it concerns."""

    alarm: PagingAlarm
    detail: str
    rooms: tuple[str, ...] = ()


def views(duty: Duty, moment: Moment) -> list[PagerView]:
    """All pagers in the order in which they are asked now."""
    online = duty.online(moment.at)

    def ts(at: float | None) -> str | None:
        return None if at is None else rfc3339(moment.utc + timedelta(seconds=at - moment.at))

    found: list[PagerView] = []
    for place, pager in enumerate(duty.order(moment.at), start=1):
        cover = duty.cover[1] if duty.cover is not None and duty.cover[0] == pager else None
        tested = duty.tested_at(pager)
        found.append(
            PagerView(
                id=pager,
                person=duty.holders[pager].person,
                place=place,
                online=pager in online,
                on_call=pager == duty.on_call,
                covers_until=ts(cover) if cover is not None and cover > moment.at else None,
                answered_at=ts(tested) if tested is not None and moment.at - tested < SHIFT_S else None,
                asked=any(each.pager == pager for each in duty.requests.values()),
            )
        )
    return found


def troubles(paging: Paging, now: float) -> Iterator[Trouble]:
    """What staff must know of paging at `now`; none of it ever pages anybody."""
    high = [call for call in paging.calling.calls.values() if call.alarm.priority == "high"]
    unheard = [
        call.alarm.room
        for call in high
        if call.called(now) in ("not-confirmed", "everyone")
        and not any(each.delivered for each in call.round())
    ]
    if unheard:
        yield Trouble("page-undelivered", "no pager has confirmed it", _rooms(unheard))
    unanswered = [
        call.alarm.room
        for call in high
        if call.accepted is None and not call.attended and now - call.round_at >= ACCEPTED_WITHIN_S
    ]
    if unanswered:
        yield Trouble("page-unaccepted", "nobody is coming", _rooms(unanswered))
    first = next(iter(paging.duty.order(now)), None)
    if first is not None and first not in paging.duty.within_reach(now):
        yield Trouble("pager-offline", f"{first} is on call")


def _rooms(rooms: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(room for room in rooms if room))
