"""Who is on call: hand-over by one command and one confirmation, cover, and the test page of a shift."""

from __future__ import annotations

import pytest

from kapmonitor.errors import RefusedError, UnknownError
from kapmonitor.paging.duty import Request
from kapmonitor.paging.times import ASK_S, PRESENT_AGAIN_S, SHIFT_S
from kapmonitor.paging.view import troubles
from tests.paging.desk import Desk


def asked(desk: Desk, pager: str, minutes: float | None = None) -> str:
    request = Request(pager, "nurse-1", desk.now, minutes)
    page_id = desk.paging.test(pager, desk.moment, "Take over?", request)
    desk.wait(1)
    return page_id


def first(desk: Desk) -> str:
    return desk.paging.duty.order(desk.now)[0]


def test_the_first_of_the_configuration_is_on_call_until_somebody_else_takes_over() -> None:
    desk = Desk("nurse-1", "nurse-2", "nurse-3")
    assert desk.paging.duty.order(0) == ["nurse-1", "nurse-2", "nurse-3"]
    asked(desk, "nurse-3")
    desk.answer("nurse-3", "delivered")
    desk.answer("nurse-3", "read")
    assert first(desk) == "nurse-1"
    desk.answer("nurse-3", "accepted")
    assert desk.paging.duty.order(desk.now) == ["nurse-3", "nurse-1", "nurse-2"]
    desk.alarm()
    assert desk.newest("nurse-3").kind == "page"


def test_a_hand_over_that_is_refused_or_comes_too_late_changes_nothing() -> None:
    desk = Desk("nurse-1", "nurse-2")
    asked(desk, "nurse-2")
    desk.answer("nurse-2", "rejected")
    assert first(desk) == "nurse-1"
    asked(desk, "nurse-2")
    desk.wait(ASK_S + 1)
    desk.answer("nurse-2", "accepted")
    assert first(desk) == "nurse-1"


def test_of_two_hand_overs_the_newer_one_counts() -> None:
    desk = Desk("nurse-1", "nurse-2", "nurse-3")
    asked(desk, "nurse-2")
    asked(desk, "nurse-3")
    desk.answer("nurse-2", "accepted")
    assert first(desk) == "nurse-1"
    desk.answer("nurse-3", "accepted")
    assert first(desk) == "nurse-3"


def test_cover_for_30_minutes_ends_by_itself() -> None:
    desk = Desk("nurse-1", "nurse-2")
    asked(desk, "nurse-2", minutes=30)
    desk.answer("nurse-2", "accepted")
    accepted_at = desk.now
    assert first(desk) == "nurse-2"
    assert desk.paging.duty.order(accepted_at + 1799)[0] == "nurse-2"
    assert desk.paging.duty.order(accepted_at + 1800)[0] == "nurse-1"


def test_a_pager_that_is_offline_or_unknown_cannot_be_asked() -> None:
    desk = Desk("nurse-1", "nurse-2", online=["nurse-1"])
    with pytest.raises(RefusedError, match="nurse-2 is offline"):
        asked(desk, "nurse-2")
    with pytest.raises(UnknownError, match="pagers: nurse-1, nurse-2"):
        asked(desk, "nurse-9")


def test_somebody_has_to_answer_the_test_page_of_each_shift() -> None:
    desk = Desk("nurse-1", "nurse-2")
    reachable = desk.paging.duty.reachable
    assert Desk().paging.duty.reachable(0) is None
    assert reachable(0) is False
    desk.paging.test("nurse-2", desk.moment, "Test.")
    desk.wait(1)
    desk.answer("nurse-2", "delivered")
    assert reachable(desk.now) is False  # a pager has it, but nobody has looked
    desk.answer("nurse-2", "read")
    assert reachable(desk.now) is True
    assert reachable(desk.now + SHIFT_S) is False
    desk.offline("nurse-2")
    assert reachable(desk.now) is False


def test_a_pager_has_to_be_seen_on_a_broker_that_came_back() -> None:
    desk = Desk("nurse-1", "nurse-2")
    desk.paging.connected(desk.now)
    desk.online("nurse-2")
    assert desk.paging.duty.online(desk.now + PRESENT_AGAIN_S - 1) == {"nurse-1", "nurse-2"}
    assert desk.paging.duty.online(desk.now + PRESENT_AGAIN_S) == {"nurse-2"}


def test_who_is_on_call_is_still_on_call_after_a_restart() -> None:
    desk = Desk("nurse-1", "nurse-2", "nurse-3")
    asked(desk, "nurse-3")
    desk.answer("nurse-3", "accepted")
    asked(desk, "nurse-2", minutes=30)
    desk.answer("nurse-2", "accepted")
    after = desk.restarted()
    assert after.paging.duty.order(after.now) == ["nurse-2", "nurse-3", "nurse-1"]
    after.online("nurse-3")
    assert after.paging.duty.reachable(after.now)


@pytest.mark.parametrize(
    ("online", "trouble"),
    [
        (["nurse-1", "nurse-2", "nurse-3"], []),
        (["nurse-2", "nurse-3"], ["pager-offline"]),
        (["nurse-1", "nurse-3"], []),  # whoever is passed over costs no time
        (["nurse-1"], ["backup-offline"]),
        (["nurse-3"], ["pager-offline"]),
        ([], ["pager-offline"]),
    ],
)
def test_somebody_to_call_first_and_somebody_after_that(online: list[str], trouble: list[str]) -> None:
    desk = Desk("nurse-1", "nurse-2", "nurse-3", online=online)
    assert [each.alarm for each in troubles(desk.paging, desk.now)] == trouble


def test_whoever_covers_is_called_first_and_whoever_is_covered_may_be_away() -> None:
    desk = Desk("nurse-1", "nurse-2", "nurse-3", online=["nurse-2", "nurse-3"])
    asked(desk, "nurse-2", minutes=30)
    desk.answer("nurse-2", "accepted")
    assert not list(troubles(desk.paging, desk.now))
    desk.paging.status("nurse-3", "offline", desk.moment)
    assert [each.detail for each in troubles(desk.paging, desk.now)] == [
        "nurse-2 is the only pager that is on"
    ]


def test_a_clinic_with_one_pager_is_not_told_so_for_ever() -> None:
    assert not list(troubles(Desk("nurse-1").paging, 0.0))
