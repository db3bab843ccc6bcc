"""Screens without a log-in: paired by a code, each with a little, none with a name, and gone when removed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from kapmonitor.errors import RefusedError
from kapmonitor.people import Person, Role, User
from kapmonitor.web import Displays
from kapmonitor.web.displays import CODE_S, CODES_AT_ONCE
from kapmonitor.web.passwords import hash_pin
from kapmonitor.web.socket import LOGGED_OUT
from tests.house import House
from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard
from tests.web.test_login_api import picture

AT = "/api/v1/displays"
HTML = {"accept": "text/html"}


async def test_a_screen_shows_a_code_and_an_administrator_types_it_in(dashboard: Dashboard) -> None:
    async with dashboard.client(logged_in=False) as screen, dashboard.client(user="boss") as boss:
        assert (await screen.get("/display")).status_code == 200
        answer = await screen.post("/api/v1/pairing")
        code, cookie = answer.json()["code"], answer.headers["set-cookie"].lower()
        assert cookie.startswith("kap-display=")
        assert "; httponly" in cookie
        assert "; samesite=strict" in cookie
        assert (await screen.get("/api/v1/pairing")).json() == {"paired": False, "page": ""}
        assert (await screen.get("/", headers=HTML)).headers["location"] == "/login"
        typed = {"code": code.lower().replace("-", " "), "id": "station", "room": ""}
        assert (await boss.post(AT, json=typed | {"room": "room-99"})).status_code == 409
        assert (await boss.post(AT, json=typed)).status_code == 204
        assert (await screen.get("/api/v1/pairing")).json() == {"paired": True, "page": "/"}
        assert (await screen.get("/display")).headers["location"] == "/"
        assert (await screen.get("/")).status_code == 200
        (shown,) = (await boss.get(AT)).json()
        assert (shown["id"], shown["room"], shown["by"]) == ("station", "", "boss")
        assert (await boss.post(AT, json=typed | {"id": "other"})).status_code == 409  # a code is used once
        assert (await boss.post(f"{AT}/station/remove")).status_code == 204
        assert (await screen.get("/", headers=HTML)).headers["location"] == "/login"
        assert (await boss.post(f"{AT}/station/remove")).status_code == 404


async def test_a_wall_gets_values_and_alarms_and_no_name(dashboard: Dashboard, clinic: Clinic) -> None:
    speak(clinic)
    screen = dashboard.screen()
    cookie = screen.headers["cookie"]
    async with screen, dashboard.socket(cookie=cookie) as socket:
        frame = await picture(socket)
        assert b"nurse-7" not in frame
        found = msgspec.json.decode(frame)["picture"]
        assert [place["room"] for place in found["places"]] == ["room-1", "room-2", "room-3"]
        assert {alarm["room"] for alarm in found["alarms"]} == {"room-1", "room-2", ""}
        assert found["places"][0]["session"]["values"]["spo2"]["value"] == 85
        dashboard.displays.remove("screen-wall")
        with pytest.raises(ConnectionClosed):
            await until_closed(socket)
        assert socket.close_code == LOGGED_OUT
        assert (await screen.get("/api/v1/login")).status_code == 401


async def until_closed(socket: Any) -> None:
    while True:
        await socket.recv()


async def test_a_room_gets_its_own_room_and_what_is_for_all(dashboard: Dashboard, clinic: Clinic) -> None:
    speak(clinic)
    screen = dashboard.screen("room-2")
    async with screen, dashboard.socket(cookie=screen.headers["cookie"]) as socket:
        frame = await picture(socket)
        found = msgspec.json.decode(frame)["picture"]
        assert [place["room"] for place in found["places"]] == ["room-2"]
        assert {alarm["room"] for alarm in found["alarms"]} == {"room-2", ""}
        assert b"nurse-7" not in frame
        assert b"room-1" not in frame
        for _ in range(3):
            clinic.pleth(2)
            clinic.alarm(2, "spo2-low", "high", "SpO2 83 < 88")
            assert bytes(await socket.recv(decode=False)).startswith(b"{")  # no waveforms in there
        answer = await screen.get("/", headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, "/room/room-2")
        assert (await screen.get("/api/v1/login")).json()["room"] == "room-2"


def speak(clinic: Clinic) -> None:
    for n in (1, 2):
        clinic.open(n)
        clinic.vitals(n, spo2=85)
        clinic.alarm(n, "spo2-low", "high", "SpO2 85 < 88", acknowledged=True, acknowledged_by="nurse-7")
    clinic.quieten(1, interruption={"by": "nurse-7", "until": clinic.ts(-60)})
    clinic.service_alarm("broker-lost", "medium", "The broker does not answer.")


def test_codes_end_and_do_not_fill_the_memory() -> None:
    at = 0.0
    displays = Displays(now=lambda: at, utc=lambda: 1e9)
    first, _ = displays.ask()
    for _ in range(CODES_AT_ONCE - 1):
        displays.ask()
    with pytest.raises(RefusedError, match="ten minutes"):
        displays.ask()
    at += CODE_S + 1
    with pytest.raises(RefusedError, match="No screen shows this code"):
        displays.pair(first, "one", "", by="boss")
    code, token = displays.ask()
    assert displays.use(token) is None
    paired = displays.pair(code, "one", "", by="boss")
    assert displays.use(token) is paired
    assert displays.use("") is None
    assert token not in str(vars(displays))
    code, _ = displays.ask()
    with pytest.raises(RefusedError, match="display one already"):
        displays.pair(code, "one", "", by="boss")


async def test_a_code_is_asked_for_no_more_than_a_few_times(dashboard: Dashboard) -> None:
    async with dashboard.client(logged_in=False) as screen:
        answers = [(await screen.post("/api/v1/pairing")).status_code for _ in range(21)]
        assert answers == [200] * 20 + [429]


async def test_the_screen_of_a_room_calls_help_logs_for_the_therapist_and_asks_who_is_here() -> None:
    house = House(None, ("uneventful", "uneventful"))
    house.access.users.give_pin("nurse-1", hash_pin("2580"))
    house.access.users.give_pin("guide-1", hash_pin("2580"))
    await house.second()
    async with house.as_("nurse-1") as nurse:
        start: dict[str, Any] = {"route": "intramuscular", "drill": True}
        session = (await nurse.post("", room="room-1", therapist="guide-1", **start))["session"]
        other = (await nurse.post("", room="room-2", **start))["session"]
        code, token = house.displays.ask()
        house.displays.pair(code, "screen-1", "room-1", by="nurse-1")
        async with house.as_("nurse-1") as page:
            screen = page.client
            screen.cookies.clear()
            screen.cookies.set("kap-display", token)
            at = "/api/v1/rooms/room-1"
            assert (await screen.post(f"{at}/help")).status_code == 204
            event = {"kind": "nausea", "severity": "mild"}
            assert (await screen.post(f"{at}/events", json=event)).status_code == 204
            assert (await screen.post(f"{at}/here")).status_code == 423
            for user, pin, status in (
                ("guide-1", "2580", 403),
                ("nurse-1", "1", 403),
                ("nurse-1", "2580", 204),
            ):
                answer = await screen.post(f"{at}/here", json={"user": user, "pin": pin})
                assert answer.status_code == status, answer.text
            assert (await screen.post("/api/v1/rooms/room-2/help")).status_code == 403
        told = [
            (each["by"], each["role"], each["what"]["kind"])
            for each in await nurse.get(f"/{session}/entries")
        ]
        assert ("screen-1", "display", "help-called") in told
        assert ("guide-1", "therapist", "symptom") in told
        assert told[-1][:2] == ("nurse-1", "medical")
        assert {each["by"] for each in await nurse.get(f"/{other}/entries")} <= {"nurse-1", "service"}


async def test_without_a_therapist_who_can_log_in_events_need_a_log_in() -> None:
    house = House()
    house.access.users.add(User(Person("gone-1", Role.THERAPIST), "", disabled=True))
    await house.second()
    async with house.as_("nurse-1") as nurse:
        await nurse.post("", room="room-1", route="intramuscular", drill=True, therapist="gone-1")
        code, token = house.displays.ask()
        house.displays.pair(code, "screen-1", "room-1", by="nurse-1")
        nurse.client.cookies.clear()
        nurse.client.cookies.set("kap-display", token)
        answer = await nurse.client.post("/api/v1/rooms/room-1/events", json={"kind": "nausea"})
        assert (answer.status_code, "Log in" in answer.json()["detail"]) == (403, True)
