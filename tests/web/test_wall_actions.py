"""What staff do on the wall: start a session, move it on, use the cuff, end it."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from kapmonitor import documents
from kapmonitor.model import Phase, Route
from kapmonitor.session.commands import (
    EndSession,
    Interrupt,
    LogEvent,
    SayHere,
    SetPhase,
    StartCuff,
    StartSession,
    StopCuff,
)
from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard
from tests.web.test_wall import tile, wall

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_an_empty_room_shows_its_devices_and_starts_a_drill_when_all_are_simulated(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.devices(1)
    clinic.device("strap", 1, "offline", "not connected", "Wet the electrodes and put the strap on")
    page = await wall(context, site)
    room = tile(page)
    await expect(room.locator(".tile-phase")).to_have_text("No session")
    await expect(room.locator(".device")).to_have_text(
        [
            "✕Strap: not connected · Wet the electrodes and put the strap on · battery 81 %",
            "✓Oximeter: connected · battery 81 %",
            "✓Cuff: connected · battery 81 %",
        ]
    )
    await room.get_by_role("button", name="Start session").click()
    dialog = page.get_by_role("dialog", name="Start a session in Room 1")
    await expect(dialog).to_contain_text("the session will be marked as a drill")
    await dialog.get_by_label("Intranasal").check()
    clinic.staff.refuse = "Room 1 has a session already; end it first."
    await dialog.get_by_role("button", name="Start", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Room 1 has a session already")
    clinic.staff.refuse = ""
    await dialog.get_by_role("button", name="Start", exact=True).click()
    await expect(dialog).to_have_count(0)
    start = StartSession(room="room-1", route=Route.INTRANASAL, drill=True)
    assert clinic.staff.done == [("start", start, "staff", "")]
    clinic.open(1, phase="screening", ago=0)
    await expect(room.locator(".tile-phase")).to_have_text("Screening")


async def test_a_room_with_a_live_device_starts_no_drill(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.devices(1)
    clinic.origin = "live"
    clinic.device("cuff", 1, "online")
    page = await wall(context, site)
    await tile(page).get_by_role("button", name="Start session").click()
    await page.get_by_role("dialog").get_by_role("button", name="Start", exact=True).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    start = StartSession(room="room-1", route=Route.SUBLINGUAL)
    assert clinic.staff.done == [("start", start, "staff", "")]


async def test_help_symptoms_and_somebody_is_there(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    page = await wall(context, site)
    for name in ("Call for help", "Chest pain", "I am with the patient", "Sensors off for 5 min"):
        await tile(page).get_by_role("button", name="Session").click()
        await page.get_by_role("dialog").get_by_role("button", name=name).click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
    assert clinic.staff.done == [
        ("s-1", LogEvent(kind="help"), "staff", ""),
        ("s-1", LogEvent(kind="chest_pain", severity="severe"), "staff", ""),
        ("s-1", SayHere(), "staff", ""),
        ("s-1", Interrupt(minutes=5), "staff", ""),
    ]


async def test_phase_cuff_and_end_of_a_session(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    page = await wall(context, site)

    async def press(*names: str) -> None:
        await tile(page).get_by_role("button", name="Session").click()
        for name in names:
            await page.get_by_role("dialog").get_by_role("button", name=name).click()
        await expect(page.get_by_role("dialog")).to_have_count(0)

    await press("Recovery")
    await press("Measure now")
    await press("Stop the cuff")
    await press("End session", "Yes, end it")
    assert clinic.staff.done == [
        ("s-1", SetPhase(phase=Phase.RECOVERY), "staff", ""),
        ("s-1", StartCuff(), "staff", ""),
        ("s-1", StopCuff(), "staff", ""),
        ("s-1", EndSession(), "staff", ""),
    ]
    clinic.feed.message(documents.session_meta("s-1", None))
    await expect(tile(page).locator(".tile-phase")).to_have_text("No session")
    await expect(tile(page).locator(".number").first).to_be_hidden()


async def test_a_paired_screen_shows_everything_and_offers_nothing(
    browser: Browser, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88", called="coming", coming="nurse-7")
    clinic.quieten(1, interruption={"by": "nurse-7", "until": clinic.ts(-60)})
    async with await browser.new_context() as context:
        cookie = {"name": "kap-display", "value": site.paired(), "url": site.url}
        await context.add_cookies([cookie])  # type: ignore[list-item] # playwright's own TypedDict
        page = await wall(context, site)
        await expect(tile(page).locator(".chip-words")).to_contain_text("SpO2 85 < 88 · coming: staff")
        await expect(tile(page).locator(".note-line")).to_contain_text("said by staff")
        await expect(tile(page, 2).locator(".tile-phase")).to_have_text("No session")
        await expect(page.locator("a[href]:visible")).to_have_count(0)
        buttons = await page.get_by_role("button").all_text_contents()
        assert set(buttons) <= {"Sound off", "Español", "Light", "Dark"}
