"""The addresses about pagers: who may, what is refused, and that an acceptance is what takes over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from kapmonitor.app.pagers import Pagers
from kapmonitor.config import Pager
from kapmonitor.documents import Message
from kapmonitor.pages import Page
from kapmonitor.web import create_app
from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard, access_of, running

AT = "/api/v1/pagers"


class Desk:
    """Pagers without a broker; `nurse-1` and `nurse-2` are online, `doctor` is not."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        holders = [
            Pager(id="doctor", order=3),
            Pager(id="nurse-1"),
            Pager(id="nurse-2", person="anna", order=2),
        ]
        self.pagers = Pagers(holders, self.sent.append, dict[str, float], origin="live")
        self.pagers.connected()
        for each in ("nurse-1", "nurse-2"):
            self.pagers.take(f"pager/{each}/status", b"online", retained=True)

    def newest(self) -> Page:
        document = self.pagers._pages[-1].payload
        assert isinstance(document, Page)
        return document

    def answer(self, pager: str, status: str) -> None:
        page = self.newest()
        receipt = f'{{"page_id":"{page.page_id}","seq":{page.seq},"status":"{status}","at":"{page.sent_at}"}}'
        self.pagers.take(f"pager/{pager}/receipt", receipt.encode(), retained=False)


@pytest.fixture
async def desk() -> Desk:
    return Desk()


@pytest.fixture
async def house(clinic: Clinic, desk: Desk, password_hash: str) -> AsyncIterator[Dashboard]:
    access = access_of(password_hash)
    app = create_app(clinic.feed, clinic.staff, access, pagers=desk.pagers, phones=desk.pagers.phones)
    async with running(app) as url:
        yield Dashboard(clinic, access, app, url)


async def order(client: httpx2.AsyncClient) -> list[str]:
    return [each["id"] for each in (await client.get(AT)).json()]


async def test_the_pagers_as_they_stand(house: Dashboard) -> None:
    async with house.client(user="guest") as client:
        first, second, third = (await client.get(AT)).json()
    assert (first["id"], first["place"], first["on_call"], first["online"]) == ("nurse-1", 1, True, True)
    assert (second["id"], second["person"], second["answered_at"]) == ("nurse-2", "anna", None)
    assert (third["id"], third["online"], third["asked"]) == ("doctor", False, False)


async def test_what_is_not_on_the_disk_yet_is_answered_so(house: Dashboard) -> None:
    house.clinic.staff.keeps_up = False
    async with house.client() as client:
        assert (await client.post(f"{AT}/nurse-2/on-call")).status_code == 202
        assert await order(client) == ["nurse-2", "nurse-1", "doctor"]


async def test_a_test_page_goes_out_and_its_answer_makes_somebody_reachable(
    house: Dashboard, desk: Desk
) -> None:
    async with house.client(user="guide") as client:
        assert (await client.post(f"{AT}/nurse-2/test")).status_code == 204
        assert (desk.newest().kind, desk.pagers.reachable()) == ("test", False)
        desk.answer("nurse-2", "read")
        assert desk.pagers.reachable()
        assert (await client.get(AT)).json()[1]["answered_at"]


async def test_a_hand_over_is_one_command_and_one_confirmation(house: Dashboard, desk: Desk) -> None:
    async with house.client() as client:
        assert (await client.post(f"{AT}/nurse-2/hand-over")).status_code == 204
        assert desk.newest().text.startswith("Take over from nurse-1 until the next hand-over?")
        assert (await client.get(AT)).json()[1]["asked"]
        assert await order(client) == ["nurse-1", "nurse-2", "doctor"]
        desk.answer("nurse-2", "accepted")
        assert await order(client) == ["nurse-2", "nurse-1", "doctor"]


@pytest.mark.parametrize(("body", "minutes"), [(None, "30"), ({"minutes": 45}, "45")])
async def test_cover_me(house: Dashboard, desk: Desk, body: Any, minutes: str) -> None:
    async with house.client() as client:
        assert (await client.post(f"{AT}/nurse-2/cover", json=body)).status_code == 204
        assert f"for {minutes} min?" in desk.newest().text
        desk.answer("nurse-2", "accepted")
        covering = (await client.get(AT)).json()[0]
        assert (covering["id"], covering["on_call"]) == ("nurse-2", False)
        assert covering["covers_until"]


async def test_somebody_can_be_put_on_call_at_once(house: Dashboard) -> None:
    async with house.client() as client:
        assert (await client.post(f"{AT}/doctor/on-call")).status_code == 204
        assert await order(client) == ["doctor", "nurse-1", "nurse-2"]


@pytest.mark.parametrize(
    ("user", "path", "code"),
    [
        ("guest", "nurse-2/test", 403),
        ("guide", "nurse-2/hand-over", 403),
        ("guide", "nurse-2/cover", 403),
        ("guide", "nurse-2/on-call", 403),
        ("staff", "doctor/test", 409),
        ("staff", "doctor/hand-over", 409),
        ("staff", "nobody/test", 404),
        ("staff", "nobody/on-call", 404),
    ],
)
async def test_what_is_refused_changes_nothing(
    house: Dashboard, desk: Desk, user: str, path: str, code: int
) -> None:
    async with house.client(user=user) as client:
        answer = await client.post(f"{AT}/{path}")
        assert (answer.status_code, bool(answer.json()["detail"])) == (code, True)
        assert await order(client) == ["nurse-1", "nurse-2", "doctor"]
    assert not desk.pagers._pages
