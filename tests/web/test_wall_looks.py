"""Readable for everybody: both themes, three sizes, reduced motion."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.web.clinic import Clinic, missing
from tests.web.conftest import Dashboard, beating, logged_in
from tests.web.test_wall import tile, wall

pytestmark = pytest.mark.asyncio(loop_scope="package")

SIZES = ((1920, 1080), (1024, 768), (390, 844))
CLIPPED = """() => [...document.querySelectorAll("body *")]
    .filter((node) => node.checkVisibility() && !node.closest(".unseen, canvas, option"))
    .filter((node) => {
        const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
        if (!own) return false;
        const range = document.createRange();
        range.selectNodeContents(node);
        const text = range.getBoundingClientRect();
        const tile = node.closest(".tile, .bar, dialog")?.getBoundingClientRect();
        const cell = node.closest(".vital, .lane, .chip, .tile-head")?.getBoundingClientRect();
        const out = (box) => box && (text.left < box.left - 1 || text.right > box.right + 1
            || text.top < box.top - 1 || text.bottom > box.bottom + 1);
        return node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline"
            || out(tile) || out(cell) || text.right > document.documentElement.clientWidth + 1;
    })
    .map((node) => `${node.className || node.tagName}: ${node.textContent}`)"""


def a_bad_day(clinic: Clinic) -> None:
    """Every kind of thing that a wall can have to show, with the widest numbers there are."""
    for n in range(1, len(clinic.rooms) + 1):
        clinic.devices(n)
        if n != 3:
            clinic.open(n, phase="screening", ago=36_000)
            clinic.nibp(n, 228, 144, ago=60 * n)
    clinic.device("strap", 3, "offline", "not connected", "Wet the electrodes and put the strap on")
    clinic.device("strap", 2, "degraded", "no skin contact", "Wet the electrodes")
    clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88")
    clinic.alarm(1, "heart-rate-high", "medium", "Heart rate 131 > 120")
    clinic.alarm(1, "rates-disagree", "low", "Strap 131 and oximeter 72 disagree")
    clinic.alarm(2, "spo2-unavailable", "high", "Nothing is being measured", kind="technical")
    clinic.alarm(2, "blood-pressure-critical", "high", "BP 228/144 > 180/110", state="latched")
    clinic.alarm(
        2, "heart-rate-low", "medium", "Heart rate 46 < 50", acknowledged=True, acknowledged_by="staff"
    )
    since = clinic.ts(600)
    off = {
        "rule": "heart-rate-critical-high",
        "by": "dr-1",
        "reason": "a reason of several words",
        "since": since,
    }
    clinic.quieten(2, audio_paused_until=clinic.ts(-100), off=[off])
    clinic.service_alarm(
        "broker-lost", "medium", "MQTT broker lost. Rooms: room-1", advice="Check the network."
    )
    clinic.health.reasons.append("The broker does not answer.")


def beat(clinic: Clinic) -> None:
    for n in range(1, len(clinic.rooms) + 1):
        if n == 2:
            clinic.vitals(n, heart_rate=missing("no_contact"), spo2=missing("no_finger"), cuff_pressure=142)
        elif n != 3:
            clinic.vitals(n, heart_rate=131, pulse_rate=132, spo2=100, perfusion_index=12.3)
            clinic.pleth(n, 0.5)


def work(clinic: Clinic, *, cuff_due_in: float) -> dict[str, Any]:
    """Where a session stands half an hour after its dose."""
    due = clinic.ts(-cuff_due_in)
    return {
        "route": "intramuscular", "phase_since": clinic.ts(600), "first_dose": clinic.ts(1800),
        "last_dose": clinic.ts(1800), "doses": 1, "baseline": None, "preset": "standard", "cuff": "idle",
        "cuff_due": due, "cuff_due_why": "", "deferred_until": None, "series_until": None, "oxygen_l_min": 0,
        "symptoms": [], "gates": [], "present": [],
        "to_do": [
            {"text": "Next cuff reading", "at": due}, {"text": "Recovery begins", "at": clinic.ts(-700)},
        ],
    }  # fmt: skip


async def settled(page: Page) -> None:
    await expect(tile(page).locator("[data-vital=rate] .number")).to_have_text("131")
    await expect(tile(page).locator(".chip")).to_have_count(3)
    await expect(page.locator("#problems")).to_be_visible()


async def violations(page: Page) -> list[str]:
    only = {"resultTypes": ["violations"]}  # the rest is long, and nobody reads it
    found: dict[str, Any] = (await Axe().run(page, options=only)).response
    return [
        f"{each['id']}: {node['html'][:100]} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.soak  # its dialogs and both faces of flashing; the page itself: test_accessibility.py
@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_axe_finds_nothing(browser: Browser, site: Dashboard, clinic: Clinic, scheme: str) -> None:
    a_bad_day(clinic)
    async with beating(lambda: beat(clinic)), logged_in(browser, site, scheme) as context:
        page = await wall(context, site)
        await settled(page)
        for _ in range(4):  # flashing has two faces
            assert await violations(page) == []
        await tile(page, 3).get_by_role("button", name="Start session").click()
        assert await violations(page) == []
        await page.get_by_role("button", name="Cancel").click()
        await tile(page, 1).get_by_role("button", name="Session", exact=True).click()
        assert await violations(page) == []
        await context.clear_cookies()
        await page.goto(f"{site.url}login")
        assert await violations(page) == []


@pytest.mark.soak  # a browser at work for half a minute
@pytest.mark.parametrize("count", [3, 12])
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_nothing_is_clipped(
    browser: Browser, site: Dashboard, clinic: Clinic, size: tuple[int, int], count: int
) -> None:
    clinic.resize(count)
    a_bad_day(clinic)
    async with beating(lambda: beat(clinic)), logged_in(browser, site) as context:
        page = await wall(context, site)
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        await settled(page)
        assert await page.evaluate(CLIPPED) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await tile(page, 1).get_by_role("button", name="Session", exact=True).click()
        assert await page.evaluate(CLIPPED) == []


async def test_twelve_rooms_fit_on_a_wall_and_can_be_read_from_four_metres(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.resize(12)
    for n in range(1, 13):
        clinic.devices(n)
        clinic.open(n)
        clinic.nibp(n, 128, 79)
        clinic.quieten(n, work=work(clinic, cuff_due_in=140))
    clinic.alarm(5, "spo2-low", "high", "SpO2 85 < 88", called="not-confirmed")
    clinic.alarm(10, "heart-rate-high", "medium", "Heart rate high: 124 /min (limit 120)")
    calm = [n for n in range(1, 13) if n not in (5, 10)]
    async with beating(*(lambda n=n: clinic.vitals(n, heart_rate=71, spo2=97) for n in range(1, 13))):
        page = await wall(context, site)
        await expect(tile(page, 12).locator("[data-vital=rate] .number")).to_have_text("71")
        wanting = await page.locator("main").evaluate("(wall) => wall.scrollHeight - wall.clientHeight")
        assert wanting <= 0
        pressure = tile(page, 1).locator("[data-vital=nibp] .vital-note")
        await expect(pressure).to_have_text(re.compile(r"^3 min ago · next in 2:\d\d"))
        await expect(tile(page, 1).locator(".note-line").first).to_have_text(
            re.compile(r"^Next cuff reading in 2:\d\d$")
        )
        await expect(tile(page, 1).locator(".tile-phase")).to_have_text(
            re.compile(r"^Peak · dose \+30:\d\d$")
        )
        for n in calm:
            number = tile(page, n).locator("[data-vital=spo2] .number")
            assert await number.evaluate("(node) => parseFloat(getComputedStyle(node).fontSize)") >= 60


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
@pytest.mark.parametrize(("count", "columns"), [(5, 3), (12, 4)])
async def test_rows_are_as_full_as_they_can_be(
    context: BrowserContext, site: Dashboard, clinic: Clinic, count: int, columns: int
) -> None:
    clinic.resize(count)
    page = await wall(context, site)
    await expect(page.locator("main")).to_have_css("display", "grid")
    used = await page.locator("main").evaluate(
        "(wall) => getComputedStyle(wall).gridTemplateColumns.split(' ').length"
    )
    assert used == columns


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
async def test_high_alarms_flash_twice_a_second_and_stand_still_for_who_wants_it(
    context: BrowserContext, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88")
    clinic.alarm(1, "heart-rate-high", "medium", "Heart rate 131 > 120")
    clinic.alarm(1, "rates-disagree", "low", "Rates disagree")
    clinic.alarm(1, "heart-rate-low", "high", "Heart rate 39", acknowledged=True, acknowledged_by="staff")
    page = await wall(context, site)
    chips = tile(page).locator(".chip")
    seconds = "(nodes) => nodes.map((node) => node.getAnimations()[0]?.effect.getTiming().duration ?? 0)"
    flashes = dict(
        zip(
            await chips.locator(".chip-words").all_text_contents(),
            await chips.evaluate_all(seconds),
            strict=True,
        )
    )
    assert {words.split(" ·")[0].strip(): duration for words, duration in flashes.items()} == {
        "SpO2 85 < 88": 500,
        "Heart rate 39": 0,
        "Heart rate 131 > 120": 1667,
        "Rates disagree": 0,
    }
    await page.emulate_media(reduced_motion="reduce")
    assert await chips.evaluate_all(seconds) == [0, 0, 0, 0]
    thick = "(node) => parseFloat(getComputedStyle(node).borderTopWidth)"
    assert await chips.filter(has_text="SpO2 85").evaluate(thick) >= 5


async def test_the_theme_can_be_chosen_and_is_remembered(context: BrowserContext, site: Dashboard) -> None:
    page = await wall(context, site)
    background = "() => getComputedStyle(document.body).backgroundColor"
    dark = await page.evaluate(background)
    await page.get_by_role("button", name="Light").click()
    light = await page.evaluate(background)
    assert light != dark
    await page.reload()
    await expect(page.get_by_role("button", name="Dark")).to_be_visible()
    assert await page.evaluate(background) == light
