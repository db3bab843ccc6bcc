"""One whole session on its page, in a real browser against the real service in virtual time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from kapmonitor.web.passwords import hash_pin
from tests.web.conftest import PASSWORD, TIMEOUT_MS
from tests.web.ward import Ward, ward

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(240)]
expect.set_options(timeout=TIMEOUT_MS)


@pytest_asyncio.fixture(loop_scope="package")
async def clinic(tmp_path: Path, password_hash: str) -> AsyncIterator[Ward]:
    async with ward(tmp_path, password_hash, ["uneventful"]) as clinic:
        yield clinic


async def entered(browser: Browser, clinic: Ward, who: str, scheme: str = "dark") -> Page:
    """Somebody's page, logged in."""
    context = await browser.new_context(
        color_scheme="light" if scheme == "light" else "dark", viewport={"width": 1024, "height": 768}
    )
    context.set_default_timeout(TIMEOUT_MS)
    await context.add_cookies([{"name": "kap", "value": clinic.access.begin(who), "url": clinic.url}])
    return await context.new_page()


def card(page: Page, name: str) -> Locator:
    return page.locator(f"#{name}")


async def press(where: Page | Locator, name: str) -> None:
    await where.get_by_role("button", name=name, exact=True).click()


async def test_a_whole_session_by_clicks(browser: Browser, clinic: Ward) -> None:
    context = await browser.new_context(viewport={"width": 1024, "height": 768})
    context.set_default_timeout(TIMEOUT_MS)
    page = await context.new_page()
    await started(page, clinic)
    await until_the_dose(page, clinic)
    await alarmed(page, clinic)
    await through_the_course(page, clinic)
    await signed(page)
    await left(page)
    await hidden(page, clinic)
    await closed(page, clinic)
    assert clinic.house.record is not None
    [ended] = await clinic.house.record.past.sessions()
    assert (ended.client, ended.ended_by) == ("C-17", "nurse-1")
    await context.close()


async def started(page: Page, clinic: Ward) -> None:
    """From the log-in to the open session."""
    await page.goto(clinic.url)
    await page.get_by_label("User").fill("nurse-1")
    await page.get_by_label("Password").fill(PASSWORD)
    await press(page, "Log in")
    await page.get_by_role("link", name="Sessions").click()
    await page.get_by_label("How is ketamine given?").select_option("intramuscular")
    await page.get_by_label("Client code").fill("C-17")
    await expect(page.get_by_label("Drill or simulation")).to_be_checked()
    await press(page, "Start")
    await expect(page).to_have_url(re.compile(r"/sessions/room-1-a-\d"))


async def in_phase(page: Page, words: str) -> None:
    await expect(page.locator(".head-phase")).to_have_text(words)


async def until_the_dose(page: Page, clinic: Ward) -> None:
    """Screening, the baseline with what is missing for it, the gates, the dose."""
    stage, dose = card(page, "stage"), card(page, "dose")
    await in_phase(page, "Screening")
    await page.get_by_label("Benzodiazepine").check()
    await press(page, "Log the answers")
    await expect(stage.locator(".done")).to_be_visible()
    await press(page, "Go to: Baseline")
    await in_phase(page, "Baseline")
    await expect(stage.locator(".missing li").first).to_be_visible()
    await expect(page.get_by_role("button", name="Confirm the baseline")).to_be_hidden()
    await expect(dose.locator(".gate[data-state=closed]").first).to_contain_text("No baseline is confirmed")
    await clinic.house.wait(4)
    await press(page, "Confirm the baseline")
    await in_phase(page, "Ready")
    await expect(dose.locator(".gate[data-state=closed]")).to_have_count(0)
    await page.get_by_label("Amount").fill("60")
    await page.get_by_label("Lot").fill("K-2211")
    await press(page, "Dose was given")
    await in_phase(page, "Onset")
    await expect(dose.locator(".given")).to_contain_text("60 mg ketamine")


async def through_the_course(page: Page, clinic: Ward) -> None:
    """What is seen, a score, the trends, the cuff, and the phases by hand."""
    await press(page, "Go to: Peak")
    await in_phase(page, "Peak")
    await page.get_by_label("Moderate").check()
    await press(page, "Dissociation")
    await press(page, "4 slow to answer")
    events = card(page, "events").locator(".open-events")
    await expect(events).to_contain_text("Dissociation · Moderate")
    await events.get_by_role("button").first.click()
    await press(card(page, "cuff"), "Measure now")
    await clinic.house.wait(0.2)
    await expect(card(page, "cuff").locator(".cuff-now")).to_have_text(re.compile(r"Measuring: \d+ mmHg"))
    await clinic.house.wait(1)
    await trends(page)
    await moved(page)
    await clinic.house.wait(1)
    await press(page, "Whole session")
    await expect(page.locator("[data-trend=spo2] line.limit")).to_have_count(2)  # it holds from then on
    await locked(page, clinic)
    await press(page, "Go to: Recovery")
    await in_phase(page, "Recovery")
    await press(page, "5 alert")
    await press(page, "Go to: Discharge")
    await in_phase(page, "Discharge")


