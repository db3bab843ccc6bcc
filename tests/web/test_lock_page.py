"""The lock in a real browser: it covers no alarm, a PIN opens it, and help is called all the same."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from kapmonitor.people import Person, Role, User
from kapmonitor.web.passwords import hash_pin
from tests.web.clinic import Clinic
from tests.web.conftest import TIMEOUT_MS, Dashboard, beating, logged_in

expect.set_options(timeout=TIMEOUT_MS)
PIN = "2580"


async def covered(page: Page, selector: str) -> bool:
    """Whether anything lies over the middle of the first such element."""
    return bool(
        await page.evaluate(
            """selector => {
                const node = document.querySelector(selector), box = node.getBoundingClientRect();
                const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                return !node.contains(top);
            }""",
            selector,
        )
    )


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
@pytest.mark.asyncio(loop_scope="package")
async def test_a_shared_screen_is_locked_shows_alarms_on_and_changes_hands(
    browser: Browser, site: Dashboard, clinic: Clinic
) -> None:
    site.access.users.add(User(Person("nurse-1", Role.MEDICAL), "", hash_pin(PIN)))
    clinic.open(1)
    clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88")
    async with logged_in(browser, site, user="guide") as context:
        page = await context.new_page()
        async with beating(lambda: clinic.vitals(1, spo2=85, heart_rate=71)):
            await page.goto(site.url)
            await page.get_by_role("button", name="Lock", exact=True).click()
            await expect(page.locator(".lock-bar")).to_contain_text("Locked. Values and alarms go on.")
            for width, height in ((390, 844), (1024, 768), (1920, 1080)):
                await page.set_viewport_size({"width": width, "height": height})
                await expect(page.locator(".chip").first).to_contain_text("SpO2 85 < 88")
                assert not await covered(page, "#all-alarms .chip-stars")
            await page.get_by_role("button", name="Session").first.click()
            await page.get_by_role("button", name="Call for help").click()
            await expect(page.locator("dialog")).to_have_count(0)
            await page.get_by_role("button", name="Unlock").click()
            assert not await covered(page, "#all-alarms .chip-stars")
            dialog = page.locator("#who-dialog")
            await dialog.get_by_label("User").fill("nurse-1")
            await dialog.get_by_label("PIN").fill("1111")
            await dialog.get_by_role("button", name="Go on").click()
            await expect(dialog.locator(".problem").first).to_contain_text("User or PIN is wrong")
            await dialog.get_by_label("PIN").fill(PIN)
            await dialog.get_by_role("button", name="Go on").click()
            await expect(page.get_by_role("button", name="nurse-1: change user")).to_be_visible()
            await expect(page.locator(".lock-bar")).to_be_hidden()
            await page.get_by_role("button", name="Acknowledge").first.click()
    assert [(each[0], each[-2] if each[0] == "s-1" else each[-1]) for each in clinic.staff.done] == [
        ("s-1", "guide"),
        ("acknowledge", "nurse-1"),
    ]
