"""Administrators add people and take log-ins away; every one of it is noted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kapmonitor.ports import Noted
from kapmonitor.web import create_app
from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard, access_of, running
from tests.web.test_audited import Notes

AT = "/api/v1/users"


class Trail(Notes):
    """An audit log that can be read."""

    async def newest(
        self, limit: int, before: int | None = None, *, by: str = "", action: str = ""
    ) -> list[Noted]:
        del before, by, action
        return [
            Noted(n, "2026-11-22T09:00:00.000Z", who, done, what, detail, address)
            for n, (done, what, who, address, detail) in enumerate(self.lines, start=1)
        ][:limit]


@pytest.fixture
def trail() -> Trail:
    return Trail()


@pytest.fixture
async def house(clinic: Clinic, trail: Trail, password_hash: str) -> AsyncIterator[Dashboard]:
    access = access_of(password_hash)
    app = create_app(clinic.feed, clinic.staff, access, audit=trail, trail=trail)
    async with running(app) as url:
        yield Dashboard(clinic, access, app, url)


async def test_somebody_new_logs_in_and_is_taken_away_again(house: Dashboard, trail: Trail) -> None:
    async with house.client(user="boss") as boss, house.client(logged_in=False) as new:
        answer = await boss.post(AT, json={"id": "nurse-9", "role": "medical"})
        assert answer.status_code == 201
        password = answer.json()["password"]
        form = {"user": "nurse-9", "password": password}
        assert (await new.post("/login", data=form)).status_code == 303
        assert (await new.get("/api/v1/login")).json()["role"] == "medical"
        assert await shown(boss, "nurse-9") == {"role": "medical", "disabled": False, "logged_in": 1}
        assert (await boss.post(f"{AT}/nurse-9/role", json={"role": "therapist"})).status_code == 204
        assert (await new.get("/api/v1/login")).json()["role"] == "therapist"
        again = (await boss.post(f"{AT}/nurse-9/password")).json()["password"]
        assert (await new.get("/api/v1/login")).status_code == 401
        assert (await new.post("/login", data=form)).status_code == 401
        assert (await new.post("/login", data=form | {"password": again})).status_code == 303
        assert (await boss.post(f"{AT}/nurse-9/disable")).status_code == 204
        assert (await new.get("/api/v1/login")).status_code == 401
        assert (await new.post("/login", data=form | {"password": again})).status_code == 401
        assert (await shown(boss, "nurse-9"))["disabled"] is True
        assert (await boss.post(f"{AT}/nurse-9/enable")).status_code == 204
        assert (await new.post("/login", data=form | {"password": again})).status_code == 303
        lines = (await boss.get("/api/v1/audit")).json()
    told = [(line["by"], line["action"], line["what"], line["detail"]) for line in lines]
    assert ("boss", "user-added", "nurse-9", "medical") in told
    assert ("boss", "user-changed", "nurse-9", "therapist") in told
    assert ("boss", "password-reset", "nurse-9", "") in told
    assert ("boss", "user-changed", "nurse-9", "disabled") in told
    assert not any(password in str(line) or again in str(line) for line in trail.lines)


async def shown(client: Any, user: str) -> dict[str, Any]:
    (found,) = [each for each in (await client.get(AT)).json() if each["id"] == user]
    return {name: found[name] for name in ("role", "disabled", "logged_in")}


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("", {"id": "staff", "role": "viewer"}, 409, "already"),
        ("", {"id": "service", "role": "viewer"}, 409, "kapmonitor itself"),
        ("", {"id": "Nurse 9", "role": "viewer"}, 422, "id"),
        ("", {"id": "nurse-9", "role": "service"}, 422, "role"),
        ("", {"id": "nurse-9", "role": "display"}, 422, "role"),
        ("/nobody/disable", {}, 404, "no user nobody"),
        ("/nobody/password", {}, 404, "no user nobody"),
        ("/boss/disable", {}, 409, "last administrator"),
        ("/boss/role", {"role": "viewer"}, 409, "last administrator"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    house: Dashboard, path: str, body: Any, status: int, says: str
) -> None:
    async with house.client(user="boss") as boss:
        before = (await boss.get(AT)).json()
        answer = await boss.post(f"{AT}{path}", json=body)
        assert (answer.status_code, says in answer.text) == (status, True), answer.text
        assert (await boss.get(AT)).json() == before


async def test_refused_commands_are_noted_as_well(house: Dashboard, trail: Trail) -> None:
    async with house.client(user="guest") as guest:
        assert (await guest.post(AT, json={"id": "me", "role": "administrator"})).status_code == 403
        assert (await guest.post("/api/v1/login/lock")).status_code == 204
        assert (await guest.post("/api/v1/sessions", json={})).status_code == 423
        answer = await guest.post("/logout", headers={"origin": "https://evil.example"})
        assert answer.status_code == 403
    assert [(action, what, by, detail) for action, what, by, _, detail in trail.lines] == [
        ("command", AT, "guest", "403"),
        ("command", "/api/v1/login/lock", "guest", "204"),
        ("command", "/api/v1/sessions", "guest", "423"),
    ]
