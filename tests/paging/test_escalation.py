"""Who is asked when: the state table, line by line."""

from __future__ import annotations

import msgspec
import pytest

from kapmonitor.pages import RefusedMessageError
from tests.paging.desk import Desk


def test_a_high_alarm_calls_whoever_is_on_call_at_once() -> None:
    desk = Desk("nurse-1", "nurse-2")
    alarm = desk.alarm()
    assert desk.story() == [(0, "nurse-1", "page")]
    page = desk.newest("nurse-1")
    assert (page.alarm, page.seq, page.priority, page.room, page.seat, page.level) == (
        alarm,
        1,
        "high",
        "room-1",
        "a",
        0,
    )
    assert desk.called(alarm) == ("calling", None)


def test_what_pages_nobody_calls_nobody() -> None:
    desk = Desk("nurse-1")
    alarm = desk.alarm(priority="low", page=False)
    desk.wait(600)
    assert desk.story() == []
    assert desk.called(alarm) == ("nobody", None)


def test_without_pagers_nothing_happens() -> None:
    desk = Desk()
    alarm = desk.alarm()
    desk.wait(300)
    assert (desk.story(), desk.facts, desk.called(alarm)) == ([], [], ("nobody", None))


def test_not_delivered_in_15_seconds_is_sent_again_and_the_next_one_is_called() -> None:
    desk = Desk("nurse-1", "nurse-2", "nurse-3")
    alarm = desk.alarm()
    desk.until(14)
    assert len(desk.sent) == 1
    desk.until(15)
    assert [(each.at, each.pager, each.page.level) for each in desk.sent] == [
        (0, "nurse-1", 0),
        (15, "nurse-2", 1),
        (15, "nurse-1", 0),
    ]
    assert desk.sent[0].page == desk.sent[2].page
    assert desk.called(alarm) == ("not-confirmed", None)
    desk.until(30)
    assert desk.story()[2:] == [(30, "nurse-3", "page")]


def test_a_pager_that_says_online_again_gets_what_it_has_not_confirmed() -> None:
    """Its broker was killed and forgot the page, and nobody had said "offline" meanwhile."""
    desk = Desk("nurse-1")
    desk.alarm()
    desk.wait(3)
    desk.online("nurse-1")
    desk.wait(1)
    assert [(each.at, each.page) for each in desk.sent] == [(0, desk.sent[0].page), (4, desk.sent[0].page)]
    desk.answer("nurse-1", "delivered")
    desk.online("nurse-1")
    desk.wait(10)
    assert len(desk.sent) == 2


def test_a_presence_that_is_only_read_again_at_the_broker_is_no_reason_to_send_again() -> None:
    """Each reading would double what a slow broker has to carry, until the newest page is late."""
    desk = Desk("nurse-1")
    desk.alarm()
    desk.paging.connected(desk.now)
    desk.wait(1)
    assert len(desk.sent) == 2
    for sent, retained in ((3, True), (3, True), (4, False)):  # the first one since the connection counts
        desk.paging.status("nurse-1", "online", desk.moment, retained=retained)
        desk.wait(1)
        assert len(desk.sent) == sent


def test_not_accepted_in_60_seconds_calls_the_backup() -> None:
    desk = Desk("nurse-1", "nurse-2", "nurse-3")
    alarm = desk.alarm()
    desk.answer("nurse-1", "delivered")
    desk.answer("nurse-1", "read")
    assert desk.called(alarm) == ("delivered", None)
    desk.until(60)
    assert desk.story() == [(0, "nurse-1", "page"), (60, "nurse-2", "page")]


def test_after_120_seconds_everybody_is_called_and_again_after_as_long() -> None:
    desk = Desk("nurse-1", "nurse-2", "nurse-3")
    alarm = desk.alarm()
    desk.answer("nurse-1", "delivered")
    desk.until(60)
    desk.answer("nurse-2", "delivered")
    desk.until(119)
    assert desk.called(alarm) == ("delivered", None)
    desk.until(120)
    assert desk.called(alarm) == ("everyone", None)
    everybody = [(each.pager, each.page.level) for each in desk.first_sent() if each.at == 120]
    assert sorted(everybody) == [("nurse-1", 2), ("nurse-2", 2), ("nurse-3", 2)]
    for each in ("nurse-1", "nurse-2", "nurse-3"):
        desk.answer(each, "delivered")
    desk.until(240)
    assert len([each for each in desk.first_sent() if each.at == 240]) == 3


@pytest.mark.parametrize("how", ["rejected", "offline"])
def test_who_rejects_or_is_offline_is_followed_at_once(how: str) -> None:
    desk = Desk("nurse-1", "nurse-2", online=["nurse-2"] if how == "offline" else None)
    desk.alarm()
    if how == "rejected":
        desk.answer("nurse-1", "rejected")
    assert desk.story() == [(0, "nurse-1", "page"), (0, "nurse-2", "page")]


