"""A shared tablet: it is locked by itself, shows alarms on, and changes hands with a PIN."""

from __future__ import annotations

import httpx2
import msgspec
import pytest

from kapmonitor.errors import RefusedError
from kapmonitor.people import Person, Role, User
from kapmonitor.web.access import LOCK_S
from kapmonitor.web.attempts import TRIES, WINDOW_S
from kapmonitor.web.passwords import hash_pin, must_be_good, must_be_good_pin
from tests.web.clinic import Clinic
from tests.web.conftest import PASSWORD, Dashboard

PIN = "2580"
AT = "/api/v1/login"


@pytest.fixture(scope="module")
def pin_hash() -> str:
    return hash_pin(PIN)


@pytest.fixture
def nurse(dashboard: Dashboard, pin_hash: str) -> User:
    """Somebody with a PIN."""
    user = User(Person("nurse-1", Role.MEDICAL), "", pin_hash)
    dashboard.access.users.add(user)
    return user


async def lock(client: httpx2.AsyncClient) -> None:
    assert (await client.post(f"{AT}/lock")).status_code == 204


async def test_a_locked_page_shows_values_and_alarms_without_names_and_does_nothing(
    dashboard: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88", acknowledged_by="nurse-7", coming="doctor-7")
    clinic.quieten(1, off=[{"rule": "spo2-low", "by": "nurse-7", "since": clinic.ts()}])
    async with dashboard.client() as client:
        assert "nurse-7" in (await client.get("/api/v1/alarms")).text
        assert (await client.get(AT)).json()["locked"] is False
        await lock(client)
        view = (await client.get(AT)).json()
        assert (view["locked"], view["locks_in_s"], view["recent"]) == (True, 0, ["staff"])
        for path in ("/api/v1/alarms", "/api/v1/rooms"):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert "nurse-7" not in answer.text
            assert "doctor-7" not in answer.text
        assert (await client.get("/api/v1/alarms")).json()[0]["text"] == "SpO2 85 < 88"
        refused = await client.post("/api/v1/alarms/spo2-low-1/acknowledge", json={"seq": 1})
        assert (refused.status_code, "locked" in refused.json()["detail"]) == (423, True)
        page = await client.get("/sessions/s-1/report", headers={"accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/")
        assert (await client.post("/api/v1/rooms/room-1/help")).status_code == 204
    session, command, by, _ = clinic.staff.done[-1]
    assert (session, command.kind, by) == ("s-1", "help", "staff")
    assert "locked" in command.text


async def test_the_feed_of_a_locked_page_goes_on_without_names(dashboard: Dashboard, clinic: Clinic) -> None:
    clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88", acknowledged_by="nurse-7")
    token = dashboard.access.begin("staff")
    async with dashboard.socket(cookie=f"kap={token}") as socket:
        assert b"nurse-7" in await picture(socket)
        login = dashboard.access.use(token)
        assert login is not None
        dashboard.access.lock(login)
        clinic.alarm(1, "spo2-low", "high", "SpO2 84 < 88", acknowledged_by="nurse-7", seq=2)
        while b"nurse-7" in (frame := await picture(socket)):
            pass
        (alarm,) = msgspec.json.decode(frame)["picture"]["alarms"]
        assert (alarm["text"], alarm["acknowledged_by"]) == ("SpO2 84 < 88", "staff")


async def picture(socket: object) -> bytes:
    """The next frame that is no waveform."""
    while True:
        frame = await socket.recv()  # type: ignore[attr-defined] # the client's class has no public name
        if isinstance(frame, bytes) and frame.startswith(b"{"):
            return frame


@pytest.mark.usefixtures("nurse")
async def test_a_pin_changes_the_user_and_what_is_done_then_is_theirs(
    dashboard: Dashboard, clinic: Clinic
) -> None:
    clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88")
    async with dashboard.client(user="guide", logged_in=False) as client:
        client.cookies.set("kap", dashboard.access.begin("guide"))
        before = client.cookies["kap"]
        await lock(client)
        answer = await client.post(f"{AT}/switch", json={"user": "nurse-1", "pin": PIN})
        assert (answer.status_code, answer.json()["user"]) == (200, "nurse-1")
        assert answer.json()["recent"] == ["nurse-1", "guide"]
        assert "; httponly" in answer.headers["set-cookie"].lower()
        client.cookies.set("kap", answer.cookies["kap"])
        done = await client.post("/api/v1/alarms/spo2-low-1/acknowledge", json={"seq": 1})
        assert done.status_code == 204
        assert clinic.staff.done == [("acknowledge", "spo2-low-1", 1, "nurse-1")]
        old = {"cookie": f"kap={before}"}
    async with httpx2.AsyncClient(base_url=dashboard.url, headers=old) as stale:
        assert (await stale.get(AT)).status_code == 401


@pytest.mark.usefixtures("nurse")
async def test_a_pin_is_no_password_for_a_fresh_browser(dashboard: Dashboard) -> None:
    async with dashboard.client(logged_in=False) as client:
        assert (await client.post("/login", data={"user": "nurse-1", "password": PIN})).status_code == 401
        assert (await client.post(f"{AT}/switch", json={"user": "nurse-1", "pin": PIN})).status_code == 401
        screen = dashboard.screen("room-1")
        assert (await screen.post(f"{AT}/switch", json={"user": "nurse-1", "pin": PIN})).status_code == 403
        await screen.aclose()


@pytest.mark.usefixtures("nurse")
async def test_pins_are_guessed_a_few_times_and_no_more(dashboard: Dashboard) -> None:
    now = 1000.0
    dashboard.access.now = lambda: now
    guess, right = {"user": "nurse-1", "pin": "1111"}, {"user": "nurse-1", "pin": PIN}
    async with dashboard.client() as client, dashboard.client() as other:
        for _ in range(TRIES):
            assert (await client.post(f"{AT}/switch", json=guess)).status_code == 403
        for each in (client, other):  # the user's tries are used up at every browser
            answer = await each.post(f"{AT}/switch", json=right)
            assert answer.status_code == 429
            assert 0 < int(answer.headers["retry-after"]) <= WINDOW_S


async def test_a_password_opens_a_locked_page_as_well(dashboard: Dashboard) -> None:
    async with dashboard.client(logged_in=False) as client:
        client.cookies.set("kap", dashboard.access.begin("guide"))
        await lock(client)
        answer = await client.post(f"{AT}/switch", json={"user": "staff", "password": PASSWORD})
        assert (answer.status_code, answer.json()["locked"]) == (200, False)


async def test_ones_own_password_and_pin(dashboard: Dashboard) -> None:
    new = "three other words"
    async with dashboard.client() as client, dashboard.client() as elsewhere:
        answer = await client.post(f"{AT}/pin", json={"password": "wrong", "pin": PIN})
        assert answer.status_code == 403
        assert (await client.post(f"{AT}/pin", json={"password": PASSWORD, "pin": "1111"})).status_code == 409
        assert (await client.post(f"{AT}/pin", json={"password": PASSWORD, "pin": PIN})).status_code == 204
        assert (await client.get(AT)).json()["pin"] is True
        answer = await client.post(f"{AT}/password", json={"old": PASSWORD, "new": "short"})
        assert answer.status_code == 409
        answer = await client.post(f"{AT}/password", json={"old": PASSWORD, "new": new})
        assert answer.status_code == 204
        assert (await client.get(AT)).status_code == 200
        assert (await elsewhere.get(AT)).status_code == 401
    assert await dashboard.access.verify("staff", new)
    assert await dashboard.access.users.knows_pin("staff", PIN)


async def test_a_page_is_locked_by_itself_and_touching_it_puts_that_off(dashboard: Dashboard) -> None:
    ahead = 0.0
    clock = dashboard.access.now
    dashboard.access.now = lambda: clock() + ahead
    async with dashboard.client() as client:
        ahead += LOCK_S - 60
        assert (await client.post(f"{AT}/touch")).status_code == 204
        ahead += LOCK_S - 60
        assert (await client.get(AT)).json()["locked"] is False
        ahead += 61
        assert (await client.get(AT)).json()["locked"] is True
        assert (await client.post(f"{AT}/touch")).status_code == 423


@pytest.mark.parametrize(
    "pin", ["123", "1234", "0000", "98765", "123456789", "12a4", "", "\uff11\uff12\uff13\uff15"]
)
def test_pins_that_anybody_would_try_are_refused(pin: str) -> None:
    with pytest.raises(RefusedError):
        must_be_good_pin(pin)


@pytest.mark.parametrize("password", ["short", "my-nurse-1-password", "aaaaaaaaaaaa"])
def test_passwords_that_are_guessed_are_refused(password: str) -> None:
    with pytest.raises(RefusedError):
        must_be_good(password, "nurse-1")
