"""Whatever comes, in whatever order and however often: nothing lost, nothing shown twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.documents import encode
from kapmonitor.pager.box import Box
from kapmonitor.pager.facts import Answered, Fact, Sent, worth_keeping
from kapmonitor.pager.pulse import Pulse
from kapmonitor.pages import Page, RefusedMessageError, Status
from tests.pager.made import NOON, beat, linked, moment, page, payload, stored, taken


def shown(box: Box) -> list[tuple[str, str, bool]]:
    return [(each.page.page_id, each.status, each.withdrawn) for each in box.pages()]


def answers(box: Box) -> list[tuple[str, str]]:
    return [(each.page_id, each.status) for each in box.unsent()]


def answered(box: Box, status: Any, at: float = 0.0) -> list[Fact]:
    facts = box.answer(box.pages()[0], status, moment(at), linked(at))
    for fact in facts:
        box.apply(fact)
    return facts


def test_a_page_is_shown_and_called_delivered() -> None:
    box = Box()
    taken(box, payload())
    assert shown(box) == [("p-1", "delivered", False)]
    assert answers(box) == [("p-1", "delivered")]


def test_nothing_is_shown_or_answered_before_it_is_stored() -> None:
    box = Box()
    box.take(payload(), moment(0), linked())
    assert shown(box) == []
    assert answers(box) == []


@pytest.mark.parametrize(("origin", "drill"), [("live", False), ("simulated", True)])
def test_an_answer_is_as_simulated_and_as_much_of_a_drill_as_its_page(origin: str, *, drill: bool) -> None:
    box = Box()
    taken(box, encode(msgspec.structs.replace(page(), origin=origin, drill=drill)))
    answered(box, "accepted")
    said = [box.receipt(each) for each in box.unsent()]
    assert [(each.status, each.origin, each.drill) for each in said] == [
        ("delivered", origin, drill),
        ("accepted", origin, drill),
    ]


def test_a_page_that_could_not_be_stored_is_taken_anew_when_it_comes_again() -> None:
    box = Box()
    (received, _) = box.take(payload(), moment(0), linked())
    box.apply(received)
    box.not_stored("p-1")
    assert (shown(box), answers(box)) == ([("p-1", "delivered", False)], [])
    assert received in taken(box, payload())
    assert answers(box) == [("p-1", "delivered")]


def test_the_same_page_again_is_confirmed_again_and_shown_once() -> None:
    box = Box()
    taken(box, payload())
    box.apply(Sent("p-1", "delivered"))
    answered(box, "accepted")
    box.apply(Sent("p-1", "accepted"))
    taken(box, payload())
    assert shown(box) == [("p-1", "accepted", False)]
    assert answers(box) == [("p-1", "delivered"), ("p-1", "accepted")]


def test_a_newer_page_about_an_alarm_takes_its_place_and_asks_anew() -> None:
    box = Box()
    taken(box, payload("p-1", seq=3))
    answered(box, "accepted")
    taken(box, payload("p-2", seq=4))
    assert shown(box) == [("p-2", "delivered", False)]


def test_an_older_page_is_confirmed_and_not_shown() -> None:
    box = Box()
    taken(box, payload("p-2", seq=4))
    taken(box, payload("p-1", seq=3))
    assert shown(box) == [("p-2", "delivered", False)]
    assert answers(box) == [("p-2", "delivered"), ("p-1", "delivered")]


def test_a_withdrawn_page_is_over_also_when_it_comes_after_its_withdrawal() -> None:
    box = Box()
    taken(box, payload("p-1", seq=3))
    taken(box, payload("w-1", seq=4, kind="withdraw"))
    taken(box, payload("w-2", seq=9, kind="withdraw", alarm="alarm-2"))
    taken(box, payload("p-2", seq=8, alarm="alarm-2"))
    assert shown(box) == [("p-1", "delivered", True)]
    assert answered(box, "accepted") == []


def test_an_answer_can_be_changed_and_never_taken_back_to_read() -> None:
    box = Box()
    taken(box, payload())
    for status in ("read", "accepted", "read", "rejected", "accepted"):
        answered(box, status)
    assert shown(box) == [("p-1", "accepted", False)]
    assert answers(box) == [(("p-1"), each) for each in ("delivered", "read", "accepted", "rejected")]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00\xff" * 50,
        b"[" * 4000,
        b"x" * 1_000_000,
        json.dumps({"page_id": "p-1"}).encode(),
        payload(page_id="p-1; rm"),
        payload(room="../etc"),
        payload(seq=-1),
        payload(text="x" * 501),
    ],
)
def test_what_is_no_page_is_refused(garbage: bytes) -> None:
    with pytest.raises(RefusedMessageError):
        Box().take(garbage, moment(0), linked())


def test_a_retained_page_is_refused() -> None:
    with pytest.raises(RefusedMessageError, match="retained"):
        Box().take(payload(), moment(0), linked(), retained=True)


def test_no_text_gives_orders_to_a_terminal() -> None:
    box = Box()
    taken(box, payload(text="\x1b[2Jgone\x07\n\u202eback\x9b31m"))
    assert box.pages()[0].page.text == " [2Jgone   back 31m"


# How old a page is


def test_a_page_that_comes_late_is_late_by_the_services_clock_whatever_the_pagers_says() -> None:
    box = Box()
    facts = box.take(payload(sent=0), moment(90, wrong_by=-7200), linked(90))
    for fact in facts:
        box.apply(fact)
    assert box.pages()[0].late
    assert box.pages()[0].age_s == pytest.approx(90)


def test_a_page_from_before_the_first_heartbeat_is_judged_by_it() -> None:
    """What a broker kept for a pager that was away comes before anything else."""
    box, pulse = Box(), Pulse(1000.0)
    taken(box, payload("p-1", sent=0), at=300, pulse=pulse)
    taken(box, payload("p-2", sent=290, alarm="alarm-2"), at=300, pulse=pulse)
    assert not any(each.late for each in box.pages())
    pulse.take(beat(1, 302), 1302.0)
    for fact in stored(box.aged(moment(302), pulse)):
        box.apply(fact)
    assert {each.page.page_id: each.late for each in box.pages()} == {"p-1": True, "p-2": False}
    assert {each.page.page_id: each.age_s for each in box.pages()}["p-1"] == pytest.approx(300)
    assert box.aged(moment(303), pulse) == []


# Any order

PAGES = st.builds(
    page,
    st.sampled_from(["p-1", "p-2", "p-3", "p-4", "p-5"]),
    alarm=st.sampled_from(["alarm-1", "alarm-2"]),
    seq=st.integers(0, 4),
    kind=st.sampled_from(["page", "page", "withdraw", "summary", "test"]),
    priority=st.sampled_from(["high", "medium", "low"]),
)
STEPS = st.lists(PAGES | st.sampled_from(["read", "accepted", "rejected", "sent", "restart"]), max_size=25)


@given(STEPS)
def test_a_restart_at_any_point_changes_nothing_and_every_page_is_confirmed(steps: list[Page | str]) -> None:
    box, log = Box(), list[Fact]()
    confirmed: set[str] = set()
    for step in steps:
        facts: list[Fact] = []
        if isinstance(step, Page):
            facts = box.take(payload_of(step), moment(0), linked())
            confirmed.add(step.page_id)
        elif step == "sent":
            facts = [Sent(each.page_id, each.status) for each in box.unsent()[:1]]
        elif step == "restart":
            before = (shown(box), box.unsent())
            box = Box(stored(log))
            assert (shown(box), box.unsent()) == before
        elif box.pages():
            facts = box.answer(box.pages()[0], cast("Status", step), moment(0), linked())
        log += facts
        for fact in facts:
            box.apply(fact)
    ids = [each.page.page_id for each in box.pages()]
    assert len(ids) == len(set(ids))
    assert {fact.page_id for fact in log if isinstance(fact, Answered)} >= confirmed


def payload_of(document: Page) -> bytes:
    return payload(
        document.page_id,
        **{name: getattr(document, name) for name in ("alarm", "seq", "kind", "priority")},
    )


@given(st.permutations([page(f"p-{n}", seq=n) for n in range(5)] + [page("w", seq=5, kind="withdraw")]))
def test_in_whatever_order_a_withdrawn_alarm_is_over(order: list[Page]) -> None:
    box = Box()
    for each in order:
        taken(box, payload_of(each))
    assert all(each.withdrawn for each in box.pages())


def test_what_is_a_day_old_is_forgotten_and_the_rest_says_the_same() -> None:
    box, log = Box(), list[Fact]()
    for number, at in enumerate((0, 80_000)):
        log += taken(box, payload(f"p-{number}", alarm=f"alarm-{number}"), at=at)
    kept = worth_keeping(log, NOON + timedelta(hours=25))
    assert shown(Box(kept)) == [("p-1", "delivered", False)]
