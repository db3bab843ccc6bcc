"""All calls at once: who is asked about each, in which words, and what the alarms' documents say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from kapmonitor import documents
from kapmonitor.documents import Alarm, Message
from kapmonitor.model import Moment
from kapmonitor.pages import Kind, Page
from kapmonitor.paging import writing
from kapmonitor.paging.calls import Call
from kapmonitor.paging.duty import Duty
from kapmonitor.paging.escalation import Team, due
from kapmonitor.paging.limits import Limits
from kapmonitor.paging.post import URGENCY, Post


class Calling:
    """The calls by alarm. `alarms` are documents that changed by it, and wait to be published."""

    def __init__(self, duty: Duty, post: Post) -> None:
        """`duty` says whom to ask, `post` takes the pages."""
        self.calls: dict[str, Call] = {}
        self.alarms: list[Message] = []
        self._duty = duty
        self._post = post
        self._limits = Limits()

    def call(self, alarm: Alarm, moment: Moment, reminding: str = "") -> None:
        """People are to be called; within 30 s of the last call about the same hazard only at their end.

        `reminding`: the pager of whoever had seen this alarm before.
        """
        call = self.calls.get(alarm.alarm)
        if call is None:
            call = self.calls[alarm.alarm] = Call(alarm, moment.at, reminding=reminding)
        wait_until = self._limits.until(alarm, moment.at)
        if wait_until > moment.at:
            call.held_until, call.held = wait_until, call.held + 1
        else:
            self._ask_anew(call, moment)
        self.look((call,), moment)

    def go_on(self, call: Call, moment: Moment) -> None:
        """A call of before a restart stands as it stood."""
        self.calls[call.alarm.alarm] = call
        self.look((call,), moment)

    def changed(self, alarm: Alarm, now: float) -> Alarm:
        """The alarm's newest document; it comes back with what is known of its call."""
        call = self.calls.get(alarm.alarm)
        if call is None or alarm.state == "inactive" or alarm.acknowledged:
            return alarm
        call.alarm = alarm
        call.alarm = self._told(call, now)
        return call.alarm

    def over(self, alarm: Alarm, moment: Moment) -> None:
        """It was acknowledged or is over: whoever was asked is told so, and nobody is asked any more."""
        call = self.calls.pop(alarm.alarm, None)
        for asked in () if call is None else call.asked.values():
            page_id, level = self._post.page_id(), asked.page.level
            document = writing.about(alarm, "withdraw", page_id, level, moment)
            document = msgspec.structs.replace(document, seq=max(alarm.seq, asked.page.seq))
            self._post.send(document, asked.pager, moment.at, moment)

    def second(self, moment: Moment) -> None:
        """What time alone does."""
        calls = self.urgent_first()
        for call in calls:
            if call.held and moment.at >= call.held_until:
                self._ask_anew(call, moment)
        self.look(calls, moment)

    def look(self, calls: Iterable[Call], moment: Moment) -> None:
        """Ask whoever is to be asked now, and say where each call stands."""
        holds = self._holds()
        for call in calls:
            if call.asked or moment.at >= call.held_until:
                team = self._team(call, holds, moment.at)
                while (ask := due(call, team, moment.at)) is not None:
                    self._send(call, ask.pager, ask.level, moment)
            if moment.at >= call.held_until:
                call.held = 0
            told = self._told(call, moment.at)
            if told != call.alarm:
                call.alarm = msgspec.structs.replace(told, ts=moment.ts)
                self.alarms.append(documents.alarm(call.alarm))

    def standing(self, pager: str, now: float) -> list[Page]:
        """What this pager should show, as it was sent: calls that go on, and a test nobody has answered."""
        calls = (call.asked.get(pager) for call in self.urgent_first())
        test = self._post.tests.get(pager)
        asks = test is not None and test.answer is None and now - test.at < test.page.ttl_s
        return [each.page for each in (*calls, test if asks else None) if each is not None]

    def urgent_first(self) -> list[Call]:
        """All calls: high before medium, the older one first."""
        return sorted(self.calls.values(), key=lambda call: (URGENCY[call.alarm.priority], call.round_at))

    def _ask_anew(self, call: Call, moment: Moment) -> None:
        """A new round, or, where nobody is coming yet, the newest state to all who were asked."""
        self._limits.called(call.alarm, moment.at)
        call.seq = call.alarm.seq
        asked = [] if call.attended else list(call.round())
        if asked and not any(each.answer == "accepted" for each in asked):
            for each in asked:
                self._send(call, each.pager, each.page.level, moment)
            return
        reminding = "" if asked else call.reminding
        call.begin_round(moment.at)
        call.reminding = reminding
        call.asked = {pager: each for pager, each in call.asked.items() if each.at < moment.at}

    def _send(self, call: Call, pager: str, level: int, moment: Moment) -> None:
        kind: Kind = "summary" if call.held and moment.at >= call.held_until else "page"
        before = call.asked.get(pager)
        waiting = before is not None and not before.delivered and before.at >= call.round_at
        document = writing.about(call.alarm, kind, self._post.page_id(), level, moment, call.held)
        since = before.since if before is not None and waiting else None
        call.asked[pager] = self._post.send(document, pager, call.round_at, moment, since)

    def _told(self, call: Call, now: float) -> Alarm:
        accepted = call.accepted
        coming = None if accepted is None else self._duty.who(accepted.pager)
        return msgspec.structs.replace(call.alarm, coming=coming, called=call.called(now))

    def _holds(self) -> Counter[tuple[bool, str]]:
        """How many high alarms each pager was asked about and has not rejected, in drills and in earnest."""
        return Counter(
            (call.alarm.drill, asked.pager)
            for call in self.calls.values()
            if call.alarm.priority == "high"
            for asked in call.round()
            if asked.answer != "rejected"
        )

    def _team(self, call: Call, holds: Counter[tuple[bool, str]], now: float) -> Team:
        order, here = self._duty.order(now), {each.pager for each in call.round()}
        busy = frozenset(pager for pager in order if holds[call.alarm.drill, pager] > (pager in here))
        return Team(order, self._duty.within_reach(now), busy, self._duty.only_as_phones(now))
