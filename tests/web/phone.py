"""A clinic with pagers and no broker, and a raw client in the place of a phone's page."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from kapmonitor.app.pagers import Pagers
from kapmonitor.config import Pager
from kapmonitor.documents import Message
from kapmonitor.web import create_app
from tests.app.alarms import acknowledged, told
from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard, access_of, running

KEY = "0123456789abcdef0123456789abcdef"


class Call:
    """The pagers of a site: `nurse-1` is a pager of its own, `phone-1` and `phone-2` can be taken."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        there = [Pager(id="phone-1"), Pager(id="nurse-1"), Pager(id="phone-2")]
        self.pagers = Pagers(there, self.sent.append, dict[str, float], origin="live")
        self.pagers.connected()
        self.pagers.take("pager/nurse-1/status", b"online", retained=True)

    def alarm(self, number: int) -> None:
        for message in told(number):
            self.pagers.seen(message)
        self.pagers.flush()

    def acknowledge(self, number: int) -> None:
        for message in acknowledged(number):
            self.pagers.seen(message)
        self.pagers.flush()

    async def sees(self, pager: str = "phone-1") -> None:
        """Wait until that phone is online."""
        while not next(each.online for each in self.pagers.pagers() if each.id == pager):
            await asyncio.sleep(0.01)

    def called(self, number: int) -> tuple[str, str | None]:
        alarm = self.pagers.paging.calling.calls[f"alarm-{number}"].alarm
        return alarm.called, alarm.coming


@asynccontextmanager
async def phones_of(clinic: Clinic, password_hash: str, call: Call, **more: Any) -> AsyncIterator[Dashboard]:
    """The dashboard with these pagers, whose pages go out; `more`: what else `create_app` is given."""
    access = access_of(password_hash)
    app = create_app(clinic.feed, clinic.staff, access, pagers=call.pagers, phones=call.pagers.phones, **more)
    paging = asyncio.create_task(call.pagers.run())
    try:
        async with running(app) as url:
            yield Dashboard(clinic, access, app, url)
    finally:
        paging.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await paging


class Phone:
    """What a page does, by hand."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []

    async def say(self, kind: str, **what: Any) -> None:
        await self.socket.send(json.dumps({"kind": kind, **what}))

    async def receipt(self, page: dict[str, Any], status: str, number: int = 1, **other: Any) -> None:
        """Send one, and wait until the service has taken note of it."""
        receipt = {"page_id": page["page_id"], "seq": page["seq"], "status": status, "at": page["sent_at"]}
        await self.say("receipt", number=number, receipt=receipt | other)
        assert (await self.until("noted"))["number"] == number

    async def until(self, kind: str) -> dict[str, Any]:
        """The next message of this kind; others are passed over."""
        while True:
            message: dict[str, Any] = json.loads(await self.socket.recv())
            self.heard.append(message)
            if message["kind"] == kind:
                return message

    async def page(self, kind: str = "page") -> dict[str, Any]:
        """The next page of this kind, shown and confirmed by nobody."""
        while True:
            page: dict[str, Any] = (await self.until("page"))["page"]
            if page["kind"] == kind:
                return page


@asynccontextmanager
async def phone(
    house: Dashboard, pager: str = "phone-1", *, user: str = "staff", key: str = KEY
) -> AsyncIterator[Phone]:
    """A page that has said which pager it is."""
    async with connect(
        f"{house.origin.replace('http', 'ws', 1)}/ws/pager",
        additional_headers={"Cookie": house.cookie(user)},
        origin=Origin(house.origin),
    ) as socket:
        there = Phone(socket)
        await there.say("hello", pager=pager, key=key)
        yield there
