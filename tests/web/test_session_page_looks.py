"""A session's page for everybody: three sizes, both themes, each role its controls, only by keyboard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from kapmonitor.people import Role
from tests.house import STAFF
from tests.web.conftest import TIMEOUT_MS
from tests.web.test_wall_looks import CLIPPED, SIZES, violations
from tests.web.ward import Ward, ward

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(240)]
expect.set_options(timeout=TIMEOUT_MS)
A_LOT = "Ondansetron 4 mg intravenously, slowly, by the book, as the prescriber has said on the phone"


@pytest_asyncio.fixture(loop_scope="package")
async def clinic(tmp_path: Path, password_hash: str) -> AsyncIterator[Ward]:
    async with ward(tmp_path, password_hash, ["uneventful"]) as clinic:
        yield clinic


async def busy(clinic: Ward) -> str:
    """A session in which every card of the page has something to show."""
    house = clinic.house
    async with house.as_("nurse-1") as nurse:
        start = {"room": "room-1", "route": "intravenous", "drill": True, "client": {"code": "C-17"}}
        session = (await nurse.post("", **start, therapist="guide-1"))["session"]
        at = f"/{session}"
        await nurse.post(f"{at}/doses", amount=0.5, unit="mg/kg", lot="K-2211", reason=A_LOT)
        await nurse.post(f"{at}/infusion", action="start", rate_ml_h=25)
        house.spo2 = 86
        await house.wait(0.5)
        await nurse.post(f"{at}/events", kind="chest_pain", severity="severe", text=A_LOT)
        await nurse.post(f"{at}/events", kind="sedation", score=2)
        await nurse.post(f"{at}/interventions", what=A_LOT, recheck_min=1)
        await nurse.post(f"{at}/switch-off", rule="heart-rate-critical-high", reason=A_LOT)
        await nurse.post(f"{at}/phase", phase="aborted", reason=A_LOT)
        await nurse.post(f"{at}/cuff/start")
        await house.wait(0.2)
        return str(session)


async def opened(browser: Browser, clinic: Ward, session: str, who: str) -> Page:
    context = await browser.new_context(color_scheme="dark", viewport={"width": 1024, "height": 768})
    context.set_default_timeout(TIMEOUT_MS)
    await context.add_cookies([{"name": "kap", "value": clinic.access.begin(who), "url": clinic.url}])
    page = await context.new_page()
    await page.goto(f"{clinic.url}sessions/{session}")
    await expect(page.locator(".head-phase")).to_have_text("Aborted")
    return page


@pytest.mark.soak  # a browser at work for half a minute
async def test_it_looks_well_everywhere(browser: Browser, clinic: Ward) -> None:
    session = await busy(clinic)
    page = await opened(browser, clinic, session, "nurse-1")
    await expect(page.locator("#live .chip").first).to_be_visible()
    await expect(page.locator("[data-trend=nibp] svg")).to_be_visible()
    for fold in await page.locator("details:visible").all():
        await fold.evaluate("node => { node.open = true; }")
    for path in (f"sessions/{session}", "sessions", f"sessions/{session}/summary", "paper"):
        if path not in page.url:
            await page.goto(f"{clinic.url}{path}")
            await expect(page.locator("main")).not_to_be_empty()
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate(CLIPPED) == [], (path, width)
        assert await violations(page) == []
        await page.emulate_media(color_scheme="light")
        assert await violations(page) == []
        await page.emulate_media(color_scheme="dark")
    await page.context.close()


MINE = {
    Role.MEDICAL: {
        "End session",
        "Dose was given",
        "Measure now",
        "Chest pain",
        "Write down",
        "Call for help",
    },
    Role.THERAPIST: {"Stop the cuff", "Chest pain", "Write down", "Call for help"},
    Role.VIEWER: {"Call for help"},
}


@pytest.mark.soak  # a browser at work for half a minute
async def test_each_role_has_its_own_controls(browser: Browser, clinic: Ward) -> None:
    """And whoever may look may call help; when the log-in ends, so do the numbers."""
    session = await busy(clinic)
    for who in ("guide-1", "guest-1"):
        page = await opened(browser, clinic, session, who)
        for fold in await page.locator("details:visible").all():
            await fold.evaluate("node => { node.open = true; }")
        for name in sorted(set.union(*MINE.values())):
            found = page.get_by_role("button", name=name, exact=True)
            await expect(found).to_have_count(int(name in MINE[STAFF[who]]))
        await expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
        await page.get_by_role("button", name="Call for help").click()
        await expect(page.locator("#live .chip").first).to_contain_text("calls for help")
        for cookie in await page.context.cookies():
            clinic.access.end(cookie.get("value", ""))
        await expect(page.locator("#lost")).to_be_visible()
        await expect(page.locator(".numerals .number")).to_have_text(["---", "---", "---"])
        await page.context.close()


@pytest.mark.soak  # a second whole beginning of a session: the clicks are tried every time
async def test_the_main_path_by_keyboard_alone(browser: Browser, clinic: Ward) -> None:
    """From the list to the onset, with Tab, Space and Enter."""
    context = await browser.new_context(viewport={"width": 1024, "height": 768})
    context.set_default_timeout(TIMEOUT_MS)
    await context.add_cookies([{"name": "kap", "value": clinic.access.begin("doctor-1"), "url": clinic.url}])
    page = await context.new_page()
    await page.goto(f"{clinic.url}sessions")
    await expect(page.get_by_label("Drill or simulation")).to_be_checked()
    await tab_to(page, "Start")
    await page.keyboard.press("Enter")
    phase = page.locator(".head-phase")
    await expect(phase).to_have_text("Screening")
    await tab_to(page, "Go to: Baseline")
    await page.keyboard.press("Space")
    await expect(phase).to_have_text("Baseline")
    await clinic.house.wait(4)
    await expect(page.get_by_role("button", name="Confirm the baseline")).to_be_visible()
    await tab_to(page, "Confirm the baseline")
    await page.keyboard.press("Enter")
    await expect(phase).to_have_text("Ready")
    await tab_to(page, "Amount")
    await page.keyboard.type("60")
    await page.keyboard.press("Enter")
    await expect(phase).to_have_text("Onset")
    await tab_to(page, "Abort session")
    await page.keyboard.press("Enter")
    await page.keyboard.type("chest pain")
    await page.keyboard.press("Enter")
    await expect(phase).to_have_text("Aborted")
    await context.close()


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of that name has the focus; at most once around."""
    for _ in range(150):
        await page.keyboard.press("Tab")
        words = await page.evaluate(
            "() => { const at = document.activeElement;"
            " return (at.closest('label')?.querySelector('span') ?? at).textContent.trim(); }"
        )
        if words == name:
            return
    pytest.fail(f"Tab does not lead to {name}")
