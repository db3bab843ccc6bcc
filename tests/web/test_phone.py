"""The line to a phone: pages, receipts by the one way in, and what a stranger's phone may do: nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from kapmonitor.pages import Refusal
from kapmonitor.web.phone import MALFORMED, NOT_YOURS
from kapmonitor.web.socket import LOGGED_OUT
from tests.web.clinic import Clinic
from tests.web.conftest import PASSWORD, Dashboard
from tests.web.phone import KEY, Call, phone, phones_of

AT = "/api/v1/pagers"


@pytest.fixture
async def call() -> Call:
    return Call()


@pytest.fixture
async def house(clinic: Clinic, call: Call, password_hash: str) -> AsyncIterator[Dashboard]:
    async with phones_of(clinic, password_hash, call) as house:
        yield house


async def take(
    house: Dashboard, pager: str = "phone-1", *, user: str = "staff", key: str = KEY, over: bool = False
) -> int:
    async with house.client(user=user) as client:
        answer = await client.post(f"{AT}/{pager}/take", json={"key": key, "over": over})
        return answer.status_code


async def test_a_page_comes_is_confirmed_accepted_and_withdrawn(house: Dashboard, call: Call) -> None:
    assert await take(house, user="guide") == 204
    async with phone(house, user="guide") as there:
        assert (await there.until("heartbeat"))["ts"]
        assert (await there.until("standing")) == {"kind": "standing", "pages": [], "complete": False}
        await there.say("seen", visible=True, sound=True, battery=80.0)
        await call.sees()
        call.alarm(1)
        page = await there.page()
        assert (page["priority"], page["room"], page["level"]) == ("high", "room-1", 0)
        await there.receipt(page, "delivered")
        assert call.called(1) == ("delivered", None)
        await there.receipt(page, "accepted", 2)
        assert call.called(1) == ("coming", "guide")
        call.acknowledge(1)
        assert (await there.page("withdraw"))["alarm"] == page["alarm"]
    assert call.sent  # the same pages went to the broker


async def test_what_stands_is_there_again_after_a_reload(house: Dashboard, call: Call) -> None:
    assert await take(house) == 204
    async with phone(house) as there:
        await there.say("seen", visible=True)
        await call.sees()
        call.alarm(1)
        first = await there.page()
    async with phone(house) as again:
        assert (await again.until("standing"))["pages"] == [first]
        async with phone(house) as newest:
            assert (await again.until("lost"))["by"] == ""
            assert (await newest.until("standing"))["pages"] == [first]


async def test_two_phones_cannot_hold_one_pager(house: Dashboard) -> None:
    assert await take(house) == 204
    async with phone(house) as first:
        await first.until("standing")
        assert await take(house, user="guide", key="x" * 32) == 409
        async with phone(house, user="guide", key="x" * 32) as second:
            assert "staff has taken phone-1" in (await second.until("refused"))["reason"]
        assert await take(house, user="guide", key="x" * 32, over=True) == 204
        assert (await first.until("lost"))["by"] == "guide"
        with pytest.raises(ConnectionClosed):
            await first.socket.recv()
        assert first.socket.close_code == NOT_YOURS


async def test_forged_receipts_change_nothing(house: Dashboard, call: Call) -> None:
    """A phone answers for its own pager alone, whatever it writes into a receipt."""
    assert await take(house) == 204
    assert await take(house, "phone-2", user="guide", key="x" * 32) == 204
    async with phone(house) as first, phone(house, "phone-2", user="guide", key="x" * 32) as other:
        await first.say("seen", visible=True)
        await call.sees()
        call.alarm(1)
        page = await first.page()
        await other.receipt(page, "accepted", pager="phone-1")
        await other.receipt(page, "accepted", 2, seq=99)
        await other.say("receipt", number=3, receipt={"page_id": "x"})
        await other.until("noted")
        assert call.called(1)[1] is None
        assert call.pagers.dropped == {Refusal.PAGE: 2, Refusal.MALFORMED: 1}


async def test_who_was_taken_over_cannot_answer_any_more(house: Dashboard, call: Call) -> None:
    assert await take(house) == 204
    async with phone(house) as first:
        await first.say("seen", visible=True)
        await call.sees()
        call.alarm(1)
        page = await first.page()
        assert await take(house, user="guide", key="x" * 32, over=True) == 204
        receipt = {
            "page_id": page["page_id"],
            "seq": page["seq"],
            "status": "accepted",
            "at": page["sent_at"],
        }
        await first.until("lost")
        with contextlib.suppress(ConnectionClosed):
            await first.say("receipt", number=1, receipt=receipt)
    assert call.called(1)[1] is None


async def test_nothing_of_it_is_for_who_is_not_logged_in(house: Dashboard) -> None:
    async with house.client(logged_in=False) as client:
        for path in ("pager", "pager-worker.js", "static/pager/main.js", "static/pager/manifest.json"):
            assert (await client.get(path)).status_code == 401, path
        assert (await client.post(f"{AT}/phone-1/take", json={"key": KEY})).status_code == 401
        page = await client.get("pager", headers={"accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/login?to=/pager")
        for wanted, then in (("/pager", "/pager"), ("//evil.example", "/")):
            form = {"user": "staff", "password": PASSWORD}
            answer = await client.post("login", params={"to": wanted}, data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, then)
            await client.post("logout")
    for cookie, origin in (("", house.origin), (house.cookie(), "https://evil.example")):
        with pytest.raises(InvalidStatus):
            await connect(
                f"{house.origin.replace('http', 'ws', 1)}/ws/pager",
                additional_headers={"Cookie": cookie},
                origin=Origin(origin),
            )


@pytest.mark.parametrize(
    "message", ["{", '{"kind": "nothing"}', '{"kind": "hello", "pager": "phone-1"}', b"\xff"], ids=repr
)
async def test_nonsense_ends_the_line(house: Dashboard, message: str | bytes) -> None:
    assert await take(house) == 204
    async with phone(house) as there:
        await there.until("standing")
        await there.socket.send(message)
        with pytest.raises(ConnectionClosed):
            await there.until("never")
        assert there.socket.close_code == MALFORMED


async def test_the_line_ends_with_the_log_in(house: Dashboard) -> None:
    assert await take(house) == 204
    async with phone(house) as there:
        await there.until("standing")
        token = there.socket.request.headers["Cookie"].partition("=")[2] if there.socket.request else ""
        house.access.end(token)
        with pytest.raises(ConnectionClosed):
            await there.until("never")
        assert there.socket.close_code == LOGGED_OUT


async def test_who_may_not_look_after_patients_carries_no_pager(house: Dashboard) -> None:
    assert await take(house, user="guest") == 403
    async with phone(house, user="guest") as there:
        assert "You may not carry a pager" in (await there.until("refused"))["reason"]


async def test_a_service_that_does_not_monitor_does_not_beat(
    house: Dashboard, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    def monitoring() -> bool:
        asked.set()
        return False

    assert await take(house) == 204
    async with phone(house) as there:
        await there.until("standing")
        monkeypatch.setattr(clinic.health, "monitoring", monitoring)
        await asked.wait()
        async with house.client() as client:
            assert (await client.post(f"{AT}/phone-1/leave", json={"key": KEY})).status_code == 204
        await there.until("lost")
        assert [each["kind"] for each in there.heard] == ["heartbeat", "standing", "lost"]
