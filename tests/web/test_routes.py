"""Every route and socket of the dashboard, as everybody who is not to have it: they get nothing.

The table is written out here: a route that is not in it fails the first test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import msgspec
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import Mount, Route
from starlette.types import Message, Scope

from kapmonitor.people import Person, Role, Task
from kapmonitor.session.commands import ADDRESSES
from kapmonitor.web import Access, Displays, User, create_app
from tests.house import STAFF, House
from tests.test_roles import COMMANDS
from tests.web.standing import HASH, Standing
from tests.web.test_pagers import Desk

TABLE = """
                                             nobody locked wall room viewer
    GET /                                    -      yes    yes  -    yes
    GET /login                               yes    yes    yes  yes  yes
    POST /login                              yes    yes    yes  yes  yes
    POST /logout                             -      yes    -    -    yes
    GET /display                             yes    yes    yes  yes  yes
    GET /healthz                             yes    yes    yes  yes  yes
    GET /metrics                             own    own    own  own  own
    GET /static/wall.js                      -      yes    yes  yes  yes
    GET /static/base.css                     yes    yes    yes  yes  yes
    WEBSOCKET /ws                            -      yes    yes  yes  yes
    WEBSOCKET /ws/pager                      -      yes    -    -    yes
    GET /room/{room}                         -      yes    -    yes  yes
    GET /api/openapi.json                    -      -      -    -    yes
    GET /api/v1/login                        -      yes    yes  yes  yes
    POST /api/v1/login/switch                -      yes    -    -    yes
    POST /api/v1/login/touch                 -      -      -    -    yes
    POST /api/v1/login/lock                  -      yes    -    -    yes
    POST /api/v1/login/password              -      -      -    -    yes
    POST /api/v1/login/pin                   -      -      -    -    yes
    POST /api/v1/pairing                     yes    yes    yes  yes  yes
    GET /api/v1/pairing                      yes    yes    yes  yes  yes
    GET /api/v1/displays                     -      -      -    -    -
    POST /api/v1/displays                    -      -      -    -    -
    POST /api/v1/displays/{display}/remove   -      -      -    -    -
    GET /api/v1/users                        -      -      -    -    -
    POST /api/v1/users                       -      -      -    -    -
    POST /api/v1/users/{user}/password       -      -      -    -    -
    POST /api/v1/users/{user}/role           -      -      -    -    -
    POST /api/v1/users/{user}/disable        -      -      -    -    -
    POST /api/v1/users/{user}/enable         -      -      -    -    -
    GET /api/v1/audit                        -      -      -    -    -
    GET /api/v1/devices                      -      -      -    -    yes
    GET /api/v1/service                      -      -      -    -    yes
    GET /api/v1/limits                       -      -      -    -    yes
    POST /api/v1/limits/sign                 -      -      -    -    -
    GET /api/v1/start-of-day                 -      -      -    -    yes
    POST /api/v1/start-of-day                -      -      -    -    -
    GET /api/v1/rooms                        -      yes    -    -    yes
    POST /api/v1/rooms/{room}/help           -      yes    -    yes  yes
    POST /api/v1/rooms/{room}/here           -      -      -    yes  -
    POST /api/v1/rooms/{room}/events         -      -      -    yes  -
    GET /api/v1/alarms                       -      yes    -    -    yes
    POST /api/v1/alarms/{alarm}/acknowledge  -      -      -    -    -
    POST /api/v1/alarms/{alarm}/label        -      -      -    -    -
    GET /api/v1/nuisance                     -      -      -    -    yes
    POST /api/v1/sessions                    -      -      -    -    -
    GET /api/v1/sessions/{session}           -      -      -    -    yes
    GET /api/v1/sessions/{session}/entries   -      -      -    -    yes
    GET /api/v1/sessions/{session}/record    -      -      -    -    yes
    GET /api/v1/sessions/{session}/form      -      -      -    -    yes
    GET /api/v1/sessions/{session}/earlier   -      -      -    -    yes
    GET /api/v1/sessions/{session}/trend     -      -      -    -    yes
    GET /sessions                            -      -      -    -    yes
    GET /sessions/{session}                  -      yes    -    -    yes
    GET /sessions/{session}/summary          -      -      -    -    yes
    GET /admin                               -      -      -    -    yes
    GET /paper                               -      -      -    -    yes
    GET /api/v1/sessions                     -      -      -    -    yes
    GET /api/v1/sessions/{session}/alarms    -      -      -    -    yes
    GET /api/v1/sessions/{session}/limits    -      -      -    -    yes
    POST /api/v1/sessions/{session}/what-if  -      -      -    -    yes
    GET /sessions/{session}/report           -      -      -    -    -
    GET /sessions/{session}/report.pdf       -      -      -    -    -
    GET /sessions/{session}/report.css       -      -      -    -    yes
    GET /api/v1/pagers                       -      -      -    -    yes
    GET /pager                               -      yes    -    -    yes
    GET /pager-worker.js                     -      yes    -    -    yes
    POST /api/v1/pagers/{pager}/test         -      -      -    -    -
    POST /api/v1/pagers/{pager}/on-call      -      -      -    -    -
    POST /api/v1/pagers/{pager}/hand-over    -      -      -    -    -
    POST /api/v1/pagers/{pager}/cover        -      -      -    -    -
    POST /api/v1/pagers/{pager}/take         -      -      -    -    -
    POST /api/v1/pagers/{pager}/leave        -      -      -    -    yes
