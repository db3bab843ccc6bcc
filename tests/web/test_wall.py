"""What staff see on the wall and do there, in a real browser."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.web.clinic import Clinic, missing
from tests.web.conftest import PASSWORD, TIMEOUT_MS, Dashboard, beating

pytestmark = pytest.mark.asyncio(loop_scope="package")
expect.set_options(timeout=TIMEOUT_MS)


async def wall(context: BrowserContext, site: Dashboard) -> Page:
    page = await context.new_page()
    await page.goto(site.url)
    await expect(page.locator(".tile")).to_have_count(len(site.clinic.rooms))
    return page


def tile(page: Page, n: int = 1) -> Locator:
    return page.locator(f"#seat-room-{n}-a")


async def test_logging_in_by_hand(browser: Browser, site: Dashboard) -> None:
    page = await browser.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    await page.goto(site.url)
    await expect(page).to_have_url(f"{site.url}login")
    await page.get_by_label("User").fill("staff")
    await page.get_by_label("Password").fill("wrong")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert")).to_have_text("User or password is wrong.")
    await page.get_by_label("User").fill("staff")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.locator(".tile")).to_have_count(3)
    await page.get_by_role("button", name="Log out").click()
    await expect(page).to_have_url(f"{site.url}login")
    await page.goto(site.url)
    await expect(page).to_have_url(f"{site.url}login")
    await page.close()


async def test_rooms_stand_in_their_order_with_numbers_units_and_ages(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(2)
    clinic.nibp(2, 128, 79, ago=250)
    async with beating(
        lambda: clinic.vitals(2, heart_rate=71.6, pulse_rate=73, spo2=97.4, perfusion_index=2.31)
    ):
        page = await wall(context, site)
        await expect(page.locator(".tile-name")).to_have_text(["Room 1", "Room 2", "Room 3"])
        room = tile(page, 2)
        await expect(room.locator("[data-vital=rate] .number")).to_have_text("72")
        await expect(room.locator("[data-vital=rate] .vital-head")).to_have_text("Heart rate /min")
        await expect(room.locator("[data-vital=rate] .vital-note")).to_have_text(
            re.compile(r"^\d s ago · pulse 73$")
        )
        await expect(room.locator("[data-vital=rate] .limits")).to_have_text("↑120↓50")
        await expect(room.locator("[data-vital=spo2] .number")).to_have_text("97")
        await expect(room.locator("[data-vital=spo2] .vital-note")).to_have_text(
            re.compile(r"^\d s ago · PI 2\.3$")
        )
        await expect(room.locator("[data-vital=spo2] .limits")).to_have_text("↓92")
        await expect(room.locator("[data-vital=nibp] .number")).to_have_text("128/79")
        await expect(room.locator("[data-vital=nibp] .vital-note")).to_have_text("4 min ago · mean 95")
        await expect(room.locator(".tile-phase")).to_have_text("Peak")
        await expect(room.locator(".tile-elapsed")).to_have_text(re.compile(r"^42:\d\d$"))
        await expect(page.locator("#link")).to_have_text("Live")


async def test_a_value_that_is_not_valid_is_three_dashes_and_the_reason(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.nibp(1, 121, 75, ago=17 * 60)
    async with beating(
        lambda: clinic.vitals(1, heart_rate=missing("no_contact"), pulse_rate=74, spo2=missing("no_finger"))
    ):
        page = await wall(context, site)
        room = tile(page)
        await expect(room.locator("[data-vital=spo2] .number")).to_have_text("---")
        await expect(room.locator("[data-vital=spo2] .vital-note")).to_have_text("no finger in the sensor")
        await expect(room.locator("[data-vital=rate] .number")).to_have_text("74")
        await expect(room.locator("[data-vital=rate] .vital-label")).to_have_text("Pulse")
        await expect(room.locator("[data-vital=rate] .vital-note")).to_contain_text("strap: no skin contact")
        await expect(room.locator("[data-vital=nibp] .number")).to_have_text("---")
        await expect(room.locator("[data-vital=nibp] .vital-note")).to_have_text("last taken 17 min ago")
        await expect(room.locator(".wave-note")).to_have_text("no signal")


async def test_an_old_pressure_is_dimmed_before_it_goes(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.open(2)
    clinic.nibp(1, 121, 75, ago=9 * 60)
    clinic.nibp(2, 121, 75, ago=11 * 60)
    page = await wall(context, site)
    await expect(tile(page, 1).locator("[data-vital=nibp][data-dim]")).to_have_count(0)
    await expect(tile(page, 2).locator("[data-vital=nibp][data-dim] .number")).to_have_text("121/75")


async def test_an_alarm_shows_asterisks_words_and_limit_and_one_tap_acknowledges_what_was_seen(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    page = await wall(context, site)
    async with beating(lambda: clinic.vitals(1, spo2=85)):
        clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88", seq=6)
        chip = tile(page).locator(".chip")
        await expect(chip.locator(".chip-stars")).to_have_text("***")
        await expect(chip.locator(".chip-words")).to_have_text("SpO2 85 < 88")
        await expect(chip.locator(".chip-since")).to_have_text(re.compile(r"^0:4\d$"))
        await expect(page.locator("#all-alarms .chip-words")).to_have_text("Room 1: SpO2 85 < 88")
        await expect(page.locator("#announce")).to_have_text("Room 1: SpO2 85 < 88")
        await expect(page).to_have_title(re.compile(r"^\*\*\* Rooms"))
        await expect(tile(page).locator("[data-vital=spo2][data-alarm=high] .number")).to_have_text("85")
        await expect(tile(page).locator("[data-vital=spo2] .limit[data-broken]")).to_have_text("↓92")
        async with page.expect_response("**/acknowledge"):
            await page.get_by_role("button", name="Acknowledge: SpO2 85 < 88").click()
        clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88", seq=7, acknowledged=True, acknowledged_by="staff")
        await expect(chip.locator(".chip-more")).to_have_text("· seen by staff")
        await expect(chip.locator(".chip-button")).to_be_hidden()
    assert clinic.staff.done == [("acknowledge", "spo2-low-1", 6, "staff")]


async def test_the_wall_says_who_comes_or_that_nobody_has_confirmed(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    page = await wall(context, site)
    more = tile(page).locator(".chip-more")
    async with beating(lambda: clinic.vitals(1)):
        for called, coming, words in (
            ("calling", None, "· calling"),
            ("not-confirmed", None, "· not confirmed: no pager has it, go yourself"),
            ("coming", "nurse-1", "· coming: nurse-1"),
            ("everyone", None, "· everybody is called: nobody is coming yet, go yourself"),
        ):
            clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88", called=called, coming=coming)
            await expect(more).to_have_text(words)


async def test_alarms_are_sorted_and_a_refused_acknowledgement_says_why(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.alarm(1, "spo2-unavailable", "low", "No SpO2: no finger in the sensor", since=clinic.ts(3))
    clinic.alarm(1, "heart-rate-high", "medium", "Heart rate 124 > 120", since=clinic.ts(20))
    clinic.alarm(
        1, "blood-pressure-critical", "high", "BP 182/104 > 180", since=clinic.ts(90), state="latched"
    )
    clinic.staff.refuse = "This alarm has changed since you saw it."
    page = await wall(context, site)
    chips = tile(page).locator(".chip")
    await expect(chips.locator(".chip-stars")).to_have_text(["***", "**", "*"])
    await expect(chips.first.locator(".chip-more")).to_have_text("· is over, not yet seen")
    await chips.nth(1).locator(".chip-button").click()
    await expect(page.locator("#notice")).to_have_text(
        "That did not work: This alarm has changed since you saw it."
    )
    await expect(chips.nth(1)).to_have_attribute("data-look", "active")


async def test_an_alarm_of_no_room_has_its_button_in_the_bar(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.alarm(9, "broker-lost", "medium", "The broker does not answer", room="")
    page = await wall(context, site)
    async with page.expect_response("**/acknowledge"):
        await page.locator("#all-alarms").get_by_role("button", name="Acknowledge").click()
    assert clinic.staff.done == [("acknowledge", "broker-lost-9", 1, "staff")]


async def test_a_running_cuff_and_the_services_own_trouble_are_said(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.open(2)
    clinic.nibp(2, 128, 79, ago=250)
    clinic.health.reasons.append("The broker does not answer.")
    async with beating(
        lambda: clinic.vitals(1, cuff_pressure=142), lambda: clinic.vitals(2, cuff_pressure=90)
    ):
        page = await wall(context, site)
        notes = [tile(page, n).locator("[data-vital=nibp] .vital-note") for n in (1, 2)]
        await expect(notes[0]).to_have_text("not measured yet · cuff at 142 mmHg")
        await expect(notes[1]).to_have_text("4 min ago · cuff at 90 mmHg")
        await expect(page.locator("#problems")).to_contain_text("The broker does not answer.")


async def test_the_pulse_wave_is_drawn_and_its_lane_goes_blank_when_it_ends(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    page = await wall(context, site)
    note = tile(page).locator(".wave-note")
    async with beating(lambda: clinic.pleth(1, 0.5)):
        await expect(note).to_be_empty()
        async with asyncio.timeout(30):
            while not await drawn(page):
                await asyncio.sleep(0.1)
    await expect(note).to_have_text("no signal")
    assert not await drawn(page)


async def drawn(page: Page) -> bool:
    """Whether there is a line on the first lane."""
    return bool(
        await page.evaluate(
            """() => {
                const canvas = document.querySelector("canvas");
                const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                return data.some((byte) => byte > 0);
            }"""
        )
    )
