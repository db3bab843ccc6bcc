"""Log-ins end when they should, passwords are checked, and guessing is slow."""

from __future__ import annotations

import re
from functools import partial

import pytest

from kapmonitor.errors import RefusedError
from kapmonitor.people import Display, KeptLogin, Person, Role, User
from kapmonitor.ports import Known
from kapmonitor.web.access import ABSOLUTE_S, IDLE_S, LOCK_S, STAFF, Access
from kapmonitor.web.attempts import (
    KEYS_KEPT,
    PINS_A_DAY,
    TRIES,
    TRIES_A_USER,
    WINDOW_S,
    Attempts,
    Limits,
)
from kapmonitor.web.passwords import new_password


class Time:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Kept:
    """A record in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, User | KeptLogin | Display] = {}

    def keep(self, what: User | KeptLogin | Display) -> None:
        self.rows[what.person.id if isinstance(what, User) else _id(what)] = what

    def forget(self, what: KeptLogin | Display) -> None:
        del self.rows[_id(what)]

    async def known(self) -> Known:
        there = self.rows.values()
        return Known(logins=[each for each in there if isinstance(each, KeptLogin)])


def _id(what: KeptLogin | Display) -> str:
    return what.key


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def access(time: Time, password_hash: str) -> Access:
    return Access([User(STAFF, password_hash)], now=time)


async def test_only_the_right_password_of_a_known_user_is_right(access: Access) -> None:
    assert await access.verify("staff", "correct-horse-battery")
    assert not await access.verify("staff", "correct-horse-batteries")
    assert not await access.verify("nobody", "correct-horse-battery")
    assert not await access.verify("", "")


async def test_the_generated_log_in_works_and_can_be_read_out() -> None:
    access, user, password = Access.generate()
    assert user == "staff"
    assert re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}", password)
    assert await access.verify(user, password)
    assert new_password() != new_password()


def test_a_log_in_ends_when_nobody_uses_it(access: Access, time: Time) -> None:
    token = access.begin("staff")
    time.seconds += IDLE_S
    login = access.use(token)
    assert login is not None
    assert login.person == STAFF
    time.seconds += IDLE_S + 1
    assert access.use(token) is None


def test_a_log_in_in_use_ends_after_twelve_hours(access: Access, time: Time) -> None:
    token = access.begin("staff")
    began = time.seconds
    while time.seconds - began <= ABSOLUTE_S:
        assert access.use(token) is not None
        time.seconds += IDLE_S
    assert access.use(token) is None


def test_logging_out_ends_this_log_in_only(access: Access) -> None:
    one, other = access.begin("staff"), access.begin("staff")
    access.end(one)
    assert access.use(one) is None
    assert access.use(other) is not None
    assert access.use("") is None


def test_a_page_that_nobody_touches_is_locked_and_stays_so_until_somebody_says_who_they_are(
    access: Access, time: Time
) -> None:
    token = access.begin("staff")
    login = access.use(token)
    assert login is not None
    time.seconds += LOCK_S - 1
    access.touch(login)
    for _ in range(2):
        time.seconds += LOCK_S / 2
        assert access.use(token) is login  # the page goes on showing alarms meanwhile
    assert not access.locked(login)
    time.seconds += 1
    assert access.locked(login)
    access.touch(login)
    assert access.locked(login)
    new, unlocked = access.switch(login, "staff", fresh=False)
    assert access.use(token) is None
    assert access.use(unlocked) is new
    assert not access.locked(new)


def test_a_pin_makes_no_log_in_last_longer_than_its_password_did(password_hash: str, time: Time) -> None:
    nurse = Person("nurse-1", Role.MEDICAL)
    access = Access([User(STAFF, password_hash), User(nurse, password_hash)], now=time)
    token = access.begin("staff")
    began = time.seconds
    while time.seconds - began <= ABSOLUTE_S:
        login = access.use(token)
        assert login is not None
        login, token = access.switch(login, "nurse-1", fresh=False)
        assert (login.person, login.recent) == (nurse, ("nurse-1", "staff"))
        time.seconds += IDLE_S
    assert access.use(token) is None


async def test_a_restart_logs_nobody_out_and_a_clock_that_was_set_makes_nothing_longer(
    password_hash: str, time: Time
) -> None:
    kept = Kept()
    users = [User(STAFF, password_hash)]
    before = Access(users, entrance=kept, now=time, utc=lambda: time.seconds + 1e9)
    token, idle, ended, locked = (before.begin("staff") for _ in range(4))
    before.end(ended)
    login = before.use(locked)
    assert login is not None
    before.lock(login)
    time.seconds += IDLE_S - 120
    assert before.use(token) is not None
    later = Time()
    later.seconds = 5.0
    for utc in (time.seconds + 1e9 + 180, 1e9 - 3600):  # three minutes later; set back by hours
        after = Access(users, now=later, utc=partial(float, utc))
        after.restore(await kept.known())
        assert after.use(token) is not None
        assert after.use(ended) is None
        if utc > 1e9:
            assert after.use(idle) is None
        again = after.use(locked)
        assert (again is None) if utc > 1e9 else (again is not None and after.locked(again))


async def test_who_is_disabled_is_out_at_once_and_a_role_is_another_at_once(access: Access) -> None:
    boss = User(Person("boss-1", Role.ADMINISTRATOR), "")
    access.users.add(boss)
    token = access.begin("staff")
    access.users.change("staff", role=Role.THERAPIST)
    login = access.use(token)
    assert login is not None
    assert login.person.role is Role.THERAPIST
    access.users.change("staff", disabled=True)
    assert access.use(token) is None
    assert not await access.verify("staff", "correct-horse-battery")
    with pytest.raises(RefusedError, match="last administrator"):
        access.users.change("boss-1", disabled=True)
    with pytest.raises(RefusedError, match="never given twice"):
        access.users.add(boss)


def test_the_server_does_not_keep_tokens(access: Access) -> None:
    token = access.begin("staff")
    assert token not in str(vars(access))


def test_the_sixth_wrong_try_has_to_wait_until_the_first_is_five_minutes_old(time: Time) -> None:
    attempts = Attempts(time)
    for _ in range(TRIES):
        assert attempts.wait_s("10.0.0.1") == 0
        attempts.count("10.0.0.1")
        time.seconds += 10
    assert attempts.wait_s("10.0.0.1") == WINDOW_S - TRIES * 10
    assert attempts.wait_s("10.0.0.2") == 0
    time.seconds += WINDOW_S - TRIES * 10
    assert attempts.wait_s("10.0.0.1") == 0


def test_a_right_password_forgets_the_wrong_ones(time: Time) -> None:
    attempts = Attempts(time)
    for _ in range(TRIES):
        attempts.count("10.0.0.1")
    attempts.forget("10.0.0.1")
    assert attempts.wait_s("10.0.0.1") == 0


def test_many_addresses_do_not_fill_the_memory(time: Time) -> None:
    attempts = Attempts(time)
    for n in range(KEYS_KEPT + 100):
        attempts.count(str(n))
    assert len(attempts._tries) == KEYS_KEPT


def test_a_user_is_guessed_at_from_many_addresses_no_more_than_a_few_times(time: Time) -> None:
    limits = Limits(time)
    for n in range(TRIES_A_USER):
        assert limits.password(f"10.0.0.{n}", "staff").wait_s == 0
        limits.password(f"10.0.0.{n}", "staff").count()
    assert limits.password("10.0.0.99", "staff").wait_s == WINDOW_S
    assert limits.password("10.0.0.99", "guide").wait_s == 0
    limits.password("10.0.0.99", "staff").right()
    assert limits.password("10.0.0.99", "staff").wait_s == 0


def test_after_many_wrong_pins_in_a_day_only_the_password_makes_the_pin_good_again(time: Time) -> None:
    limits = Limits(time)
    for n in range(PINS_A_DAY):
        assert limits.pin(f"tablet-{n}", "staff").wait_s == 0
        limits.pin(f"tablet-{n}", "staff").count()
        time.seconds += WINDOW_S / TRIES
    assert limits.pin("tablet-99", "staff").wait_s > 3600
    assert limits.pin("tablet-99", "guide").wait_s == 0
    limits.password("10.0.0.1", "staff").right()
    assert limits.pin("tablet-99", "staff").wait_s == 0
