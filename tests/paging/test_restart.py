"""After a kill: what was remembered goes on, and what nobody needs any more is withdrawn."""

from __future__ import annotations

from tests.paging.desk import Desk


def announced(desk: Desk, **changes: object) -> None:
    """What a restart says of an alarm that was in force, and that all of it is said."""
    desk.alarm(event="update", seq=2, page=True, **changes)  # type: ignore[arg-type] # words of the test
    desk.paging.restored(desk.moment)


def test_a_page_that_was_remembered_and_not_confirmed_goes_out_again_as_it_was() -> None:
    before = Desk("nurse-1", "nurse-2")
    before.alarm()
    before.wait(2)
    after = before.restarted(gap_s=3)
    announced(after)
    after.wait(1)
    assert after.story() == [(1, "nurse-1", "page")]
    assert after.newest("nurse-1") == before.newest("nurse-1")
    after.until(10)  # 2 s, 3 s away, 10 s
    assert after.story()[1:] == [(10, "nurse-2", "page")]


def test_who_is_not_seen_on_the_broker_soon_after_a_restart_is_passed_over() -> None:
    before = Desk("nurse-1", "nurse-2")
    alarm = before.alarm()
    before.answer("nurse-1", "delivered")
    after = before.restarted(gap_s=1)
    after.paging.connected(after.now)
    after.online("nurse-2")
    announced(after)
    assert after.called(alarm) == ("delivered", None)
    after.until(15)
    assert after.story() == [(15, "nurse-2", "page")]


def test_the_waiting_goes_on_where_it_was() -> None:
    before = Desk("nurse-1", "nurse-2", "nurse-3")
    alarm = before.alarm()
    before.answer("nurse-1", "delivered")
    before.until(40)
    after = before.restarted(gap_s=10)
    for each in ("nurse-1", "nurse-2", "nurse-3"):
        after.online(each)
    announced(after)
    assert after.called(alarm) == ("delivered", None)
    after.until(9)
    assert after.story() == []
    after.until(10)  # 40 s, 10 s away, 10 s
    assert after.story() == [(10, "nurse-2", "page")]


def test_who_is_coming_is_still_coming() -> None:
    before = Desk("nurse-1", "nurse-2")
    alarm = before.alarm()
    before.answer("nurse-1", "accepted")
    before.until(100)
    after = before.restarted(gap_s=20)
    after.online("nurse-1")
    after.online("nurse-2")
    announced(after)
    assert after.called(alarm) == ("coming", "nurse-1")
    after.until(119)
    assert after.story() == []
    after.until(120)
    assert after.story() == [(120, "nurse-2", "page")]


def test_what_is_not_in_force_any_more_is_withdrawn() -> None:
    before = Desk("nurse-1")
    before.alarm()
    after = before.restarted()
    after.paging.restored(after.moment)
    after.wait(1)
    assert after.story() == [(1, "nurse-1", "withdraw")]
    after.wait(700)
    assert {each.page.kind for each in after.sent} == {"withdraw"}


def test_a_withdrawal_that_was_not_confirmed_goes_on_and_the_page_does_not() -> None:
    before = Desk("nurse-1")
    before.alarm()
    before.acknowledged()
    after = before.restarted()
    after.paging.restored(after.moment)
    after.wait(1)
    assert after.story() == [(1, "nurse-1", "withdraw")]
    assert after.newest("nurse-1") == before.newest("nurse-1")


def test_what_a_pager_had_confirmed_is_not_sent_again() -> None:
    before = Desk("nurse-1")
    before.alarm()
    before.answer("nurse-1", "delivered")
    after = before.restarted()
    after.online("nurse-1")
    announced(after)
    after.wait(20)
    assert after.sent == []


def test_an_alarm_that_is_worse_since_is_paged_anew() -> None:
    before = Desk("nurse-1")
    before.alarm()
    before.answer("nurse-1", "accepted")
    after = before.restarted()
    after.online("nurse-1")
    announced(after)
    after.alarm(event="escalate", seq=3)
    assert [each.page.seq for each in after.sent] == [3]
