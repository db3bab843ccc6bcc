"""A phone in a pager's place: believed only while somebody looks, one taker at a time, never enough alone."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from kapmonitor.errors import RefusedError, UnknownError
from kapmonitor.paging.phones import Seen
from kapmonitor.paging.view import troubles, views
from tests.paging.desk import Desk

KEY = "k" * 32


class Carried(NamedTuple):
    """A phone that somebody carries."""

    desk: Desk
    pager: str
    person: str = "anna"
    key: str = KEY

    def take(self, *, over: bool = False) -> None:
        self.desk.paging.take(self.pager, self.person, self.key, self.desk.moment, over=over)
        self.desk._collect()

    def seen(self, *, visible: bool = True) -> None:
        phone = self.desk.paging.duty.phones.held(self.pager, self.person, self.key)
        self.desk.paging.phone_says(
            self.pager, phone, Seen(visible, sound=True, battery=55), self.desk.moment
        )
        self.desk._collect()

    def looked_at(self, seconds: int) -> None:
        """Somebody looks at it for so long; it says so every 2 s."""
        for _ in range(0, seconds, 2):
            self.seen()
            self.desk.wait(2)
        self.seen()


@pytest.fixture
def desk() -> Desk:
    """`nurse-1` is a pager of its own and online; `phone-1` and `phone-2` wait to be taken."""
    return Desk("phone-1", "nurse-1", "phone-2", online=["nurse-1"])


def online(desk: Desk, pager: str = "phone-1") -> bool:
    return next(each.online for each in views(desk.paging, desk.moment) if each.id == pager)


def test_it_is_online_as_long_as_somebody_has_looked_at_it_within_ten_seconds(desk: Desk) -> None:
    phone = Carried(desk, "phone-1")
    phone.take()
    assert not online(desk)
    phone.seen()
    desk.wait(9)
    assert online(desk)
    desk.wait(1)
    assert not online(desk)
    phone.seen(visible=False)
    assert not online(desk)
    phone.seen()
    assert online(desk)


def test_a_page_goes_to_it_and_what_it_says_counts(desk: Desk) -> None:
    phone = Carried(desk, "phone-1")
    phone.take()
    phone.looked_at(2)
    alarm = desk.alarm()
    assert desk.story()[-1][1:] == ("phone-1", "page")
    desk.answer("phone-1", "delivered")
    desk.answer("phone-1", "accepted")
    assert desk.called(alarm) == ("coming", "anna")


def test_hidden_it_is_passed_over(desk: Desk) -> None:
    phone = Carried(desk, "phone-1")
    phone.take()
    phone.looked_at(2)
    desk.alarm()
    desk.answer("phone-1", "delivered")
    phone.seen(visible=False)
    desk.wait(9)
    assert [pager for _, pager, _ in desk.story()] == ["phone-1"]
    desk.wait(2)
    assert [pager for _, pager, _ in desk.story()] == ["phone-1", "nurse-1"]


def test_whoever_is_called_first_being_hidden_is_known_within_ten_seconds(desk: Desk) -> None:
    """The alarm itself then waits another 10 s: 20 s in all."""
    phone = Carried(desk, "phone-1")
    phone.take()
    phone.looked_at(20)
    assert not list(troubles(desk.paging, desk.now))
    desk.wait(10)
    assert [each.alarm for each in troubles(desk.paging, desk.now)] == ["pager-offline"]


def test_phones_alone_are_not_enough_everybody_is_called_and_the_station_sounds(desk: Desk) -> None:
    phone = Carried(desk, "phone-1")
    phone.take()
    phone.looked_at(20)
    desk.offline("nurse-1")
    desk.wait(2)
    alarm = desk.alarm()
    assert {pager for _, pager, _ in desk.story()} == {"phone-1", "nurse-1", "phone-2"}
    assert desk.called(alarm) == ("everyone", None)
    desk.answer("phone-1", "delivered")
    assert desk.called(alarm) == ("everyone", None)
    desk.answer("phone-1", "accepted")
    assert desk.called(alarm) == ("coming", "anna")


def test_a_test_page_answered_on_a_phone_opens_no_gate(desk: Desk) -> None:
    phone = Carried(desk, "phone-1")
    phone.take()
    phone.looked_at(2)
    desk.paging.test("phone-1", desk.moment, "Test")
    desk._collect()
    assert [each.kind for each in desk.paging.calling.standing("phone-1", desk.now)] == ["test"]
    desk.answer("phone-1", "accepted")
    assert desk.paging.duty.reachable(desk.now) is False
    shown = views(desk.paging, desk.moment)[0]
    assert (shown.phone_only, shown.taken_by, shown.battery, shown.sound) == (True, "anna", 55, True)
    assert shown.test is not None
    assert (shown.test.said, shown.test.said_at) == ("accepted", desk.moment.ts)
    assert not desk.paging.calling.standing("phone-1", desk.now)


def test_one_taker_at_a_time(desk: Desk) -> None:
    Carried(desk, "phone-1").take()
    other = Carried(desk, "phone-1", "bert", "b" * 32)
    with pytest.raises(RefusedError, match="anna has phone-1 on a phone"):
        other.take()
    with pytest.raises(RefusedError, match="anna has taken phone-1 on another phone"):
        other.seen()
    other.take(over=True)
    assert desk.paging.duty.who("phone-1") == "bert"
    with pytest.raises(RefusedError, match="bert has taken phone-1"):
        Carried(desk, "phone-1").seen()


def test_a_phone_is_one_pager_and_a_pager_that_is_on_by_itself_needs_none(desk: Desk) -> None:
    Carried(desk, "phone-1").take()
    Carried(desk, "phone-2").take()
    assert set(desk.paging.duty.phones.taken) == {"phone-2"}
    with pytest.raises(RefusedError, match="nurse-1 is switched on by itself"):
        Carried(desk, "nurse-1").take()
    with pytest.raises(UnknownError):
        Carried(desk, "nobody").take()


def test_left_it_is_nobodys(desk: Desk) -> None:
    phone = Carried(desk, "phone-1")
    phone.take()
    phone.seen()
    desk.paging.leave("phone-1", "anna", KEY, desk.moment)
    assert not online(desk)
    with pytest.raises(RefusedError, match="Nobody has taken phone-1"):
        phone.seen()


def test_after_a_restart_its_taker_is_known_and_comes_back_without_taking_it_again(desk: Desk) -> None:
    Carried(desk, "phone-1").take()
    Carried(desk, "phone-2", "bert", "b" * 32).take()
    desk.paging.leave("phone-2", "bert", "b" * 32, desk.moment)
    desk._collect()
    later = desk.restarted()
    assert views(later.paging, later.moment)[0].taken_by == "anna"
    with pytest.raises(RefusedError, match="anna has taken"):
        Carried(later, "phone-1", "bert").seen()
    Carried(later, "phone-1").seen()
    assert online(later)
    with pytest.raises(RefusedError, match="on another phone"):
        Carried(later, "phone-1", key="c" * 32).seen()
    assert set(later.paging.duty.phones.taken) == {"phone-1"}


def test_what_a_pager_should_show_is_what_is_still_going_on(desk: Desk) -> None:
    Carried(desk, "phone-1").take()
    Carried(desk, "phone-1").seen()
    desk.alarm("spo2-low")
    desk.alarm("pulse-lost")
    shown = desk.paging.calling.standing
    assert [each.text for each in shown("phone-1", desk.now)] == ["spo2-low 1.", "pulse-lost 1."]
    desk.acknowledged("spo2-low")
    assert [each.text for each in shown("phone-1", desk.now)] == ["pulse-lost 1."]
