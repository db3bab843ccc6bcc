"""The page never lies about freshness: lost, silent, hidden or logged out, no old number is left on it."""

from __future__ import annotations

import contextlib
import re

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from kapmonitor import documents
from kapmonitor.web import STAFF, Access, User, create_app
from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard, beating, logged_in, running
from tests.web.test_wall import drawn, tile, wall

pytestmark = pytest.mark.asyncio(loop_scope="package")


def show_everything(clinic: Clinic) -> None:
    clinic.open(1)
    clinic.devices(1)
    clinic.nibp(1, 128, 79)
    clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88")


async def no_number_is_left(page: Page) -> None:
    numbers = page.locator(".number")
    await expect(numbers).to_have_text(["---"] * await numbers.count())
    for texts in (".vital-note", ".tile-elapsed", ".chip-words", ".chip-since", ".device"):
        for words in await page.locator(texts).all_text_contents():
            assert not re.search(r"\d", words.replace("Room 1", "")), (texts, words)
    await expect(page.locator("#clock")).to_have_text("--:--:--")
    assert not await drawn(page)


async def test_a_server_that_dies_leaves_no_number_and_comes_back_by_itself(
    browser: Browser, clinic: Clinic, password_hash: str
) -> None:
    show_everything(clinic)
    access = Access([User(STAFF, password_hash)])
    app = create_app(clinic.feed, clinic.staff, access)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(
            beating(lambda: clinic.vitals(1, heart_rate=71, spo2=85), lambda: clinic.pleth(1, 0.5))
        )
        async with running(app) as url:
            site = Dashboard(clinic, access, app, url)
            page = await wall(await stack.enter_async_context(logged_in(browser, site)), site)
            await expect(tile(page).locator("[data-vital=rate] .number")).to_have_text("71")
            await expect(page.locator("#lost")).to_be_hidden()
            await tile(page, 2).get_by_role("button", name="Start session").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.locator("#lost")).to_contain_text("No connection to the monitor")
        await expect(page.locator("#lost")).to_contain_text(re.compile(r"Last update \d\d:\d\d:\d\d"))
        await expect(page.locator("#link")).to_have_text("No connection")
        await no_number_is_left(page)
        await expect(tile(page).locator(".chip-words")).to_have_text("last known alarm")
        async with running(app, url.removeprefix("http://").rstrip("/")):
            await expect(page.locator("#lost")).to_be_hidden()
            await expect(tile(page).locator("[data-vital=rate] .number")).to_have_text("71")
            await expect(tile(page).locator(".chip-words")).to_have_text("SpO2 85 < 88")


async def test_a_server_that_falls_silent_counts_as_lost_though_the_socket_is_open(
    context: BrowserContext, site: Dashboard, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    show_everything(clinic)
    async with beating(lambda: clinic.vitals(1, heart_rate=71, spo2=85)):
        page = await wall(context, site)
        await expect(tile(page).locator("[data-vital=rate] .number")).to_have_text("71")
        with monkeypatch.context() as silence:
            silence.setattr(clinic.feed, "_send_picture", lambda: None)
            silence.setattr(clinic.feed, "_picture", lambda: b"\x01")
            await expect(page.locator("#lost")).to_be_visible()
            await no_number_is_left(page)
        await expect(page.locator("#lost")).to_be_hidden()


async def test_a_session_without_new_values_goes_blank_while_others_go_on(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.open(2)
    page = await wall(context, site)
    async with beating(lambda: clinic.vitals(2, spo2=97)):
        clinic.vitals(1, spo2=96)
        first, second = (tile(page, n).locator("[data-vital=spo2]") for n in (1, 2))
        await expect(first.locator(".number")).to_have_text("96")
        await expect(first.locator(".number")).to_have_text("---")
        await expect(first.locator(".vital-note")).to_have_text("no new value")
        await expect(second.locator(".number")).to_have_text("97")


async def test_a_page_that_was_frozen_shows_the_present_when_it_wakes(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    """As when a tablet puts the page to sleep: neither timers nor sockets run until it is looked at again."""
    clinic.open(1)
    async with beating(lambda: clinic.vitals(1, spo2=97)):
        page = await wall(context, site)
        await expect(tile(page).locator("[data-vital=spo2] .number")).to_have_text("97")
        lifecycle = await context.new_cdp_session(page)
        await lifecycle.send("Page.setWebLifecycleState", {"state": "frozen"})
        clinic.feed.message(documents.session_meta("s-1", None))
        clinic.open(2)
        await lifecycle.send("Page.setWebLifecycleState", {"state": "active"})
        await expect(tile(page, 1).locator(".tile-phase")).to_have_text("No session")
        await expect(tile(page, 2).locator(".tile-phase")).to_have_text("Peak")
        await expect(page.locator("#lost")).to_be_hidden()


async def test_who_is_logged_out_is_told_so_and_sees_no_number(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    show_everything(clinic)
    async with beating(lambda: clinic.vitals(1, heart_rate=71, spo2=85)):
        page = await wall(context, site)
        await expect(tile(page).locator("[data-vital=rate] .number")).to_have_text("71")
        (cookie,) = await context.cookies()
        site.access.end(cookie["value"])
        await expect(page.locator("#lost")).to_contain_text("You are logged out")
        await no_number_is_left(page)
        await page.get_by_role("link", name="Log in again").click()
        await expect(page).to_have_url(f"{site.url}login")


async def test_simulated_and_drill_are_said_on_the_page_and_on_every_tile_they_concern(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.feed.simulated = False
    clinic.origin = "live"
    clinic.open(1)
    clinic.open(2)
    page = await wall(context, site)
    await expect(page.locator("#simulated")).to_be_hidden()
    await expect(page.locator(".marks:visible")).to_have_count(0)
    clinic.origin = "simulated"
    clinic.vitals(1, spo2=97)
    await expect(page.locator("#simulated")).to_contain_text("Simulated data")
    await expect(tile(page, 1).locator(".marks")).to_have_text("Simulated")
    await expect(tile(page, 2).locator(".marks")).to_be_hidden()
    meta = documents.SessionMeta(
        origin="live", drill=True, room="room-2", seat="a", phase="peak", started=clinic.ts(9)
    )
    clinic.feed.message(documents.session_meta("s-2", meta))
    await expect(tile(page, 2).locator(".marks")).to_have_text("Drill")


async def test_a_simulated_service_says_so_before_any_document_does(
    context: BrowserContext, site: Dashboard
) -> None:
    page = await wall(context, site)
    await expect(page.locator("#simulated")).to_be_visible()
    await page.context.clear_cookies()
    await page.goto(f"{site.url}login")
    await expect(page.get_by_text("Simulated data")).to_be_visible()
