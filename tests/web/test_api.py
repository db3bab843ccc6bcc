"""What scripts and our own pages can ask and have done, and that every command has a person's name on it."""

from __future__ import annotations

from typing import Any

import pytest

from kapmonitor.model import Phase, Route
from kapmonitor.session.commands import (
    ADDRESSES,
    DeferCuff,
    EndSession,
    GiveDose,
    LogEvent,
    SayHere,
    SetPhase,
    StartSession,
    SwitchOff,
)
from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard

START = {"room": "room-1", "route": "intramuscular"}


async def test_rooms_and_alarms_are_those_of_the_wall(dashboard: Dashboard, clinic: Clinic) -> None:
    clinic.open(2)
    clinic.vitals(2, spo2=85)
    clinic.alarm(2, "spo2-low", "high", "SpO2 85 < 88")
    async with dashboard.client() as client:
        rooms = (await client.get("/api/v1/rooms")).json()
        assert [room["room"] for room in rooms] == ["room-1", "room-2", "room-3"]
        assert rooms[1]["session"]["values"]["spo2"]["value"] == 85
        assert rooms[1]["marks"] == ["simulated"]
        (alarm,) = (await client.get("/api/v1/alarms")).json()
        assert (alarm["alarm"], alarm["text"], alarm["seq"]) == ("spo2-low-2", "SpO2 85 < 88", 1)


async def test_an_answer_says_where_the_disk_did_not_keep_up(dashboard: Dashboard, clinic: Clinic) -> None:
    clinic.staff.keeps_up = False
    async with dashboard.client() as client:
        started = await client.post("/api/v1/sessions", json=START)
        assert (started.status_code, started.json()) == (202, {"session": "s-new"})
        for path, body in (("alarms/a1/acknowledge", {"seq": 1}), ("sessions/s1/here", None)):
            answer = await client.post(f"/api/v1/{path}", json=body)
            assert (answer.status_code, answer.content) == (202, b"")
        assert len(clinic.staff.done) == 3


@pytest.mark.parametrize(
    ("path", "body", "done"),
    [
        ("alarms/a1/acknowledge", {"seq": 7}, ("acknowledge", "a1", 7, "staff")),
        ("alarms/a1/label", {"label": "artefact"}, ("label", "a1", "artefact", "staff")),
        ("sessions/s1/phase", {"phase": "recovery"}, ("s1", SetPhase(phase=Phase.RECOVERY), "staff", "")),
        ("sessions/s1/end", None, ("s1", EndSession(), "staff", "")),
        ("sessions/s1/here", None, ("s1", SayHere(), "staff", "")),
        ("sessions/s1/events", {"kind": "help"}, ("s1", LogEvent(kind="help"), "staff", "")),
        (
            "sessions/s1/doses",
            {"amount": 60, "lot": "A7"},
            ("s1", GiveDose(amount=60, lot="A7"), "staff", ""),
        ),
        ("sessions/s1/cuff/not-now", {"minutes": 5}, ("s1", DeferCuff(minutes=5), "staff", "")),
        (
            "sessions/s1/switch-off",
            {"rule": "spo2-low", "reason": "chronic lung disease"},
            ("s1", SwitchOff(rule="spo2-low", reason="chronic lung disease"), "staff", ""),
        ),
    ],
)
async def test_commands_carry_the_name_of_who_sent_them(
    dashboard: Dashboard, path: str, body: dict[str, Any] | None, done: tuple[Any, ...]
) -> None:
    async with dashboard.client() as client:
        answer = await client.post(f"/api/v1/{path}", json=body)
        assert (answer.status_code, answer.content) == (204, b"")
    assert dashboard.clinic.staff.done == [done]


