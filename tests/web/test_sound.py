"""Sound only where staff switched it on; then it is what the alarms ask for, or the page says why not."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.web.clinic import Clinic
from tests.web.conftest import TIMEOUT_MS, Dashboard, beating, logged_in
from tests.web.test_wall import wall

pytestmark = pytest.mark.asyncio(loop_scope="package")
expect.set_options(timeout=TIMEOUT_MS)
EAR = """
    window.pulses = []; window.contexts = 0
    const start = OscillatorNode.prototype.start
    OscillatorNode.prototype.start = function (at) {
        pulses.push([this.frequency.value, at]); return start.call(this, at)
    }
    const Made = AudioContext
    window.AudioContext = class extends Made { constructor() { super(); contexts += 1 } }
"""


async def listening(context: BrowserContext, site: Dashboard) -> Page:
    await context.add_init_script(EAR)
    return await wall(context, site)


async def burst(page: Page, pitch: float, count: int) -> list[float]:
    """When the pulses of the newest burst at that pitch begin, from its first, once there are so many."""
    script = "([pitch, count]) => pulses.filter((each) => each[0] === pitch).length >= count"
    await expect(page.locator("#sound[data-state=on]")).to_have_count(1)
    while not await page.evaluate(script, [pitch, count]):
        await page.wait_for_timeout(50)
    found: list[list[Any]] = await page.evaluate("pulses")
    times = [at for tone, at in found if tone == pitch][-count:]
    return [round(at - times[0], 2) for at in times]


async def test_nothing_sounds_before_somebody_switches_it_on(
    browser: Browser, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88")
    async with logged_in(browser, site) as context:
        page = await listening(context, site)
        await expect(page.locator(".tile .chip")).to_have_count(1)
        await expect(page.locator("#sound")).to_have_text("Sound off")
        assert await page.evaluate("[contexts, pulses.length]") == [0, 0]
        await page.locator("#sound").click()
        await expect(page.locator("#notice")).to_have_text("Sound is on: you should have heard a tone.")
        times = await burst(page, 660, 10)
        assert times == [0, 0.25, 0.5, 1.0, 1.25, 2.0, 2.25, 2.5, 3.0, 3.25]
        clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88", acknowledged=True)
        clinic.alarm(1, "heart-rate-high", "medium", "Heart rate 124 > 120")
        assert await burst(page, 440, 3) == [0, 0.4, 0.8]
        await page.locator("#sound").click()
        await expect(page.locator("#sound")).to_have_text("Sound off")
        heard = await page.evaluate("pulses.length")
        clinic.alarm(1, "heart-rate-low", "high", "Heart rate 39")
        await expect(page.locator(".tile .chip")).to_have_count(3)
        assert await page.evaluate("pulses.length") == heard


async def test_a_pause_holds_until_everybody_is_called(
    browser: Browser, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.quieten(1, audio_paused_until=clinic.ts(-100))
    clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88")
    async with logged_in(browser, site) as context:
        page = await listening(context, site)
        await page.locator("#sound").click()
        await burst(page, 330, 1)
        await expect(page.locator(".note-line")).to_have_count(1)
        assert await page.evaluate("pulses.filter((each) => each[0] === 660).length") == 0
        clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88", called="everyone", seq=2)
        assert len(await burst(page, 660, 10)) == 10


@pytest.mark.soak  # a browser at work for half a minute
async def test_a_browser_that_blocks_sound_says_so_to_staff_and_to_the_service(
    browser: Browser, site: Dashboard, clinic: Clinic
) -> None:
    async with logged_in(browser, site) as context:
        await context.add_init_script("localStorage.setItem('sound', 'on')")
        page = await listening(context, site)
        await expect(page.locator("#sound")).to_have_text("Sound blocked: tap here")
        async with beating(lambda: None):
            while [each.sound for each in clinic.feed.screens()] != ["blocked"]:
                await page.wait_for_timeout(20)
            await page.locator("h1").click()
            await expect(page.locator("#sound")).to_have_text("Sound on")
            while [(each.watches, each.visible, each.sound) for each in clinic.feed.screens()] != [
                ("*", True, "on")
            ]:
                await page.wait_for_timeout(20)


@pytest.mark.soak  # a browser at work for half a minute
async def test_a_lost_service_is_heard(browser: Browser, site: Dashboard, clinic: Clinic) -> None:
    clinic.open(1)
    async with logged_in(browser, site) as context:
        page = await listening(context, site)
        await page.locator("#sound").click()
        await burst(page, 330, 1)
        await page.evaluate("() => { window.WebSocket = class { close() {} } }")
        clinic.feed.clients.clear()  # a server that hangs: the socket is open and says nothing
        await expect(page.locator("#lost")).to_be_visible()
        assert len(await burst(page, 440, 3)) == 3
