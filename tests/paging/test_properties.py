"""Whatever happens in whatever order: nobody is forgotten, nobody called for nothing, and twice the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kapmonitor.paging.facts import PageSent
from kapmonitor.paging.times import APART_S, DELIVERED_WITHIN_S, EVERYBODY_AFTER_S
from tests.paging.desk import Desk

PAGERS = ("nurse-1", "nurse-2", "nurse-3")
ROOMS = ("room-1", "room-2")

pagers, rooms = st.sampled_from(PAGERS), st.sampled_from(ROOMS)
steps = st.one_of(
    st.tuples(st.just("alarm"), rooms, st.sampled_from(["high", "medium"])),
    st.tuples(st.just("worse"), rooms, st.just("high")),
    st.tuples(st.just("acknowledge"), rooms, st.sampled_from(["nurse-1", "dr-1"])),
    st.tuples(st.just("end"), rooms, st.none()),
    st.tuples(st.just("here"), rooms, st.none()),
    st.tuples(st.just("answer"), pagers, st.sampled_from(["delivered", "read", "accepted", "rejected"])),
    st.tuples(st.just("old answer"), pagers, st.sampled_from(["delivered", "accepted", "rejected"])),
    st.tuples(st.just("offline"), pagers, st.none()),
    st.tuples(st.just("online"), pagers, st.none()),
    st.tuples(st.just("reconnected"), st.none(), st.none()),
    st.tuples(st.just("wait"), st.none(), st.sampled_from([1.0, 7.0, 16.0, 31.0, 61.0, 125.0])),
)
scripts = st.lists(steps, max_size=40)


class Story:
    """Plays a script, and looks after each second whether what must hold holds."""

    def __init__(self) -> None:
        self.desk = Desk(*PAGERS)
        self.seq = 0
        self.number = 1
        self.open: dict[str, int] = {}

    def step(self, what: str, who: Any, how: Any) -> None:
        desk = self.desk
        self.seq += 1
        match what:
            case "alarm" | "worse" | "acknowledge" | "end":
                self.about_an_alarm(what, who, how)
            case "here":
                desk.is_here(who)
            case "answer" | "old answer":
                mine = [each.page for each in desk.sent if each.pager == who]
                if mine:
                    desk.answer(who, how, mine[-1] if what == "answer" else mine[len(mine) // 2])
            case "offline" | "online":
                desk.offline(who) if what == "offline" else desk.online(who)
            case "reconnected":
                desk.paging.connected(desk.now)
            case _:
                for _ in range(int(how)):
                    desk.wait(1.0)
                    self.nobody_is_forgotten()

    def about_an_alarm(self, what: str, room: str, how: Any) -> None:
        desk, seq = self.desk, self.seq
        if what == "alarm" and room not in self.open:
            self.number += 1
            self.open[room] = self.number
            desk.alarm(room=room, priority=how, seq=seq, number=self.number)
        elif what == "worse" and room in self.open:
            desk.alarm(room=room, event="escalate", seq=seq, number=self.open[room])
        elif what == "acknowledge" and room in self.open:
            number = self.open.pop(room)
            desk.alarm(room=room, event="acknowledge", seq=seq, page=False, by=how, number=number)
        elif what == "end" and room in self.open:
            number = self.open.pop(room)
            desk.alarm(room=room, event="end", seq=seq, page=False, state="inactive", number=number)

    def nobody_is_forgotten(self) -> None:
        desk = self.desk
        for call in desk.paging.calling.calls.values():
            if call.alarm.priority != "high" or call.accepted is not None or call.attended:
                continue
            round_asked = list(call.round())
            assert round_asked or desk.now - call.round_at <= APART_S
            online = desk.paging.duty.online(desk.now)
            waits_for_someone = any(
                each.pager in online
                and each.answer != "rejected"
                and (each.delivered or desk.now - each.since < DELIVERED_WITHIN_S)
                for each in round_asked
            )
            assert waits_for_someone or call.everybody_at is not None or not round_asked
            if round_asked and desk.now - call.round_at >= EVERYBODY_AFTER_S:
                assert call.called(desk.now) == "everyone"


def played(script: list[tuple[str, Any, Any]]) -> Desk:
    story = Story()
    for what, who, how in script:
        story.step(what, who, how)
    return story.desk


@settings(deadline=None, max_examples=25)
@given(scripts)
def test_whatever_happens_no_high_alarm_waits_for_nobody(script: list[tuple[str, Any, Any]]) -> None:
    played(script)


@settings(deadline=None, max_examples=20)
@given(scripts)
def test_what_was_withdrawn_never_pages_again(script: list[tuple[str, Any, Any]]) -> None:
    """In these scripts nothing that was acknowledged comes back under its old id."""
    withdrawn: set[tuple[str, str]] = set()
    for each in played(script).sent:
        if each.page.kind == "withdraw":
            withdrawn.add((each.pager, each.page.alarm))
        else:
            assert (each.pager, each.page.alarm) not in withdrawn


@settings(deadline=None, max_examples=20)
@given(scripts)
def test_the_same_script_gives_the_same_messages_each_remembered_first(
    script: list[tuple[str, Any, Any]],
) -> None:
    desk, again = played(script), played(script)
    assert desk.sent == again.sent
    assert desk.facts == again.facts
    remembered = [each.page for each in desk.facts if isinstance(each, PageSent)]
    assert remembered == [each.page for each in desk.first_sent()]


@settings(deadline=None, max_examples=20)
@given(scripts)
def test_of_one_alarm_a_pager_never_gets_an_older_page_after_a_newer_one(
    script: list[tuple[str, Any, Any]],
) -> None:
    newest: dict[tuple[str, str], int] = {}
    for each in played(script).sent:
        key = (each.pager, each.page.alarm)
        assert each.page.seq >= newest.get(key, 0)
        newest[key] = each.page.seq
