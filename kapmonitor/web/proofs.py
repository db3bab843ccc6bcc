"""Whether somebody is who they say: PIN or password, a few tries of each; refusals are noted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fastapi import HTTPException
from starlette.requests import HTTPConnection

from kapmonitor.ports import Audit
from kapmonitor.web.access import Access
from kapmonitor.web.attempts import Limits, Tries
from kapmonitor.web.audited import address_of


@dataclass(frozen=True, slots=True)
class Proofs:
    """Checks what people type in, and notes it."""

    access: Access
    limits: Limits
    audit: Audit

    async def password(self, connection: HTTPConnection, user: str, password: str) -> None:
        """Nothing, if it is this user's password.

        Raises:
            HTTPException: 429 or 403, with what to do.
        """
        tries = self.limits.password(address_of(connection.scope), user)
        self._must_not_wait(tries, connection, user)
        right = await self.access.verify(user, password)
        self._must_be(right, tries, connection, user, "User or password is wrong.")

    async def pin(self, connection: HTTPConnection, user: str, pin: str, *, browser: str) -> None:
        """Nothing, if it is this user's PIN; `browser`: the key of the log-in or display that it came from.

        Raises:
            HTTPException: 429 or 403, with what to do.
        """
        tries = self.limits.pin(browser, user)
        self._must_not_wait(tries, connection, user)
        right = await self.access.users.knows_pin(user, pin)
        wrong = "User or PIN is wrong. Without a PIN of your own use your password."
        self._must_be(right, tries, connection, user, wrong)

    def note(
        self, connection: HTTPConnection, action: str, user: str, detail: str = "", *, what: str = "dashboard"
    ) -> None:
        """Write it down; what an unknown user typed is not noted: it may be a password."""
        by = "unknown" if self.access.users.find(user) is None else user
        address = address_of(connection.scope)
        self.audit.note(action, what, by=by, address=address, detail=detail)

    def _must_not_wait(self, tries: Tries, connection: HTTPConnection, user: str) -> None:
        wait_s = tries.wait_s
        if wait_s > 0:
            self.note(connection, "log-in-refused", user, "too many tries")
            raise HTTPException(429, too_many(wait_s), headers={"retry-after": str(math.ceil(wait_s))})
        tries.count()

    def _must_be(
        self, right: object, tries: Tries, connection: HTTPConnection, user: str, wrong: str
    ) -> None:
        if not right:
            self.note(connection, "log-in-refused", user)
            raise HTTPException(403, wrong)
        tries.right()


def too_many(wait_s: float) -> str:
    """Why nothing can be tried now, for staff."""
    minutes = math.ceil(wait_s / 60)
    if minutes > 60:  # noqa: PLR2004 - an hour: this is about PINs of a whole day
        return "Too many wrong PINs today. Use your password; that makes the PIN good again."
    return f"Too many wrong tries. Try again in {minutes} min."
