"""`/api/v1/devices`, `service`, `limits`, `start-of-day`: how the site stands, and who answers for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from kapmonitor.errors import NotAllowedError
from kapmonitor.people import Person, Task
from kapmonitor.ports import SiteDesk
from kapmonitor.standing import CheckView, DeviceLine, Heard, LimitsView, Part
from kapmonitor.web.audited import address_of
from kapmonitor.web.guard import login_of, person_of
from kapmonitor.web.login_api import TOO_MANY, Secret
from kapmonitor.web.proofs import Proofs
from kapmonitor.web.sessions import ALWAYS, COMMAND, Answers, as_json

SHAPES = (DeviceLine, Part, LimitsView, CheckView)


class SignLimits(BaseModel):
    """`name` answers for the limits with this `hash`; `pin` or `password` of whoever is logged in here."""

    model_config = ConfigDict(extra="forbid")

    hash: str = Field(pattern="^[0-9a-f]{64}$")
    name: Annotated[
        str, Field(min_length=3, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")
    ]
    pin: Secret = ""
    password: Secret = ""


class Checked(BaseModel):
    """What was heard at this screen when the tone was played."""

    model_config = ConfigDict(extra="forbid")

    sound: Heard


@dataclass(frozen=True, slots=True)
class SiteApi:
    """The handlers; `add_to` names their addresses."""

    desk: SiteDesk
    proofs: Proofs

    def add_to(self, app: FastAPI) -> None:
        """Put every address on the app."""
        v1 = "/api/v1"
        app.add_api_route(f"{v1}/devices", self.devices, responses=ALWAYS | _gives("DeviceLine", many=True))
        app.add_api_route(f"{v1}/service", self.service, responses=ALWAYS | _gives("Part", many=True))
        app.add_api_route(f"{v1}/limits", self.limits, responses=ALWAYS | _gives("LimitsView"))
        app.add_api_route(f"{v1}/start-of-day", self.check, responses=ALWAYS | _gives("CheckView"))
        app.add_api_route(
            f"{v1}/limits/sign", self.sign, methods=["POST"], status_code=204, responses=COMMAND | TOO_MANY
        )
        app.add_api_route(
            f"{v1}/start-of-day", self.checked, methods=["POST"], responses=COMMAND | _gives("CheckView")
        )

    async def devices(self) -> Response:
        """Every configured device as it stands."""
        return as_json(self.desk.devices())

    async def service(self) -> Response:
        """Recording and broker."""
        return as_json(self.desk.parts())

    async def limits(self) -> Response:
        """The limits in force, who has signed them, and what is other than in the set signed last."""
        return as_json(await self.desk.limits())

    async def sign(self, request: Request, body: SignLimits) -> None:
        """Answer for the limits in force, with the PIN or the password once more."""
        by = person_of(request)
        by.must_be_allowed(Task.SIGN_LIMITS)
        await self._proved(request, by, body)
        await self.desk.sign(body.hash, body.name.strip(), by=by)

    async def check(self) -> Response:
        """The start-of-day check, as far as the service can judge by itself."""
        return as_json(await self.desk.check())

    async def checked(self, request: Request, body: Checked) -> Response:
        """The check as it is now stands in the audit log."""
        address = address_of(request.scope)
        return as_json(await self.desk.checked(body.sound, by=person_of(request), address=address))

    async def _proved(self, request: Request, by: Person, body: SignLimits) -> None:
        login = login_of(request)
        if login is None:
            raise NotAllowedError("Nobody is logged in at this screen.")
        if body.password:
            await self.proofs.password(request, by.id, body.password)
        else:
            await self.proofs.pin(request, by.id, body.pin, browser=login.key)


def _gives(shape: str, *, many: bool = False) -> Answers:
    one = {"$ref": f"#/components/schemas/{shape}"}
    return {
        200: {"content": {"application/json": {"schema": {"type": "array", "items": one} if many else one}}}
    }
