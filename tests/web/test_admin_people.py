"""Administrators at `/admin`: somebody new, a new screen, and what was done stands below."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from kapmonitor.web import create_app
from tests.web.clinic import Clinic
from tests.web.conftest import TIMEOUT_MS, Dashboard, access_of, logged_in, running
from tests.web.test_users import Trail

expect.set_options(timeout=TIMEOUT_MS)


@pytest_asyncio.fixture(loop_scope="package")
async def house(clinic: Clinic, password_hash: str) -> AsyncIterator[Dashboard]:
    access, trail = access_of(password_hash), Trail()
    app = create_app(clinic.feed, clinic.staff, access, audit=trail, trail=trail)
    async with running(app) as url:
        yield Dashboard(clinic, access, app, url)


@pytest.mark.soak  # a browser at work for half a minute
@pytest.mark.asyncio(loop_scope="package")
async def test_an_administrator_adds_people_and_screens(browser: Browser, house: Dashboard) -> None:
    async with logged_in(browser, house, user="boss") as context:
        page, screen = await context.new_page(), await (await browser.new_context()).new_page()
        await screen.goto(f"{house.url}display")
        await expect(screen.locator("#code")).to_have_text(re.compile(r"^[A-Z2-9]{4}-[A-Z2-9]{4}$"))
        await page.goto(f"{house.url}admin")
        people = page.get_by_role("region", name="People")
        await people.get_by_label("New user's id, as nurse-1").fill("nurse-9")
        await people.get_by_role("button", name="Add").click()
        await expect(people.locator(".secret")).to_contain_text("nurse-9 / ")
        await expect(people.get_by_role("row", name="nurse-9")).to_contain_text("can log in")
        displays = page.get_by_role("region", name="Displays")
        await displays.get_by_label("Code on the screen").fill(await screen.locator("#code").inner_text())
        await displays.get_by_label("Name, as wall-1").fill("wall-1")
        await displays.get_by_role("button", name="Pair").click()
        await expect(displays.get_by_role("row", name="wall-1")).to_contain_text("All rooms")
        await expect(screen.locator("#rooms .tile")).to_have_count(3)
        await expect(screen.get_by_role("button", name="Acknowledge")).to_have_count(0)
        audit = page.get_by_role("region", name="Audit log")
        await audit.get_by_role("button", name="Newest").click()
        await expect(audit).to_contain_text("display-paired")
        for width, height in ((390, 844), (1024, 768)):
            await page.set_viewport_size({"width": width, "height": height})
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width
        await displays.get_by_role("button", name="Remove").click()
        await expect(screen.get_by_text("Log in again")).to_be_visible()
        await screen.context.close()
