"""Who is to be asked next: the state table of a call, as one function of what is known.

Read aloud, for a high alarm:

- Nobody is asked yet: ask who is on call; if that one holds another high alarm, the next one as well.
- All who were asked have rejected, are offline, or did not confirm within 15 s: ask the next one.
- 60 s without an acceptance: ask one more.
- 120 s without an acceptance, or nobody is left to ask: ask everybody, and let the station sound; again
  every 120 s.
- Only phones can be reached: ask everybody at once, and let the station sound.
- Somebody accepted: wait. Two or four minutes later nobody has said "here": begin anew with the next one.
- Somebody said "here": wait.

For a medium one: ask who is on call; the next one if that fails at once, or two minutes later. Nobody is
asked about a low one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

import msgspec

from kapmonitor.paging.calls import Asked, Call
from kapmonitor.paging.times import (
    ACCEPTED_WITHIN_S,
    DELIVERED_WITHIN_S,
    EVERYBODY_AFTER_S,
    MEDIUM_NEXT_S,
    REMIND_S,
)

EVERYBODY = 2


class Team(msgspec.Struct, frozen=True):
    """Whom there is to ask: all pagers in their order, those in reach, and those that hold a high alarm.

    `phones`: those in reach that are only phones.
    """

    order: Sequence[str]
    reach: frozenset[str]
    busy: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()

    @property
    def only_phones(self) -> bool:
        """Whether nobody else can be reached."""
        return bool(self.reach) and self.reach <= self.phones


class Ask(msgspec.Struct, frozen=True):
    """Ask this pager now."""

    pager: str
    level: int


def due(call: Call, team: Team, now: float) -> Ask | None:
    """The next one to ask about `call` at `now`; ask again until there is none.

    Changes of the call only what its own steps remember: its round, and that a step was done.
    """
    if call.nobody_came(now):
        call.late |= {pager for pager, each in call.asked.items() if each.answer == "accepted"}
        call.begin_round(now)
    if not team.order or call.accepted is not None or call.attended:
        return None
    if call.reminding:
        return _remind(call, team, now)
    return _high(call, team, now) if call.alarm.priority == "high" else _medium(call, team, now)


def _remind(call: Call, team: Team, now: float) -> Ask | None:
    """The one who had seen it before is asked alone; then it is as if nobody had been asked."""
    asked = next((each for each in call.round() if each.pager == call.reminding), None)
    if asked is None:
        return Ask(call.reminding, 0)
    if now - call.round_at >= REMIND_S or _failed(asked, team, now):
        call.begin_round(now)
    return due(call, team, now) if not call.reminding else None


def _high(call: Call, team: Team, now: float) -> Ask | None:
    waited = now - (call.round_at if call.everybody_at is None else call.everybody_at)
    if waited >= EVERYBODY_AFTER_S or (call.everybody_at is None and team.only_phones):
        call.everybody_at = now
    if call.everybody_at is not None:
        return next(_everybody(call, team, call.everybody_at), None)
    nobody = all(_failed(each, team, now) for each in call.round())
    helps = len(list(call.round())) == 1 and _first_is_busy(call, team)
    longer = waited >= ACCEPTED_WITHIN_S and not call.backed
    if not (nobody or helps or longer):
        return None
    following = _following(call, team)
    if longer and not nobody:
        call.backed = True
    if following is None and nobody:
        call.everybody_at = now
        return next(_everybody(call, team, now), None)
    return following


def _medium(call: Call, team: Team, now: float) -> Ask | None:
    if call.alarm.priority == "low":
        return None
    lost = all(_lost(each, team) for each in call.round())
    later = now - call.round_at >= MEDIUM_NEXT_S and not call.backed
    if later and not lost:
        call.backed = True
    return _following(call, team) if lost or later else None


def _following(call: Call, team: Team) -> Ask | None:
    """The next in order who was not asked in this round; who was late comes last."""
    tried = {each.pager for each in call.round()}
    order = sorted(team.order, key=lambda pager: pager in call.late)
    follows = next((pager for pager in order if pager not in tried), None)
    return None if follows is None else Ask(follows, int(bool(tried) or bool(call.late)))


def _everybody(call: Call, team: Team, since: float) -> Iterator[Ask]:
    """Everybody who was not asked since; not who has just said no, or whose page has come only since."""
    for pager in team.order:
        asked = call.asked.get(pager)
        if asked is None or asked.at < call.round_at:
            yield Ask(pager, EVERYBODY)
        elif asked.delivered_at < since:
            said_no = asked.taken.get("rejected", -inf)
            if asked.answer != "rejected" or since - said_no >= EVERYBODY_AFTER_S:
                yield Ask(pager, EVERYBODY)


def _first_is_busy(call: Call, team: Team) -> bool:
    return next(call.round()).pager in team.busy


def _lost(asked: Asked, team: Team) -> bool:
    """Nothing can come of it."""
    return asked.answer == "rejected" or (asked.pager not in team.reach and not asked.delivered)


def _failed(asked: Asked, team: Team, now: float) -> bool:
    """Nothing can come of it, or nothing has come."""
    gone = asked.pager not in team.reach  # it had the page, and is not there any more to answer it
    return _lost(asked, team) or gone or (not asked.delivered and now - asked.since >= DELIVERED_WITHIN_S)