def test_who_goes_offline_with_the_page_is_followed_at_once() -> None:
    desk = Desk("nurse-1", "nurse-2")
    desk.alarm()
    desk.answer("nurse-1", "delivered")
    desk.until(5)
    desk.offline("nurse-1")
    assert desk.story() == [(0, "nurse-1", "page"), (5, "nurse-2", "page")]


def test_when_nobody_is_left_the_station_sounds_at_once() -> None:
    desk = Desk("nurse-1", "nurse-2", online=[])
    assert desk.called(desk.alarm()) == ("everyone", None)
    alone = Desk("nurse-1")
    alarm = alone.alarm()
    alone.answer("nurse-1", "rejected")
    assert alone.called(alarm) == ("everyone", None)
    assert len(alone.story()) == 1  # who has just said no is not asked again at once
    alone.until(120)
    assert alone.story()[1:] == [(120, "nurse-1", "page")]


def test_a_page_that_comes_after_everybody_was_called_is_not_sent_a_second_time() -> None:
    """A broker that was away: the page is late, its pager has only just shown it."""
    desk = Desk("nurse-1")
    desk.alarm()
    desk.until(16)
    desk.answer("nurse-1", "delivered")
    desk.until(130)
    assert len(desk.first_sent()) == 1
    desk.until(136)
    assert [(each.at, each.page.level) for each in desk.first_sent()] == [(0, 0), (135, 2)]


def test_acceptance_is_coming_and_stops_the_escalation() -> None:
    desk = Desk("nurse-1", "nurse-2")
    alarm = desk.alarm()
    desk.answer("nurse-1", "accepted")
    assert desk.called(alarm) == ("coming", "nurse-1")
    desk.until(239)
    assert len(desk.story()) == 1


@pytest.mark.parametrize(("name", "seconds"), [("spo2-low", 240), ("help", 120), ("pulse-lost", 120)])
def test_coming_and_not_there_calls_the_backup(name: str, seconds: float) -> None:
    desk = Desk("nurse-1", "nurse-2")
    alarm = desk.alarm(name)
    desk.answer("nurse-1", "accepted")
    desk.until(seconds)
    assert desk.story() == [(0, "nurse-1", "page"), (seconds, "nurse-2", "page")]
    assert desk.called(alarm) == ("calling", None)
    desk.until(seconds + 120)
    assert desk.called(alarm) == ("everyone", None)


def test_here_ends_the_waiting_for_whoever_is_coming() -> None:
    desk = Desk("nurse-1", "nurse-2")
    desk.alarm("help")
    desk.answer("nurse-1", "accepted")
    desk.until(100)
    desk.is_here()
    desk.until(600)
    assert len(desk.story()) == 1


def test_who_holds_a_high_alarm_already_gets_help_at_once() -> None:
    desk = Desk("nurse-1", "nurse-2")
    desk.alarm()
    desk.answer("nurse-1", "accepted")
    desk.until(40)
    desk.alarm(room="room-2")
    assert desk.story()[1:] == [(40, "nurse-1", "page"), (40, "nurse-2", "page")]


def test_a_drill_keeps_nobody_busy() -> None:
    desk = Desk("nurse-1", "nurse-2")
    desk.alarm(drill=True)
    desk.answer("nurse-1", "accepted")
    desk.alarm(room="room-2")
    assert desk.story()[1:] == [(0, "nurse-1", "page")]


def test_a_medium_alarm_calls_one_and_another_after_two_minutes() -> None:
    desk = Desk("nurse-1", "nurse-2", "nurse-3")
    alarm = desk.alarm(priority="medium")
    desk.answer("nurse-1", "delivered")
    desk.until(900)
    assert desk.story() == [(0, "nurse-1", "page"), (120, "nurse-2", "page")]
    assert desk.called(alarm) != ("everyone", None)


def test_what_gets_worse_is_paged_anew_and_the_earlier_acceptance_is_no_answer_to_it() -> None:
    desk = Desk("nurse-1", "nurse-2")
    alarm = desk.alarm()
    first = desk.newest("nurse-1")
    desk.answer("nurse-1", "accepted")
    desk.until(40)
    desk.alarm(event="escalate", seq=2)
    assert desk.story()[1:] == [(40, "nurse-1", "page")]
    assert desk.called(alarm) == ("calling", None)
    desk.answer("nurse-1", "read", first)
    assert desk.called(alarm) == ("calling", None)
    desk.answer("nurse-1", "accepted")
    assert desk.called(alarm) == ("coming", "nurse-1")


def test_what_gets_worse_while_nobody_answers_does_not_begin_the_waiting_anew() -> None:
    desk = Desk("nurse-1", "nurse-2", "nurse-3")
    alarm = desk.alarm()
    for seq, second in enumerate((35, 70, 105), start=2):
        desk.until(second)
        desk.alarm(event="escalate", seq=seq)
    desk.until(120)
    assert desk.called(alarm) == ("everyone", None)


