"""`/api/v1/login`: who is at this browser, locking it, changing the user, one's own password and PIN."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kapmonitor.errors import NotAllowedError
from kapmonitor.people import Task
from kapmonitor.web.access import Access, Login
from kapmonitor.web.cookies import give
from kapmonitor.web.guard import display_of, login_of, person_of
from kapmonitor.web.passwords import hash_password, hash_pin, must_be_good, must_be_good_pin
from kapmonitor.web.proofs import Proofs
from kapmonitor.web.sessions import ALWAYS, COMMAND, Answers, problem

UserId = Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$")]
Secret = Annotated[str, Field(max_length=256)]
TOO_MANY: Answers = {429: problem("Too many wrong tries; `Retry-After` says how long")}


class LoginView(BaseModel):
    """Who this browser is to the service. Locked: values and alarms can be seen, and help be called.

    `locks_in_s`: so many seconds from now without a touch; `recent`: who worked at this browser; `pin`:
    whether the user has one; `room`: the one that a paired screen shows.
    """

    user: str
    role: str
    may: list[str]
    locked: bool = False
    locks_in_s: float | None = None
    recent: list[str] = []
    pin: bool = False
    room: str = ""


class Switch(BaseModel):
    """Who goes on at this browser, by PIN or by password."""

    model_config = ConfigDict(extra="forbid")

    user: UserId
    pin: Secret = ""
    password: Secret = ""


class NewPassword(BaseModel):
    """One's own: the old one, and the new one."""

    model_config = ConfigDict(extra="forbid")

    old: Secret
    new: Secret


class NewPin(BaseModel):
    """One's own: the password, and the new PIN; an empty one is none."""

    model_config = ConfigDict(extra="forbid")

    password: Secret
    pin: Secret


@dataclass(frozen=True, slots=True)
class LoginApi:
    """The handlers; `add_to` names their addresses."""

    access: Access
    proofs: Proofs
    https: bool

    def add_to(self, app: FastAPI) -> None:
        """Put every address on the app."""
        at = "/api/v1/login"
        app.add_api_route(at, self.view, responses=ALWAYS)
        app.add_api_route(f"{at}/switch", self.switch, methods=["POST"], responses=COMMAND | TOO_MANY)
        for name, handler, more in (
            ("touch", self.touch, Answers()),
            ("lock", self.lock, Answers()),
            ("password", self.password, TOO_MANY),
            ("pin", self.pin, TOO_MANY),
        ):
            app.add_api_route(
                f"{at}/{name}", handler, methods=["POST"], status_code=204, responses=COMMAND | more
            )

    async def view(self, request: Request) -> LoginView:
        """Who this browser is to the service, and whether it is locked."""
        login = login_of(request)
        if login is not None:
            return self._view(login)
        display, person = display_of(request), person_of(request)
        room = "" if display is None else display.room
        return LoginView(user=person.id, role=person.role, may=[], room=room)

    async def touch(self, request: Request) -> None:
        """A hand is at this browser: it is not locked for a while."""
        self.access.touch(_own(request))

    async def lock(self, request: Request) -> None:
        """Lock it now."""
        self.access.lock(_own(request))

    async def switch(self, request: Request, response: Response, body: Switch) -> LoginView:
        """Somebody else goes on here, or the same after a lock; the browser gets another token."""
        login, fresh = _own(request), bool(body.password)
        if fresh:
            await self.proofs.password(request, body.user, body.password)
        else:
            await self.proofs.pin(request, body.user, body.pin, browser=login.key)
        self.proofs.note(request, "switch", body.user, f"from {login.person.id}")
        new, token = self.access.switch(login, body.user, fresh=fresh)
        give(response, token, https=self.https)
        return self._view(new)

    async def password(self, request: Request, body: NewPassword) -> None:
        """Another password of one's own; every other log-in of this user ends."""
        login = _own(request)
        user = login.person.id
        must_be_good(body.new, user)
        await self.proofs.password(request, user, body.old)
        hashed = await asyncio.to_thread(hash_password, body.new)
        self.access.users.give_password(user, hashed, keep_pin=True)
        self.access.end_all(user, but=login)
        self.proofs.note(request, "password-changed", user)

    async def pin(self, request: Request, body: NewPin) -> None:
        """Another PIN of one's own, or none."""
        user = _own(request).person.id
        if body.pin:
            must_be_good_pin(body.pin)
        await self.proofs.password(request, user, body.password)
        hashed = await asyncio.to_thread(hash_pin, body.pin) if body.pin else ""
        self.access.users.give_pin(user, hashed)
        self.proofs.note(request, "pin-changed", user)

    def _view(self, login: Login) -> LoginView:
        locked, person = self.access.locked(login), login.person
        left_s = self.access.lock_s - (self.access.now() - login.touched)
        return LoginView(
            user=person.id,
            role=person.role,
            may=[task.name.lower() for task in Task if person.may(task)],
            locked=locked,
            locks_in_s=0.0 if locked else max(0.0, left_s),
            recent=list(login.recent),
            pin=bool(self.access.users.get(person.id).pin_hash),
        )


def _own(request: Request) -> Login:
    """The log-in of whoever asks.

    Raises:
        NotAllowedError: it is a paired screen.
    """
    login = login_of(request)
    if login is None:
        raise NotAllowedError("Nobody is logged in at this screen.")
    return login