async def alarmed(page: Page, clinic: Ward) -> None:
    """Acknowledged, it is quiet; worse than it was seen, it alarms again; both stand in the list."""
    house, chip = clinic.house, page.locator("#live .chip")
    house.spo2 = 90
    await house.wait(0.5)
    await expect(chip).to_have_attribute("data-look", "active")
    await press(chip, "Acknowledge: SpO2 low: 90 % (limit 92)")
    await expect(chip).to_have_attribute("data-look", "acknowledged")
    house.spo2 = 86
    await house.wait(0.5)
    await expect(chip).to_have_attribute("data-look", "active")
    await expect(chip).to_have_attribute("data-priority", "high")
    await chip.get_by_role("button", name=re.compile("^Acknowledge")).click()
    house.spo2 = 90
    await house.wait(1)
    house.spo2 = None
    await house.wait(2)
    await expect(chip).to_have_text([])
    seen = card(page, "alarms").locator(".episode")
    await expect(seen).to_contain_text(re.compile("seen by nurse-1 .* · seen by nurse-1 .* · over"))
    await expect(seen).to_contain_text("SpO2 critically low: 86 %")  # what made it high, not what it became


async def trends(page: Page) -> None:
    """Curves, doses and events are there for every span."""
    for span in ("1 h", "Whole session", "15 min"):
        await press(page, span)
        await expect(page.locator("[data-trend=spo2] .curve.spo2").first).to_be_attached()
    await press(page, "Whole session")
    await expect(page.locator("[data-trend=rate] .dose-mark")).to_be_attached()


async def moved(page: Page) -> None:
    """Refused with the reason, tried on the last hour, used with a reason, shown beside the number."""
    limits = card(page, "limits")
    await limits.get_by_text("Try or move a limit").click()
    await limits.locator("select").first.select_option("spo2-low/limit")
    await limits.get_by_label("New value").fill("99")
    await press(limits, "What would have alarmed in the last hour?")
    await expect(limits.get_by_role("alert")).to_contain_text("outside 80..96")
    await limits.get_by_label("New value").fill("91")
    await press(limits, "What would have alarmed in the last hour?")
    await expect(limits.locator(".tried")).to_contain_text("Last hour: ")
    await limits.locator(".tried + .form").get_by_label("Reason").fill("usual for this person")
    await press(limits, "Use it in this session")
    await expect(limits.locator(".off")).to_contain_text("Moved to 91 since")
    await expect(page.locator("[data-vital=spo2] .limits")).to_have_text("↓91")


async def locked(page: Page, clinic: Ward) -> None:
    """Client code, names and notes are gone, numbers and alarms stay; a PIN brings them back."""
    clinic.access.users.give_pin("nurse-1", hash_pin("2580"))
    private = (".head-facts", "#log", "#dose", "#limits")
    await expect(page.locator(".head-facts")).to_contain_text("C-17")
    await press(page, "Lock")
    for selector in private:
        await expect(page.locator(selector)).to_be_hidden()
    assert "C-17" not in await page.locator("body").inner_text()
    await expect(page.locator("#live .numerals")).to_be_visible()
    await expect(page.locator("#alarms .episode").first).to_be_visible()
    await press(page, "Unlock")
    await page.locator("#who-dialog").get_by_label("PIN").fill("2580")
    await press(page, "Go on")
    for selector in private:
        await expect(page.locator(selector)).to_be_visible()


async def signed(page: Page) -> None:
    """Item by item; what is doubted needs a word."""
    for item in await card(page, "leaving").locator(".item").all():
        await item.get_by_role("button").click()
        if await page.locator("dialog").count():
            await page.locator("dialog").get_by_label("Reason").fill("seen by the doctor")
            await press(page.locator("dialog"), "Sign")
        await expect(item.locator(".item-signed")).to_contain_text("nurse-1")


async def left(page: Page) -> None:
    """The end, and what is on paper then."""
    await press(page, "End session")
    await press(page.locator("dialog"), "Yes, end it")
    await expect(page.locator(".head-phase")).to_contain_text("Ended")
    await page.get_by_role("link", name="Summary for the ambulance").click()
    await expect(page.locator("#sheet")).to_contain_text("60 mg ketamine")
    await page.get_by_role("link", name="Back to the session").click()
    await page.get_by_role("link", name="Report", exact=True).click()
    await expect(page.locator("body")).to_contain_text("K-2211")


async def hidden(page: Page, clinic: Ward) -> None:
    """Locked from another tab, the open report is gone, on paper as well; a PIN brings it back."""
    other = await page.context.new_page()
    await other.goto(clinic.url)
    await press(other, "Lock")
    await expect(page.get_by_text("The sheet is hidden")).to_be_visible()
    assert "K-2211" not in await page.locator("body").inner_text()
    await page.emulate_media(media="print")
    assert await page.locator("body").inner_text() == "SIMULATED DATA · DRILL"
    await page.emulate_media(media="screen")
    await press(page, "Unlock")
    await page.locator("#who-dialog").get_by_label("PIN").fill("2580")
    await press(page, "Go on")
    await expect(page.locator("body")).to_contain_text("K-2211")
    await expect(page.locator(".lock-bar")).to_be_hidden()
    await other.close()


async def closed(page: Page, clinic: Ward) -> None:
    """Eleven minutes later the record is what there is."""
    await page.go_back()
    await clinic.house.wait(11)
    await page.reload()
    await expect(page.locator("#gone")).to_contain_text("This session is closed")
    await expect(page.locator("#gone")).to_contain_text("client C-17 · 60 mg ketamine")
    await expect(card(page, "log")).to_contain_text("60 mg ketamine")
    await expect(card(page, "alarms").locator(".episode")).to_contain_text("seen by nurse-1")
    await expect(page.get_by_role("link", name="Report", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Summary for the ambulance").click()
    await expect(page.locator("#sheet")).to_contain_text("60 mg ketamine")
    await page.context.clear_cookies()  # as after a log-out in another tab
    await page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    await expect(page.get_by_role("link", name="Log in again")).to_be_visible()
    await expect(page.locator("#sheet")).to_be_hidden()
