"""Who may use the dashboard: passwords checked with argon2, log-ins kept on the server.

The browser holds a random token, the server only its SHA-256. A log-in ends 15 minutes after it was last
used and 12 hours after it began; an open live feed counts as use. All times are real time: a demo that runs
faster than life does not log people out faster.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from kapmonitor.people import Person, Role

IDLE_S = 15 * 60.0
ABSOLUTE_S = 12 * 3600.0
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - an alphabet without look-alikes
CHECKS_AT_ONCE = 1  # argon2 takes 64 MiB and a core: never more than one beside the alarm path

STAFF = Person("staff", Role.PRESCRIBER)
"""Who everybody is where no users are configured."""

_HASH = PasswordHash((Argon2Hasher(),))


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can log in, by the person's id and a password of which only the argon2 hash is here."""

    person: Person
    password_hash: str


@dataclass(slots=True)
class Login:
    """One log-in of one person, from `began` until it is not used any more."""

    person: Person
    began: float
    used: float


class Access:
    """Who can log in, and who is logged in."""

    def __init__(self, users: Iterable[User], *, now: Callable[[], float] = time.monotonic) -> None:
        """`users`: each with an id of its own; `now`: monotonic seconds of real time."""
        self._users = {user.person.id: user for user in users}
        self.now = now
        self._logins: dict[str, Login] = {}
        self._checks = asyncio.Semaphore(CHECKS_AT_ONCE)

    @classmethod
    def generate(cls, person: Person = STAFF) -> tuple[Self, str, str]:
        """One person with a new password: the access, the id, the password. Takes up to a second."""
        password = new_password()
        return cls([User(person, hash_password(password))]), person.id, password

    def knows(self, user: str) -> bool:
        """Whether somebody has this id; to be asked only of our own account, never for whoever logs in."""
        return user in self._users

    async def verify(self, user: str, password: str) -> bool:
        """Whether this is the user's password; hashed in a thread, one at a time.

        An unknown user takes as long as a wrong password: nobody learns who is known here.
        """
        known = self._users.get(user)
        async with self._checks:
            if known is None:
                await asyncio.to_thread(hash_password, password)
                return False
            return await asyncio.to_thread(_HASH.verify, password, known.password_hash)

    def begin(self, user: str) -> str:
        """Log the person with the id `user` in; the token for the cookie.

        Raises:
            KeyError: nobody has this id.
        """
        now = self.now()
        self._logins = {key: login for key, login in self._logins.items() if self._holds(login)}
        token = secrets.token_urlsafe(32)
        self._logins[_key(token)] = Login(self._users[user].person, now, now)
        return token

    def use(self, token: str) -> Login | None:
        """The log-in that this token stands for, which is thereby used; None if there is none any more."""
        login = self._logins.get(_key(token))
        if login is None or not self._holds(login):
            return None
        login.used = self.now()
        return login

    def end(self, token: str) -> None:
        """Log out; open live feeds of this log-in close with their next frame."""
        self._logins.pop(_key(token), None)

    def _holds(self, login: Login) -> bool:
        now = self.now()
        return now - login.used <= IDLE_S and now - login.began <= ABSOLUTE_S


def hash_password(password: str) -> str:
    """The argon2id hash of a password, salted; takes up to a second: not on the loop of a running service."""
    return _HASH.hash(password)


def new_password() -> str:
    """Sixteen letters and digits in groups of four, 79 bits, easy to read out."""
    letters = [secrets.choice(PASSWORD_LETTERS) for _ in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