"""
COLUMNS = ("nobody", "locked", "wall", "room", "viewer")
MEANT = {"room": "room-1", "user": "guest-1", "display": "screen", "pager": "nurse-1", "alarm": "a1"}
BODIES: dict[str, Any] = {
    "POST /api/v1/login/switch": {"user": "nurse-1", "pin": "1"},
    "POST /api/v1/login/password": {"old": "x", "new": "three different words"},
    "POST /api/v1/login/pin": {"password": "x", "pin": "2580"},
    "POST /api/v1/limits/sign": {"hash": HASH, "name": "Dr. A. Example", "pin": "1"},
    "POST /api/v1/start-of-day": {"sound": "heard"},
    "POST /api/v1/displays": {"code": "ABCD-EFGH", "id": "screen"},
    "POST /api/v1/users": {"id": "new-1", "role": "viewer"},
    "POST /api/v1/users/{user}/role": {"role": "viewer"},
    "POST /api/v1/rooms/{room}/events": {"kind": "seizure"},
    "POST /api/v1/pagers/{pager}/take": {"key": "of-this-browser-only"},
    "POST /api/v1/pagers/{pager}/leave": {"key": "of-this-browser-only"},
    "POST /api/v1/alarms/{alarm}/acknowledge": {"seq": 1},
    "POST /api/v1/alarms/{alarm}/label": {"label": "real"},
    "POST /api/v1/sessions": {"room": "room-2", "route": "intramuscular", "drill": True},
}
"""What is right, so that nothing but the role is in the way; of session commands those of `test_roles`."""


def entries() -> dict[str, dict[str, str]]:
    """Method and path, and who gets something there."""
    head, *lines = TABLE.strip().splitlines()
    assert tuple(head.split()) == COLUMNS
    found = {" ".join(line.split()[:2]): dict(zip(COLUMNS, line.split()[2:], strict=True)) for line in lines}
    nobody = dict.fromkeys(COLUMNS, "-")
    return found | {f"POST /api/v1/sessions/{{session}}/{address}": nobody for address in ADDRESSES}


def bodies() -> dict[str, Any]:
    """A body for each command that needs one."""
    given = {type(each): each for each in COMMANDS.values() if each is not None}
    of_sessions = {
        f"POST /api/v1/sessions/{{session}}/{address}": msgspec.to_builtins(given[kind])
        for address, kind in ADDRESSES.items()
    }
    return BODIES | of_sessions | {"POST /api/v1/sessions/{session}/events": {"kind": "seizure"}}


def addresses(app: FastAPI) -> Iterator[str]:
    """Method and path of everything that the app answers."""
    for route in app.routes:
        match route:
            case APIRoute() | Route():
                yield from (f"{method} {route.path}" for method in set(route.methods or ()) - {"HEAD"})
            case APIWebSocketRoute():
                yield f"WEBSOCKET {route.path}"
            case Mount():
                yield from (f"GET {route.path}/{name}" for name in ("wall.js", "base.css"))
            case _:
                pytest.fail(f"this test does not know how to reach {route}")


class Reports:
    """A report that is refused as the real one refuses it is tested with the real one: here nobody may."""

    async def page(self, session: str, *, by: Person, address: str = "") -> str:
        by.must_be_allowed(Task.READ_REPORT)
        return f"{session} from {address}"

    async def pdf(self, session: str, *, by: Person, address: str = "") -> bytes:
        return (await self.page(session, by=by, address=address)).encode()

    def style(self, session: str, mark: str) -> str:
        return f"/* {session} {mark} */"


class Site:
    """A clinic with one open session in its first room, and somebody of each kind at its door."""

    def __init__(self) -> None:
        self.house = House(None, ("uneventful", "uneventful"))
        people = [User(Person(name, role), "") for name, role in STAFF.items()]
        self.access = Access([*people, User(Person("boss-1", Role.ADMINISTRATOR), "")])
        self.displays = Displays()
        desk = Desk()
        self.app = create_app(
            self.house.feed,
            self.house.clinic,
            self.access,
            pagers=desk.pagers,
            phones=desk.pagers.phones,
            reports=Reports(),
            site=Standing(),
            displays=self.displays,
        )
        self.session = ""

    async def open(self) -> None:
        """A session in the first room; the same one where it is open still."""
        await self.house.second()
        async with self.client(self.cookies("doctor")) as doctor:
            start = {"room": "room-1", "route": "intramuscular", "drill": True, "therapist": "guide-1"}
            answer = await doctor.post("/api/v1/sessions", json=start)
            self.session = answer.json().get("session", self.session)

    def cookies(self, who: str) -> dict[str, str]:
        match who:
            case "nobody":
                return {}
            case "made-up":
                return {"kap": "made-up", "kap-display": "made-up"}
            case "wall" | "room":
                code, token = self.displays.ask()
                name = f"screen-{len(self.displays.all())}"
                self.displays.pair(code, name, "room-1" if who == "room" else "", by="boss-1")
                return {"kap-display": token}
            case "locked":
                token = self.access.begin("doctor-1")
                login = self.access.use(token)
                assert login is not None
                self.access.lock(login)
                return {"kap": token}
            case _:
                names = {"viewer": "guest-1", "administrator": "boss-1", "doctor": "doctor-1"}
                return {"kap": self.access.begin(names.get(who, who))}

    def client(self, cookies: dict[str, str]) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app, client=("192.0.2.7", 4711)),
            base_url="http://127.0.0.1",
            headers={"origin": "http://127.0.0.1"},
            cookies=cookies,
        )

    async def status(self, asked: str, cookies: dict[str, str], body: Any = None) -> int:
        """The answer to one request, or to the wish to open a socket."""
        method, _, path = asked.partition(" ")
        path = re.sub(r"\{(\w+)\}", lambda name: MEANT.get(name[1], self.session), path)
        if method == "WEBSOCKET":
            return await self.knock(path, cookies)
        async with self.client(cookies) as client:
            answer = await client.request(method, path, json=body, params={"quantity": "spo2"})
        return answer.status_code

    async def knock(self, path: str, cookies: dict[str, str]) -> int:
        """101 where the socket opens, else the refusal."""
        sent: list[Message] = []
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers = [(b"host", b"127.0.0.1"), (b"origin", b"http://127.0.0.1"), (b"cookie", cookie.encode())]
        scope: Scope = {
            "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "ws",
            "headers": headers, "subprotocols": [], "client": ("192.0.2.7", 1), "server": ("127.0.0.1", 80),
            "extensions": {"websocket.http.response": {}},
        }  # fmt: skip

        async def receive() -> Message:
            connected = any(each["type"] == "websocket.accept" for each in sent)
            return {"type": "websocket.disconnect" if connected else "websocket.connect"}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return 101 if sent[0]["type"] == "websocket.accept" else int(sent[0]["status"])


@pytest.fixture
async def site() -> Site:
    site = Site()
    await site.open()
    return site


async def test_every_route_is_in_the_table(site: Site) -> None:
    assert set(addresses(site.app)) == set(entries())


@pytest.mark.parametrize(
    ("who", "refusals"),
    [
        ("nobody", {401}),
        ("made-up", {401}),
        ("locked", {423}),
        ("wall", {403}),
        ("room", {403}),
        ("viewer", {403}),
    ],
)
async def test_who_is_not_to_have_it_gets_nothing(site: Site, who: str, refusals: set[int]) -> None:
    column = "nobody" if who == "made-up" else who
    for asked, row in entries().items():
        status = await site.status(asked, site.cookies(who), bodies().get(asked))
        if row[column] == "-" or (row[column] == "own" and who in ("nobody", "made-up", "wall", "room")):
            assert status in refusals | ({401} if row[column] == "own" else set()), f"{who}: {asked}"
        else:
            own = asked == "POST /login" or "/login/" in asked or asked.endswith("/here")  # checks a password
            assert own or status not in (401, 403, 423), f"{who}: {asked}: {status}"


async def test_a_screen_of_a_room_has_no_other_room(site: Site) -> None:
    cookies = site.cookies("room")
    for asked in (
        "GET /room/room-2",
        "POST /api/v1/rooms/room-2/help",
        "POST /api/v1/rooms/room-1/help/../../room-2/help",
        "GET /",
        "POST /api/v1/sessions/room-1/end",
    ):
        assert await site.status(asked, cookies, {}) in (403, 404), asked


@pytest.mark.parametrize("role", ["doctor-1", "nurse-1", "guide-1"])
async def test_nobody_but_an_administrator_manages_people_screens_and_the_audit_log(
    site: Site, role: str
) -> None:
    """Of session commands `tests/test_roles.py` knows every role."""
    for asked in entries():
        if re.search(r"/api/v1/(users|displays|audit)", asked):
            assert await site.status(asked, site.cookies(role), bodies().get(asked)) == 403, asked
            assert await site.status(asked, site.cookies("boss-1"), bodies().get(asked)) != 403, asked
