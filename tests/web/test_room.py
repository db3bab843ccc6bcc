"""The page of a room: dim, silent, and never in doubt about whether somebody comes."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from kapmonitor.session.commands import LogEvent, SayHere
from kapmonitor.web.passwords import hash_pin
from tests.web.clinic import Clinic
from tests.web.conftest import TIMEOUT_MS, Dashboard, beating, logged_in

expect.set_options(timeout=TIMEOUT_MS)
SOUND = re.compile(r"audio|speechsynthesis|vibrate|\.play\(", re.IGNORECASE)
MOVES = re.compile(r"animation|@keyframes|transition|\.animate\(|getAnimations")


async def room_page(site: Dashboard, page: Page) -> Page:
    await page.goto(f"{site.url}room/room-1")
    await expect(page.locator("#room-name")).to_have_text("Room 1")
    return page


@pytest.mark.asyncio(loop_scope="package")
async def test_a_therapist_in_the_room(browser: Browser, site: Dashboard, clinic: Clinic) -> None:
    clinic.open(1)
    clinic.open(2)
    async with logged_in(browser, site, "light", user="guide") as context:
        page = await room_page(site, await context.new_page())
        async with beating(lambda: clinic.vitals(1, spo2=97, heart_rate=71)):
            await expect(page.locator(".seat-phase")).to_have_text("Peak")
            await expect(page.locator(".seat-calm")).to_have_text("Monitoring is on.")
            await expect(page.locator("#clock")).to_have_text(re.compile(r"^\d\d:\d\d$"))
            await page.get_by_role("button", name="Call help").click()
            await expect(page.locator("#notice")).to_have_text("Help is called. Stay with the patient.")
            await page.get_by_role("button", name="Nausea").click()
            await expect(page.locator("#notice")).to_have_text("Logged: Nausea")
            await page.get_by_role("button", name="Chest pain").click()
            await expect(page.locator("#notice")).to_have_text("Logged: Chest pain")
            await page.get_by_role("button", name="Medical staff are with the patient").click()
            await expect(page.locator("#notice")).to_have_text(
                "Said: medical staff are with the patient."
            )  # whether this person may is the clinic's to decide, see tests/test_roles.py
            clinic.staff.refuse = "The clinic says no"
            await page.get_by_role("button", name="Call help").click()
            await expect(page.locator("#notice")).to_have_text(
                "Nobody was called: The clinic says no. Call out, or fetch somebody."
            )
    assert clinic.staff.done == [
        ("s-1", LogEvent(kind="help"), "guide", ""),
        ("s-1", LogEvent(kind="nausea"), "guide", ""),
        ("s-1", LogEvent(kind="chest_pain", severity="severe"), "guide", ""),
        ("s-1", SayHere(), "guide", ""),
    ]


@pytest.mark.asyncio(loop_scope="package")
async def test_help_from_a_room_without_a_session_is_ended_there_or_at_the_wall(
    browser: Browser, site: Dashboard, clinic: Clinic
) -> None:
    nowhere = {"session": "", "advice": 'Go in now. Say "here" when you are with the patient.'}
    async with logged_in(browser, site) as context:
        page = await room_page(site, await context.new_page())
        there = page.get_by_role("button", name="Medical staff are with the patient")
        await expect(there).to_be_hidden()
        await page.get_by_role("button", name="Call help").click()
        await expect(page.locator("#notice")).to_have_text("Help is called. Stay with the patient.")
        clinic.alarm(1, "help", "high", "Somebody calls for help", **nowhere)
        await expect(page.locator(".high-what")).to_have_text("Somebody calls for help")
        await there.click()
        await expect(page.locator("#notice")).to_have_text("Said: medical staff are with the patient.")
        await page.goto(site.url)
        tile = page.locator("#seat-room-1-a")
        await tile.get_by_role("button", name="I am with the patient").click()
        await expect(page.locator("#notice")).to_have_text("Noted: you are with the patient.")
        await expect(page.locator("#seat-room-2-a").get_by_role("button", name="I am with")).to_be_hidden()
    assert clinic.calls.done == [
        ("help", "room-1", "a", "staff"),
        ("here", "room-1", "a", "staff"),
        ("here", "room-1", "a", "staff"),
    ]


@pytest.mark.asyncio(loop_scope="package")
async def test_a_high_alarm_says_what_to_do_and_who_comes(
    browser: Browser, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.open(2)
    advice = "Go in now. Wake the patient, open the airway, give oxygen."
    async with logged_in(browser, site) as context:
        page = await room_page(site, await context.new_page())
        high = page.locator(".high")
        async with beating(lambda: clinic.vitals(1, spo2=85)):
            clinic.alarm(2, "spo2-low", "high", "SpO2 of another room", advice=advice)
            clinic.alarm(1, "heart-rate-high", "medium", "Heart rate high: 124 /min (limit 120)")
            await expect(page.locator(".seat-calm")).to_have_text(
                "Staff are told: Heart rate high: 124 /min (limit 120)"
            )
            for called, coming, words in (
                ("calling", None, "Help is being called."),
                (
                    "not-confirmed",
                    None,
                    "Not confirmed: nobody has the call yet. Call out, or fetch somebody.",
                ),
                ("coming", "nurse-1", "nurse-1 is coming."),
                ("coming", None, "Somebody is coming."),
            ):
                clinic.alarm(
                    1, "spo2-low", "high", "SpO2 critically low: 85 % (limit 88)",
                    advice=advice, called=called, coming=coming,
                )  # fmt: skip
                await expect(high.locator(".high-who")).to_have_text(words)
            await expect(high.locator(".high-what")).to_have_text("SpO2 critically low: 85 % (limit 88)")
            await expect(high.locator(".high-do")).to_have_text(
                "Wake the patient, open the airway, give oxygen."
            )
            assert await page.evaluate("document.getAnimations().length") == 0
            await nothing_on_the_page_can_sound_or_move(page, site)


async def nothing_on_the_page_can_sound_or_move(page: Page, site: Dashboard) -> None:
    loaded = await page.evaluate("performance.getEntriesByType('resource').map(each => each.name)")
    assert await page.locator("audio, video, iframe, embed, object").count() == 0
    async with site.client() as client:
        sources = {url: (await client.get(url)).text for url in loaded if "/static/" in url}
    assert f"{site.url}static/room/room.js" in sources
    assert f"{site.url}static/link.js" in sources
    for url, source in sources.items():
        assert "/texts/" in url or not SOUND.search(source), url
        assert not MOVES.search(source), url


@pytest.mark.soak  # a browser at work for half a minute
@pytest.mark.asyncio(loop_scope="package")
async def test_at_a_screen_where_nobody_is_logged_in_who_is_there_says_so_with_a_pin(
    browser: Browser, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    site.access.users.give_pin("staff", hash_pin("2580"))
    async with await browser.new_context() as context:
        cookie = {"name": "kap-display", "value": site.paired("room-1"), "url": site.url}
        await context.add_cookies([cookie])  # type: ignore[list-item] # playwright's own TypedDict
        page = await room_page(site, await context.new_page())
        await page.get_by_role("button", name="Call help").click()
        await expect(page.locator("#notice")).to_have_text("Help is called. Stay with the patient.")
        await page.get_by_role("button", name="Medical staff are with the patient").click()
        await page.get_by_label("User").fill("staff")
        await page.get_by_label("PIN").fill("1234")
        await page.get_by_role("button", name="I am with the patient").click()
        await expect(page.locator(".here-form [role=alert]")).to_contain_text("That did not work")
        await expect(page.get_by_label("PIN")).to_have_value("")
        await page.get_by_label("PIN").fill("2580")
        await page.get_by_role("button", name="I am with the patient").click()
        await expect(page.locator("#notice")).to_have_text("Said: medical staff are with the patient.")
        await expect(page.locator(".here-form")).to_be_hidden()
    assert clinic.staff.done == [
        ("s-1", LogEvent(kind="help"), "screen-room-1", ""),
        ("s-1", SayHere(), "staff", ""),
    ]


async def test_who_calls_where_nobody_has_a_session_is_told(dashboard: Dashboard, clinic: Clinic) -> None:
    async with dashboard.client(user="guest") as guest:
        answer = await guest.post("/api/v1/rooms/room-1/help")
        assert answer.status_code == 409
        assert "nobody was called" in answer.json()["detail"]
        assert (await guest.post("/api/v1/rooms/nowhere/help")).status_code == 404
        assert (await guest.get("/room/nowhere")).status_code == 404
        clinic.open(1)
        assert (await guest.post("/api/v1/rooms/room-1/help", json={"seat": "b"})).status_code == 409
        assert (await guest.post("/api/v1/rooms/room-1/help", json={"seet": "a"})).status_code == 422
        assert (await guest.post("/api/v1/rooms/room-1/help")).status_code == 204
    assert clinic.staff.done == [("s-1", LogEvent(kind="help"), "guest", "")]