# Receipts


def test_a_receipt_counts_once_and_implies_the_delivery() -> None:
    desk = Desk("nurse-1", "nurse-2")
    alarm = desk.alarm()
    desk.answer("nurse-1", "read")
    before = len(desk.facts)
    desk.answer("nurse-1", "read")
    desk.answer("nurse-1", "delivered")
    assert desk.called(alarm) == ("delivered", None)
    assert len(desk.facts) == before + 1


def test_of_two_decisions_the_new_one_counts_and_a_replay_of_the_old_changes_nothing() -> None:
    desk = Desk("nurse-1", "nurse-2")
    alarm = desk.alarm()
    desk.answer("nurse-1", "accepted")
    desk.answer("nurse-1", "rejected")
    desk.answer("nurse-1", "accepted")
    assert desk.called(alarm) == ("delivered", None)
    assert desk.story()[1:] == [(0, "nurse-2", "page")]


def test_nobody_answers_for_another_with_another_seq_or_about_nothing() -> None:
    desk = Desk("nurse-1", "nurse-2")
    alarm = desk.alarm()
    page = desk.newest("nurse-1")
    with pytest.raises(RefusedMessageError, match="page: nurse-2"):
        desk.answer("nurse-2", "accepted", page)
    with pytest.raises(RefusedMessageError, match="pager: "):
        desk.answer("nurse-9", "accepted", page)
    for other in ({"seq": 7}, {"page_id": "p-99"}):
        with pytest.raises(RefusedMessageError, match="page: "):
            desk.answer("nurse-1", "accepted", msgspec.structs.replace(page, **other))
    assert desk.called(alarm) == ("calling", None)


# Withdrawals and limits


@pytest.mark.parametrize("end", ["acknowledged", "over"])
def test_what_is_acknowledged_or_over_is_withdrawn_from_all_who_were_asked(end: str) -> None:
    desk = Desk("nurse-1", "nurse-2")
    desk.alarm()
    desk.until(15)
    desk.acknowledged() if end == "acknowledged" else desk.over()
    assert desk.story()[2:] == [(15, "nurse-1", "withdraw"), (15, "nurse-2", "withdraw")]
    assert desk.newest("nurse-1").seq == 9
    desk.answer("nurse-1", "delivered")
    desk.until(1000)
    kinds = [each.page.kind for each in desk.sent if each.at > 15]
    assert set(kinds) == {"withdraw"}
    assert {each.pager for each in desk.sent if each.at > 15} == {"nurse-2"}
    assert max(each.at for each in desk.sent) < 620


def test_an_acknowledgement_that_runs_out_reminds_that_person_alone_for_30_seconds() -> None:
    desk = Desk("nurse-1", "nurse-2", "nurse-3")
    desk.alarm()
    desk.acknowledged(seq=2, by="nurse-3")
    desk.until(120)
    desk.alarm(event="update", seq=3)
    desk.answer("nurse-3", "delivered")
    assert desk.story()[2:] == [(120, "nurse-3", "page")]
    desk.until(150)
    assert desk.story()[3:] == [(150, "nurse-1", "page")]


def test_one_hazard_calls_once_in_30_seconds_and_then_tells_all_in_one() -> None:
    desk = Desk("nurse-1")
    desk.alarm()
    desk.answer("nurse-1", "delivered")
    for seq in (2, 3):
        desk.until(seq * 5)
        desk.alarm(event="escalate", seq=seq)
    desk.until(30)
    assert desk.story() == [(0, "nurse-1", "page"), (30, "nurse-1", "summary")]
    assert desk.newest("nurse-1").text.startswith("2 more calls: spo2-low 3.")
    assert desk.newest("nurse-1").seq == 3


def test_an_alarm_that_comes_and_goes_does_not_call_each_time() -> None:
    desk = Desk("nurse-1")
    for number in range(1, 7):
        desk.alarm(number=number)
        desk.wait(2)
        desk.alarm(number=number, event="end", seq=2, page=False, state="inactive")
        desk.wait(8)
    assert [at for at, _, kind in desk.story() if kind != "withdraw"] == [0, 30]


def test_what_is_more_urgent_never_waits_and_a_drill_holds_nothing_up() -> None:
    desk = Desk("nurse-1")
    desk.alarm(priority="medium", drill=True)
    desk.wait(5)
    desk.alarm(priority="medium", number=2)
    desk.wait(5)
    desk.alarm(event="escalate", seq=2, number=2)
    assert [at for at, _, _ in desk.story()] == [0, 5, 10]


def test_text_says_what_is_simulated_or_a_drill() -> None:
    desk = Desk("nurse-1")
    desk.alarm(drill=True)
    assert desk.newest("nurse-1").text == "DRILL spo2-low 1."
    assert desk.newest("nurse-1").drill
