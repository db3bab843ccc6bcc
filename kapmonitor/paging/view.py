"""How the pagers stand, for whoever looks; and what of it is an alarm of the service itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from kapmonitor.model import Moment, rfc3339
from kapmonitor.pages import Status
from kapmonitor.paging.calls import Asked
from kapmonitor.paging.paging import Paging
from kapmonitor.paging.times import ACCEPTED_WITHIN_S, SHIFT_S

PagingAlarm = Literal["page-undelivered", "page-unaccepted", "pager-offline", "backup-offline"]


class TestView(msgspec.Struct, frozen=True):
    """The newest test page of a pager: when it was sent, what came back last, and when that was."""

    sent_at: str
    said: Status | None = None
    said_at: str | None = None


class PagerView(msgspec.Struct, frozen=True, kw_only=True):
    """One pager. `place`: 1 is asked first; `on_call` until somebody else is, `covers_until` for a while.

    `answered_at`: when somebody last answered a page on it in this shift; `asked`: it was asked to take over.
    `phone_only`: it is online only because somebody looks at a phone. `taken_by`: who has it on a phone,
    since `taken_at`; `sound`: that may sound; `battery` of the phone in %. `heard_at`: when anything came.
    """

    id: str
    person: str
    place: int
    online: bool
    on_call: bool
    covers_until: str | None
    answered_at: str | None
    asked: bool
    phone_only: bool = False
    taken_by: str = ""
    taken_at: str | None = None
    sound: bool | None = None
    battery: float | None = None
    heard_at: str | None = None
    test: TestView | None = None


class Trouble(msgspec.Struct, frozen=True):
    """Something is wrong with paging: the alarm's name, what, and the rooms that it concerns."""

    alarm: PagingAlarm
    detail: str
    rooms: tuple[str, ...] = ()


def views(paging: Paging, moment: Moment) -> list[PagerView]:
    """All pagers in the order in which they are asked now."""
    order = paging.duty.order(moment.at)
    return [_view(paging, pager, place, moment) for place, pager in enumerate(order, start=1)]


def _view(paging: Paging, pager: str, place: int, moment: Moment) -> PagerView:
    duty, now = paging.duty, moment.at
    cover = duty.cover[1] if duty.cover is not None and duty.cover[0] == pager else None
    answered, phone = duty.tested_at(pager), duty.phones.taken.get(pager)
    return PagerView(
        id=pager,
        person=duty.holders[pager].person,
        place=place,
        online=pager in duty.online(now),
        on_call=pager == duty.on_call,
        covers_until=_ts(cover, moment) if cover is not None and cover > now else None,
        answered_at=_ts(answered, moment) if answered is not None and now - answered < SHIFT_S else None,
        asked=any(each.pager == pager for each in duty.requests.values()),
        phone_only=pager in duty.only_as_phones(now),
        taken_by="" if phone is None else phone.person,
        taken_at=None if phone is None else _ts(phone.since, moment),
        sound=None if phone is None else phone.said.sound,
        battery=None if phone is None else phone.said.battery,
        heard_at=_ts(duty.heard_at.get(pager), moment),
        test=_test(paging.tests.get(pager), moment),
    )


def _test(asked: Asked | None, moment: Moment) -> TestView | None:
    if asked is None:
        return None
    said, at = next(reversed(asked.taken.items()), (None, None))
    return TestView(asked.page.sent_at, said, _ts(at, moment))


def _ts(at: float | None, moment: Moment) -> str | None:
    return None if at is None else rfc3339(moment.utc + timedelta(seconds=at - moment.at))


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
    yield from _absent(paging.duty.order(now), paging.duty.within_reach(now))


def _absent(order: Sequence[str], reach: Collection[str]) -> Iterator[Trouble]:
    """Who is called first, or all who come after: any one of those will do."""
    if order and order[0] not in reach:
        yield Trouble("pager-offline", f"{order[0]} is on call")
    elif len(order) > 1 and not set(order[1:]) & set(reach):
        yield Trouble("backup-offline", f"{order[0]} is the only pager that is on")


def _rooms(rooms: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(room for room in rooms if room))
