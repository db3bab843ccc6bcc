"""A phone as a pager of the real service over real TLS: answers, is frozen, and sees the service die."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import BrowserContext, async_playwright, expect

from tests.end_to_end.processes import kapmonitor, need
from tests.web.conftest import CHROMIUM_FLAGS

pytestmark = pytest.mark.timeout(240)

CONFIG = """
[site]
id = "north-clinic"
[dashboard]
bind = "127.0.0.1:0"
{tls}
[[rooms]]
id = "room-1"
[[pagers]]
id = "phone-1"
"""
PATIENCE_MS = 60_000


@pytest.fixture
async def config(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.toml"
    path.write_text(CONFIG.format(tls=""))
    async with kapmonitor("certificate", "-c", str(path), "--out", str(tmp_path / "tls")) as made:
        line = await made.until(r"(?m)^tls = \{.*\}$")
        assert await made.ended() == 0
    path.write_text(CONFIG.format(tls=line[0]))
    return path


@asynccontextmanager
async def at_the_station(
    url: str, trusting: ssl.SSLContext, user: str, password: str
) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"origin": url.rstrip("/")}
    async with httpx2.AsyncClient(base_url=url, verify=trusting, headers=headers, timeout=30) as client:
        assert (await client.post("login", data={"user": user, "password": password})).status_code == 303
        yield client


@asynccontextmanager
async def in_the_pocket() -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=need("chromium"), args=CHROMIUM_FLAGS)
        context = await browser.new_context(
            viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, ignore_https_errors=True
        )
        context.set_default_timeout(PATIENCE_MS)
        yield context
        await browser.close()


@pytest.mark.soak
async def test_a_phone_answers_is_frozen_and_sees_the_service_die(config: Path) -> None:
    trusting = ssl.create_default_context(cafile=config.parent / "tls/certificates/ca.crt")
    env = {"XDG_STATE_HOME": str(config.parent)}
    async with kapmonitor("run", "-c", str(config), env=env) as service, in_the_pocket() as pocket:
        user, password = (await service.until(r"log-in for this run: (\S+) / (\S+)")).groups()
        url = (await service.until(r"dashboard: (https://\S+)"))[1]
        async with at_the_station(url, trusting, user, password) as station:
            page = await pocket.new_page()
            await page.goto(f"{url}pager")
            await page.get_by_role("textbox").first.fill(user)
            await page.locator("input[type=password]").fill(password)
            await page.locator("button.main").tap()
            await page.locator("[data-pager=phone-1] button").tap()
            await alarm_is(station, "pager-offline", there=False)

            started = await station.post("api/v1/sessions", json={"room": "room-1", "route": "sublingual"})
            session = started.json()["session"]
            await station.post(f"api/v1/sessions/{session}/events", json={"kind": "help"})
            call = page.locator("#cards .card").filter(has_text=re.compile("calls for help"))
            await expect(call.locator(".priority")).to_have_text("High")
            await page.wait_for_timeout(1100)  # no tap counts just after the list has moved
            await call.get_by_role("button", name="I am coming").tap()
            found = await alarm_is(station, "help", coming=user)
            await station.post(f"api/v1/alarms/{found['alarm']}/acknowledge", json={"seq": found["seq"]})
            await expect(call).to_contain_text("Nobody is needed any more.")

            devtools = await pocket.new_cdp_session(page)
            await devtools.send("Debugger.enable")
            await devtools.send("Debugger.pause")  # nothing runs in it any more, as in a pocket
            await alarm_is(station, "pager-offline")
            await devtools.send("Debugger.resume")
            await devtools.send("Debugger.disable")
            await alarm_is(station, "pager-offline", there=False)

            os.kill(service.process.pid, signal.SIGKILL)
            await expect(page.locator("#no-link")).to_contain_text("No page can reach you here.")
            await expect(call).to_contain_text("Nobody is needed any more.")


async def alarm_is(
    station: httpx2.AsyncClient, name: str, *, there: bool = True, coming: str | None = None
) -> dict[str, str]:
    """Wait until there is that alarm with whoever comes, or none; what the station is told of it."""
    while True:
        alarms = (await station.get("api/v1/alarms")).json()
        found = [each for each in alarms if each["name"] == name and each["state"] == "active"]
        if bool(found) is there and (not found or found[0]["coming"] == coming):
            return dict(found[0]) if found else {}
        await asyncio.sleep(0.5)
