"""Nobody gets anything without logging in, and nothing from another site's page."""

from __future__ import annotations

import pytest
from websockets.exceptions import InvalidStatus

from kapmonitor.web.passes import OPEN_PATHS
from tests.web.clinic import Clinic
from tests.web.conftest import PASSWORD, Dashboard

HTML = {"accept": "text/html"}
FORM = {"user": "staff", "password": PASSWORD}


async def test_what_is_open_is_no_more_than_the_log_in_needs(dashboard: Dashboard) -> None:
    async with dashboard.client(logged_in=False) as client:
        for path in OPEN_PATHS:
            assert (await client.get(path)).status_code == 200, path
        for path in (
            "/static/../static/wall.js",
            "/static/base.css/",
            "/login/",
            "/static//wall.js",
            "/Login",
        ):
            assert (await client.get(path)).status_code == 401, path


async def test_pages_lead_to_the_log_in_and_scripts_get_401(dashboard: Dashboard) -> None:
    async with dashboard.client(logged_in=False) as client:
        page = await client.get("/", headers=HTML)
        assert (page.status_code, page.headers["location"]) == (303, "/login")
        assert (await client.get("/api/v1/rooms")).json() == {"detail": "Log in first."}


async def test_logging_in_and_out(dashboard: Dashboard) -> None:
    async with dashboard.client(logged_in=False) as client:
        answer = await client.post("/login", data=FORM)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("kap=")
        assert "; httponly" in cookie.lower()
        assert "; samesite=strict" in cookie.lower()
        assert (await client.get("/api/v1/rooms")).status_code == 200
        assert (await client.get("/login")).headers["location"] == "/"
        kept = {"cookie": cookie.partition(";")[0]}
        assert (await client.post("/logout")).headers["location"] == "/login"
        assert (await client.get("/api/v1/rooms", headers=kept)).status_code == 401


async def test_a_wrong_password_says_so_and_the_sixth_has_to_wait(dashboard: Dashboard) -> None:
    async with dashboard.client(logged_in=False) as client:
        for _ in range(5):
            answer = await client.post("/login", data=FORM | {"password": "<script>"})
            assert answer.status_code == 401
            assert "User or password is wrong." in answer.text
            assert "<script>" not in answer.text.replace('<script src="/static/theme.js">', "")
        answer = await client.post("/login", data=FORM)
        assert answer.status_code == 429
        assert "Too many wrong tries from this computer. Try again in 5 min." in answer.text
        assert 0 < int(answer.headers["retry-after"]) <= 300


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": ""},
    ],
)
async def test_commands_from_another_site_are_refused(dashboard: Dashboard, headers: dict[str, str]) -> None:
    async with dashboard.client() as client:
        for path in ("/api/v1/alarms/a1/acknowledge", "/login", "/logout"):
            answer = await client.post(path, headers=headers, json={"seq": 1})
            assert answer.status_code == 403, path
        assert dashboard.clinic.staff.done == []
        assert (await client.get("/api/v1/rooms")).status_code == 200  # and nobody was logged out


async def test_our_own_forms_send_no_origin_and_are_let_in(dashboard: Dashboard) -> None:
    """The referrer policy makes browsers send `Origin: null` with a form; `Sec-Fetch-Site` is beside it."""
    async with dashboard.client() as client:
        own = {"origin": "null", "sec-fetch-site": "same-origin"}
        assert (await client.post("/logout", headers=own)).status_code == 303


@pytest.mark.parametrize("origin", ["https://evil.example", None])
async def test_a_socket_from_another_site_is_refused(dashboard: Dashboard, origin: str | None) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        async with dashboard.socket(origin=origin):
            pass


async def test_only_the_names_of_this_machine_are_answered(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        assert (await client.get("/login", headers={"host": "evil.example"})).status_code == 400


async def test_every_answer_is_closed_to_scripts_frames_and_caches(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        for path in ("/", "/login", "/api/v1/rooms", "/nothing", "/healthz", "/metrics"):
            headers = (await client.get(path)).headers
            assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; ")
            assert "unsafe" not in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cache-control"] == "no-store"
            assert "server" not in headers
        assert (await client.get("/static/wall.js")).headers["cache-control"] == "no-cache"


async def test_no_page_that_loads_scripts_from_elsewhere(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert (await client.get(path)).status_code == 404


async def test_a_body_that_is_too_large_is_refused(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        answer = await client.post("/api/v1/sessions", content=b'{"room": "' + b"a" * 20_000)
        assert answer.status_code == 413
        answer = await client.post("/login", data=FORM | {"password": "a" * 20_000})
        assert answer.status_code == 413


async def test_health_is_open_and_its_reasons_are_not(dashboard: Dashboard, clinic: Clinic) -> None:
    async with dashboard.client(logged_in=False) as stranger, dashboard.client() as staff:
        assert (await stranger.get("/healthz")).json() == {"monitoring": True}
        clinic.health.reasons.append("The broker does not answer.")
        answer = await stranger.get("/healthz")
        assert (answer.status_code, answer.json()) == (503, {"monitoring": False})
        answer = await staff.get("/healthz")
        assert (answer.status_code, answer.json()["problems"]) == (503, ["The broker does not answer."])


async def test_metrics_are_for_this_machine(dashboard: Dashboard, clinic: Clinic) -> None:
    clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88")
    async with dashboard.client(logged_in=False) as client:
        answer = await client.get("/metrics")
        assert answer.status_code == 200
        assert 'kapmonitor_alarms{priority="high"} 1.0' in answer.text
        passed_on = await client.get("/metrics", headers={"x-forwarded-for": "10.0.0.9"})
        assert passed_on.status_code == 401
