"""Who is logged in: kept on the server, in memory and in the record, so that a restart logs nobody out.

The browser holds a random token, the server only its SHA-256. A log-in ends 15 minutes after it was last
used and 12 hours after a password began it; an open live feed counts as use. When nobody has touched a page
for some minutes it is locked: see `kapmonitor.web.passes`. All times are real time: a demo that runs faster
than life does not log people out faster.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kapmonitor.people import KeptLogin, Person, Role, User
from kapmonitor.ports import Entrance, Known
from kapmonitor.web.passwords import hash_password, new_password
from kapmonitor.web.users import Users

IDLE_S = 15 * 60.0
ABSOLUTE_S = 12 * 3600.0
LOCK_S = 10 * 60.0
KEPT_EVERY_S = 60.0
"""How much later a use has to be than the one in the record to be worth a write (s)."""
RECENT = 5

STAFF = Person("staff", Role.PRESCRIBER)
"""Who everybody is where no users are set up."""


@dataclass(slots=True)
class Login:
    """One log-in at one browser; times are monotonic seconds."""

    key: str
    person: Person
    began: float
    used: float
    touched: float
    locked: bool = False
    recent: tuple[str, ...] = ()
    kept: float = float("-inf")


class Access:
    """The log-ins, and the users who can have them."""

    def __init__(
        self,
        users: Iterable[User] = (),
        *,
        entrance: Entrance | None = None,
        now: Callable[[], float] = time.monotonic,
        utc: Callable[[], float] = time.time,
        lock_s: float = LOCK_S,
        keep_users: bool = True,
    ) -> None:
        """`users`: each with an id of its own; `now`: monotonic seconds of real time; `utc`: since 1970.

        `entrance` keeps log-ins, and what changes of users unless `keep_users` is false.
        """
        self.users = Users(users, entrance if keep_users else None)
        self.now = now
        self.lock_s = lock_s
        self._utc = utc
        self._entrance = entrance
        self._logins: dict[str, Login] = {}

    @classmethod
    def generate(cls, person: Person = STAFF) -> tuple[Access, str, str]:
        """One person with a new password: the access, the id, the password. Takes up to a second."""
        password = new_password()
        return cls([User(person, hash_password(password))]), person.id, password

    def restore(self, known: Known) -> None:
        """Go on with the log-ins that there were when the service went away."""
        ago = self.now() - self._utc()  # a clock that was set back meanwhile makes nothing longer
        for each in known.logins:
            user = self.users.find(each.user)
            began, used, touched = (min(at + ago, self.now()) for at in (each.began, each.used, each.touched))
            if user is not None:
                self._logins[each.key] = Login(
                    each.key, user.person, began, used, touched, each.locked, each.recent
                )

    async def verify(self, user: str, password: str) -> bool:
        """Whether this is the user's password; an unknown user takes as long as a wrong password."""
        return await self.users.knows_password(user, password)

    def begin(self, user: str) -> str:
        """Log the person with the id `user` in; the token for the cookie.

        Raises:
            UnknownError: nobody has this id.
        """
        self._forget_those_that_are_over()
        return self._new(user, began=self.now(), recent=())[1]

    def switch(self, login: Login, user: str, *, fresh: bool) -> tuple[Login, str]:
        """Somebody else goes on at this browser, or the same after a lock; the new log-in and its token.

        `fresh`: with a password. A PIN makes nothing last longer: its 12 hours began with the last password.
        """
        self._drop(login)
        return self._new(user, began=self.now() if fresh else login.began, recent=login.recent)

    def use(self, token: str) -> Login | None:
        """The log-in that this token stands for, which is thereby used; None if there is none any more."""
        login = self._logins.get(key_of(token))
        if login is None or not self._holds(login):
            return None
        login.used = self.now()
        self._keep_now_and_then(login)
        return login

    def touch(self, login: Login) -> None:
        """A hand was at this browser; a locked one stays locked."""
        if not self.locked(login):
            login.touched = self.now()
            self._keep_now_and_then(login)

    def lock(self, login: Login) -> None:
        """From now on only PIN or password open it again."""
        login.locked = True
        self._keep(login)

    def locked(self, login: Login) -> bool:
        """Whether somebody has to say who they are before anything can be done."""
        return login.locked or self.now() - login.touched > self.lock_s

    def end(self, token: str) -> None:
        """Log out; open live feeds of this log-in close with their next frame."""
        login = self._logins.get(key_of(token))
        if login is not None:
            self._drop(login)

    def end_all(self, user: str, *, but: Login | None = None) -> None:
        """Log a user out everywhere, except at one browser."""
        for login in [each for each in self._logins.values() if each.person.id == user]:
            if login is not but:
                self._drop(login)

    def count(self, user: str) -> int:
        """At how many browsers a user is logged in."""
        return sum(each.person.id == user and self._holds(each) for each in self._logins.values())

    def _new(self, user: str, *, began: float, recent: tuple[str, ...]) -> tuple[Login, str]:
        now, token = self.now(), secrets.token_urlsafe(32)
        person = self.users.get(user).person
        there = (user, *(each for each in recent if each != user))[:RECENT]
        login = Login(key_of(token), person, began, now, now, recent=there)
        self._logins[login.key] = login
        self._keep(login)
        return login, token

    def _holds(self, login: Login) -> bool:
        user, now = self.users.find(login.person.id), self.now()
        if user is None:
            return False
        login.person = user.person  # whose role may be another by now
        return now - login.used <= IDLE_S and now - login.began <= ABSOLUTE_S

    def _keep_now_and_then(self, login: Login) -> None:
        if self.now() - login.kept >= KEPT_EVERY_S:
            self._keep(login)

    def _keep(self, login: Login) -> None:
        login.kept = self.now()
        if self._entrance is None:
            return
        ago = self._utc() - self.now()
        began, used, touched = (at + ago for at in (login.began, login.used, login.touched))
        self._entrance.keep(
            KeptLogin(login.key, login.person.id, began, used, touched, login.locked, login.recent)
        )

    def _drop(self, login: Login) -> None:
        self._logins.pop(login.key, None)
        if self._entrance is not None:
            self._entrance.forget(KeptLogin(login.key, login.person.id, 0, 0, 0))

    def _forget_those_that_are_over(self) -> None:
        for login in [each for each in self._logins.values() if not self._holds(each)]:
            self._drop(login)


def key_of(token: str) -> str:
    """What is kept of a browser's token: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()