async def test_starting_a_session_answers_its_id(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        answer = await client.post("/api/v1/sessions", json=START | {"seat": "b", "drill": True})
        assert (answer.status_code, answer.json()) == (201, {"session": "s-new"})
        await client.post("/api/v1/sessions", json=START, headers={"Idempotency-Key": "once"})
    assert dashboard.clinic.staff.done == [
        (
            "start",
            StartSession(room="room-1", seat="b", route=Route.INTRAMUSCULAR, drill=True),
            "staff",
            "",
        ),
        ("start", StartSession(room="room-1", route=Route.INTRAMUSCULAR), "staff", "once"),
    ]


async def test_a_refusal_is_409_and_says_why(dashboard: Dashboard) -> None:
    dashboard.clinic.staff.refuse = "Room 1 has a session already; end it first."
    async with dashboard.client() as client:
        for path, body in (
            ("sessions", START),
            ("alarms/a1/acknowledge", {"seq": 1}),
            ("sessions/s1/cuff/start", None),
        ):
            answer = await client.post(f"/api/v1/{path}", json=body)
            assert answer.status_code == 409, path
            assert answer.json() == {"detail": "Room 1 has a session already; end it first."}


async def test_what_a_role_may_not_do_is_403_and_says_which_may(dashboard: Dashboard) -> None:
    async with dashboard.client(user="guide") as client:
        answer = await client.post("/api/v1/alarms/a1/acknowledge", json={"seq": 1})
        assert answer.status_code == 403
        assert answer.json() == {
            "detail": "You may not acknowledge an alarm: that needs prescriber or medical."
        }
        assert (await client.post("/api/v1/sessions/s1/events", json={"kind": "help"})).status_code == 204
    assert dashboard.clinic.staff.done == [("s1", LogEvent(kind="help"), "guide", "")]


async def test_the_nuisance_report_is_of_as_many_days_as_asked(dashboard: Dashboard) -> None:
    async with dashboard.client(user="guest") as client:
        answer = await client.get("/api/v1/nuisance", params={"days": 7})
        nothing = {"sessions": 0, "room_hours": 0.0, "rules": []}
        assert answer.json() == {"days": 7, "sessions": nothing, "drills": nothing}
        assert (await client.get("/api/v1/nuisance", params={"days": 0})).status_code == 422
        assert (await client.get("/api/v1/nuisance")).json()["days"] == 30
        dashboard.clinic.staff.refuse = "Nothing is being recorded here."
        assert (await client.get("/api/v1/nuisance")).status_code == 409


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("sessions", START | {"route": "by-ear"}),
        ("sessions", START | {"room": "Room One"}),
        ("sessions", START | {"surprise": 1}),
        ("sessions", {}),
        ("sessions/s1/phase", {"phase": "lunch"}),
        ("sessions/s1/phase", None),
        ("sessions/s1/doses", {"amount": -1}),
        ("sessions/s1/doses", {"amount": 60, "given": "yesterday"}),
        ("sessions/s1/notes", {"text": "x" * 4001}),
        ("sessions/s1/events", {"kind": "sedation", "score": 9}),
        ("sessions/s1/events", {"kind": "Something Else"}),
        ("sessions/s1/interruption", {"minutes": 60}),
        ("sessions/s1/switch-off", {"rule": "spo2-low", "reason": "x" * 501}),
        ("sessions/S1/end", None),
        ("alarms/a1/acknowledge", {}),
        ("alarms/a1/acknowledge", {"seq": "latest"}),
        ("alarms/a1/acknowledge", {"seq": -1}),
        ("alarms/a1/label", {"label": "annoying"}),
    ],
)
async def test_nonsense_is_422_and_reaches_nobody(
    dashboard: Dashboard, path: str, body: dict[str, Any] | None
) -> None:
    async with dashboard.client() as client:
        assert (await client.post(f"/api/v1/{path}", json=body)).status_code == 422
    assert dashboard.clinic.staff.done == []


READS = ("alarms", "entries", "limits", "what-if", "record", "form", "earlier", "trend")


USERS = ("", *(f"/{{user}}/{what}" for what in ("password", "role", "disable", "enable")))


async def test_the_api_describes_itself_completely(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        document = (await client.get("/api/openapi.json")).json()
    assert set(document["paths"]) == {
        "/api/v1/rooms",
        "/api/v1/alarms",
        "/api/v1/audit",
        "/api/v1/pairing",
        *(f"/api/v1/login{what}" for what in ("", "/switch", "/touch", "/lock", "/password", "/pin")),
        *(f"/api/v1/displays{what}" for what in ("", "/{display}/remove")),
        *(f"/api/v1/users{what}" for what in USERS),
        *(f"/api/v1/rooms/{{room}}/{what}" for what in ("help", "here", "events")),
        "/api/v1/sessions",
        "/api/v1/nuisance",
        "/api/v1/alarms/{alarm}/acknowledge",
        "/api/v1/alarms/{alarm}/label",
        "/api/v1/sessions/{session}",
        *(f"/api/v1/sessions/{{session}}/{what}" for what in READS),
        *(f"/api/v1/sessions/{{session}}/{address}" for address in ADDRESSES),
    }
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            wanted = {"401", "403", "423"} | ({"409", "413"} if method == "post" else set())
            wanted -= (
                {"401", "403", "413", "423"} if path == "/api/v1/pairing" else set()
            )  # open to everybody
            assert wanted <= set(described["responses"]), path
    assert {"Place", "ShownSession", "Shown", "Alarm", "Problem"} <= set(document["components"]["schemas"])
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for each in node for found in references(each)]
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for each in node.values() for found in references(each)]
    return []
