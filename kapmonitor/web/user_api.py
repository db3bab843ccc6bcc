"""`/api/v1/users`: administrators add people, give roles, reset passwords, and take log-ins away."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict

from kapmonitor.people import Person, Role, Task, User
from kapmonitor.web.access import Access
from kapmonitor.web.guard import person_of
from kapmonitor.web.login_api import UserId
from kapmonitor.web.passwords import hash_password, new_password
from kapmonitor.web.proofs import Proofs
from kapmonitor.web.sessions import ALWAYS, COMMAND, Id

Given = Literal["prescriber", "medical", "therapist", "viewer", "administrator"]


class UserView(BaseModel):
    """Somebody who can log in, or (`disabled`) could; `logged_in`: at so many browsers."""

    id: str
    role: str
    disabled: bool
    pin: bool
    logged_in: int


class NewUser(BaseModel):
    """Somebody new: the id stands in the record for good, so no names."""

    model_config = ConfigDict(extra="forbid")

    id: UserId
    role: Given


class NewRole(BaseModel):
    """Another role, from the next request on."""

    model_config = ConfigDict(extra="forbid")

    role: Given


class MadePassword(BaseModel):
    """A password that was made for somebody; it is shown this once."""

    id: str
    password: str


@dataclass(frozen=True, slots=True)
class UserApi:
    """The handlers; `add_to` names their addresses."""

    access: Access
    proofs: Proofs

    def add_to(self, app: FastAPI) -> None:
        """Put every address on the app."""
        at = "/api/v1/users"
        app.add_api_route(at, self.users, responses=ALWAYS)
        app.add_api_route(at, self.add, methods=["POST"], status_code=201, responses=COMMAND)
        app.add_api_route(
            f"{at}/{{user}}/password", self.reset, methods=["POST"], status_code=201, responses=COMMAND
        )
        for name, handler in (("role", self.role), ("disable", self.disable), ("enable", self.enable)):
            app.add_api_route(
                f"{at}/{{user}}/{name}", handler, methods=["POST"], status_code=204, responses=COMMAND
            )

    async def users(self, request: Request) -> list[UserView]:
        """Everybody, by id."""
        person_of(request).must_be_allowed(Task.ADMINISTER)
        return [
            UserView(
                id=user.person.id,
                role=user.person.role,
                disabled=user.disabled,
                pin=bool(user.pin_hash),
                logged_in=self.access.count(user.person.id),
            )
            for user in self.access.users.all()
        ]

    async def add(self, request: Request, body: NewUser) -> MadePassword:
        """Somebody new, with a password that is made here; they change it themselves."""
        person_of(request).must_be_allowed(Task.ADMINISTER)
        password = new_password()
        hashed = await asyncio.to_thread(hash_password, password)
        self.access.users.add(User(Person(body.id, Role(body.role)), hashed))
        self._note(request, "user-added", body.id, body.role)
        return MadePassword(id=body.id, password=password)

    async def role(self, request: Request, user: Id, body: NewRole) -> None:
        """Another role."""
        person_of(request).must_be_allowed(Task.ADMINISTER)
        self.access.users.change(user, role=Role(body.role))
        self._note(request, "user-changed", user, body.role)

    async def disable(self, request: Request, user: Id) -> None:
        """They cannot log in any more, and are logged out everywhere."""
        person_of(request).must_be_allowed(Task.ADMINISTER)
        self.access.users.change(user, disabled=True)
        self.access.end_all(user)
        self._note(request, "user-changed", user, "disabled")

    async def enable(self, request: Request, user: Id) -> None:
        """They can log in again."""
        person_of(request).must_be_allowed(Task.ADMINISTER)
        self.access.users.change(user, disabled=False)
        self._note(request, "user-changed", user, "enabled")

    async def reset(self, request: Request, user: Id) -> MadePassword:
        """A new password, made here; PIN and log-ins go with the old one."""
        person_of(request).must_be_allowed(Task.ADMINISTER)
        self.access.users.get(user)
        password = new_password()
        hashed = await asyncio.to_thread(hash_password, password)
        self.access.users.give_password(user, hashed, keep_pin=False)
        self.access.end_all(user)
        self._note(request, "password-reset", user)
        return MadePassword(id=user, password=password)

    def _note(self, request: Request, action: str, user: str, detail: str = "") -> None:
        self.proofs.note(request, action, person_of(request).id, detail, what=user)
