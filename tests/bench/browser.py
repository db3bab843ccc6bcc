"""The wall in a real browser: twelve rooms with two waveforms each, as on a screen in the corridor."""

from __future__ import annotations

import asyncio
import shutil
from typing import Any, Protocol

from playwright.async_api import Page, async_playwright

from kapmonitor.web import create_app, hash_password
from tests.bench.options import Options
from tests.bench.report import Report
from tests.web.clinic import Clinic, pulse_wave
from tests.web.conftest import CHROMIUM_FLAGS, PASSWORD, Dashboard, access_of, logged_in, running

ROOMS = 12
SECONDS, QUICK_SECONDS = 10.0, 2.0
PIECE_S = 0.1
ECG_HZ = 130.0
FRAME_MS = 1000 / 55
SCRIPT_MS = 1.0
_COUNT = """seconds => new Promise(done => {
    let frames = 0, begun = performance.now()
    const next = now => {
        frames += 1
        now - begun < seconds * 1000 ? requestAnimationFrame(next) : done([frames, now - begun])
    }
    requestAnimationFrame(next)
})"""


class _DevTools(Protocol):
    """What Chromium tells of a page; playwright leaves the answer's type open."""

    async def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]: ...


def browser(options: Options, report: Report) -> None:
    """Milliseconds from frame to frame, and of script in each, in headless Chromium."""
    path = shutil.which("chromium")
    if path is None:
        report.note("browser: not measured, chromium is not installed (apt-get install chromium)")
        return
    seconds = QUICK_SECONDS if options.quick else SECONDS
    between_ms, script_ms = asyncio.run(_measure(path, seconds))
    report.add(f"wall of {ROOMS} rooms, from frame to frame", between_ms, "ms", FRAME_MS)
    report.add(f"wall of {ROOMS} rooms, script in a frame", script_ms, "ms", SCRIPT_MS)


async def _measure(path: str, seconds: float) -> tuple[float, float]:
    clinic = Clinic(ROOMS)
    for n in range(1, ROOMS + 1):
        clinic.devices(n)
        clinic.open(n)
    access = access_of(hash_password(PASSWORD))
    app = create_app(clinic.feed, clinic.staff, access)
    async with running(app) as url, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        speaking = asyncio.create_task(_speak(clinic))
        try:
            async with logged_in(chromium, Dashboard(clinic, access, app, url)) as context:
                page = await context.new_page()
                await page.goto(url)
                await page.locator("canvas").first.wait_for()
                return await _frames(page, await context.new_cdp_session(page), seconds)
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)
            await chromium.close()


async def _frames(page: Page, session: _DevTools, seconds: float) -> tuple[float, float]:
    """Milliseconds from frame to frame, and those of the processor's that script takes of each."""
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    await page.evaluate(_COUNT, 2.0)  # until the waves have filled their lines
    before = await _script_s(session)
    frames, took_ms = await page.evaluate(_COUNT, seconds)
    return took_ms / frames, (await _script_s(session) - before) * 1000 / frames


async def _script_s(session: _DevTools) -> float:
    found = await session.send("Performance.getMetrics")
    return next(float(each["value"]) for each in found["metrics"] if each["name"] == "ScriptDuration")


async def _speak(clinic: Clinic) -> None:
    """Pieces of both waveforms ten times a second, numbers once."""
    tick = 0
    while True:
        tick += 1
        start = clinic.clock.now() - PIECE_S
        ecg = [pulse_wave((start + i / ECG_HZ) * 1.2) for i in range(round(PIECE_S * ECG_HZ))]
        for n in range(1, ROOMS + 1):
            clinic.pleth(n, PIECE_S)
            clinic.feed.wave(f"s-{n}", "ecg", ecg, ECG_HZ, start)
            if tick % 10 == 0:
                clinic.vitals(n, spo2=97, heart_rate=72, pulse_rate=72)
        await asyncio.sleep(PIECE_S)
