"""Log-ins end when they should, passwords are checked, and guessing is slow."""

from __future__ import annotations

import re

import pytest

from kapmonitor.web.access import ABSOLUTE_S, IDLE_S, STAFF, Access, User, new_password
from kapmonitor.web.attempts import ADDRESSES_KEPT, TRIES, WINDOW_S, Attempts


class Time:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


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
    for n in range(ADDRESSES_KEPT + 100):
        attempts.count(str(n))
    assert len(attempts._tries) == ADDRESSES_KEPT
