"""What people have quietened, alarms of no room, and buttons for those who may, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard, beating, logged_in
from tests.web.test_wall import tile, wall

pytestmark = pytest.mark.asyncio(loop_scope="package")

OFF = {"rule": "spo2-low", "by": "dr-1"}


async def test_what_is_quietened_stands_on_the_tile_and_counts_down(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.quieten(
        1,
        audio_paused_until=clinic.ts(-115),
        interruption={"by": "nurse-1", "until": clinic.ts(-175)},
        off=[OFF | {"since": clinic.ts(600)}],
    )
    async with beating(lambda: clinic.vitals(1, spo2=97)):
        page = await wall(context, site)
        notes = tile(page).locator(".note-line")
        await expect(notes).to_have_text(
            [
                re.compile(r"^Sounds paused for 1:\d\d$"),
                re.compile(r"^Sensors off on purpose for 2:\d\d, said by nurse-1$"),
                re.compile(r"^Limit switched off: spo2-low, since \d\d:\d\d by dr-1$"),
            ]
        )
        first = await notes.first.text_content()
        await expect(notes.first).not_to_have_text(first or "")  # the page counts by itself
        await expect(tile(page, 2).locator(".notes")).to_be_hidden()
        clinic.quieten(1, off=[OFF | {"since": clinic.ts(600)}])
        await expect(notes).to_have_count(1)
        clinic.quieten(1)
        await expect(notes).to_have_count(0)


async def test_an_alarm_of_all_rooms_says_in_the_bar_what_to_do_and_who_has_seen_it(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    words = "Nothing is being recorded: disk full. Rooms: room-1, room-2"
    clinic.open(1)
    alarm = clinic.service_alarm("recording-stopped", "medium", words, advice="Write values down by hand.")
    async with beating(lambda: clinic.vitals(1, spo2=97)):
        page = await wall(context, site)
        chip = page.locator(".all-alarms .chip")
        await expect(chip).to_contain_text(f"Service: {words}")
        await expect(chip.get_by_text("Write values down by hand.")).to_be_visible()
        await chip.get_by_role("button", name="Acknowledge").click()
        await expect(chip.get_by_role("button", name="Acknowledge")).to_be_enabled()
        assert clinic.staff.done == [("acknowledge", alarm.alarm, 1, "staff")]
        clinic.service_alarm(
            "recording-stopped", "medium", words, seq=2, acknowledged=True, acknowledged_by="staff"
        )
        await expect(chip.get_by_text("seen by staff")).to_be_visible()
        await expect(page.locator(".tile .chip")).to_have_count(0)


async def test_a_guide_sees_alarms_but_no_button_that_would_be_refused(
    browser: Browser, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88")
    async with logged_in(browser, site, user="guide") as context, beating(lambda: clinic.vitals(1, spo2=85)):
        page = await wall(context, site)
        await expect(tile(page).locator(".chip")).to_contain_text("SpO2 85 < 88")
        await expect(tile(page).locator(".chip").get_by_role("button")).to_have_count(0)


async def test_one_tap_says_what_an_alarm_was(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    alarm = clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88")
    clinic.service_alarm("broker-lost", "medium", "MQTT broker lost. Rooms: room-1")
    async with beating(lambda: clinic.vitals(1, spo2=85)):
        page = await wall(context, site)
        labels = page.locator(".chip-label:visible")
        await expect(labels).to_have_text(["Real", "Artefact", "Expected"])
        await labels.nth(1).click()
        await expect(page.locator("#notice")).to_have_text("Marked as Artefact: SpO2 85 < 88")
        await expect(labels.nth(1)).to_have_attribute("aria-pressed", "true")
        await expect(labels.nth(0)).to_have_attribute("aria-pressed", "false")
        clinic.staff.refuse = "Nothing is being recorded here."
        await labels.nth(0).click()
        await expect(page.locator("#notice")).to_contain_text("Nothing is being recorded here.")
    assert clinic.staff.done == [("label", alarm.alarm, "artefact", "staff")]
