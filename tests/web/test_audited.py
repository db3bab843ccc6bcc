"""Who logs in, who commands and who reads a whole session is noted, with the place it was done from."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from kapmonitor.web import create_app
from tests.web.clinic import Clinic
from tests.web.conftest import PASSWORD, Dashboard, access_of, running


class Notes:
    """An audit log of lines: action, what, by, address, detail."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str, str, str]] = []

    def note(self, action: str, what: str, *, by: str, address: str = "", detail: str = "") -> None:
        self.lines.append((action, what, by, address, detail))


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
async def noted(clinic: Clinic, notes: Notes, password_hash: str) -> AsyncIterator[Dashboard]:
    access = access_of(password_hash)
    app = create_app(clinic.feed, clinic.staff, access, audit=notes)
    async with running(app) as url:
        yield Dashboard(clinic, access, app, url)


async def test_logging_in_and_out_is_noted_but_never_what_a_stranger_typed(
    noted: Dashboard, notes: Notes
) -> None:
    async with noted.client(logged_in=False) as client:
        await client.post("/login", data={"user": "hunter2", "password": "x"})
        await client.post("/login", data={"user": "guide", "password": "x"})
        await client.post("/login", data={"user": "guide", "password": PASSWORD})
        await client.post("/logout")
    assert [(action, by, address) for action, _, by, address, _ in notes.lines] == [
        ("log-in-refused", "unknown", "127.0.0.1"),
        ("log-in-refused", "guide", "127.0.0.1"),
        ("log-in", "guide", "127.0.0.1"),
        ("log-out", "guide", "127.0.0.1"),
    ]


async def test_commands_and_what_came_of_them_are_noted(noted: Dashboard, notes: Notes) -> None:
    async with noted.client() as client:
        await client.post("/api/v1/sessions", json={"room": "room-1", "route": "intramuscular"})
        await client.post("/api/v1/alarms/none/acknowledge", json={"seq": "what"})
        await client.get("/api/v1/rooms")
    assert notes.lines == [
        ("command", "/api/v1/sessions", "staff", "127.0.0.1", "201"),
        ("command", "/api/v1/alarms/none/acknowledge", "staff", "127.0.0.1", "422"),
    ]


async def test_who_is_not_logged_in_commands_nothing(noted: Dashboard, notes: Notes) -> None:
    async with noted.client(logged_in=False) as client:
        await client.post("/api/v1/sessions", json={"room": "room-1", "route": "intramuscular"})
    assert notes.lines == []


async def test_without_a_record_there_is_no_trend(noted: Dashboard) -> None:
    async with noted.client() as client:
        answer = await client.get("/api/v1/sessions/s-1/trend", params={"quantity": "spo2"})
        assert (answer.status_code, answer.json()["detail"]) == (409, "Nothing is being recorded here.")
        answer = await client.get("/api/v1/sessions/s-1/trend", params={"quantity": "mood"})
        assert answer.status_code == 422


@pytest.mark.parametrize(("proxies", "seen"), [((), "127.0.0.1"), (("127.0.0.1",), "192.0.2.7")])
async def test_a_browser_behind_a_proxy_is_known_where_the_proxy_is(
    clinic: Clinic, notes: Notes, password_hash: str, proxies: tuple[str, ...], seen: str
) -> None:
    """And by nobody else's word; TLS ends at the proxy, and the cookie is bound to it."""
    access = access_of(password_hash)
    app = create_app(clinic.feed, clinic.staff, access, audit=notes, https=True)
    async with running(app, proxies=proxies) as url:
        passed_on = {"x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https"}
        own = {"origin": url.rstrip("/").replace("http:", "https:")}
        async with httpx2.AsyncClient(base_url=url, headers=passed_on | own) as client:
            answer = await client.post("/login", data={"user": "guide", "password": PASSWORD})
            assert answer.status_code == 303
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("__Host-kap=")
            assert "; secure" in cookie.lower()
            assert "strict-transport-security" in answer.headers
            kept = {"cookie": cookie.partition(";")[0]}
            assert (await client.get("/api/v1/login", headers=kept)).json()["user"] == "guide"
            plain = {"origin": url.rstrip("/")} | kept
            assert (await client.post("/api/v1/login/lock", headers=plain)).status_code == 403
    assert notes.lines[0] == ("log-in", "dashboard", "guide", seen, "")
