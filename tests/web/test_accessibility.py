"""Every page, both themes, three sizes: axe finds nothing, nothing is clipped, no request leaves the machine.

A new page is a row of `PAGES`: its address, and a selector that is there once it shows something.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from kapmonitor.web.pages import HERE
from tests.web.clinic import Clinic
from tests.web.conftest import TIMEOUT_MS, Dashboard, beating, logged_in
from tests.web.phone import Call, phones_of
from tests.web.standing import Standing
from tests.web.test_users import Trail
from tests.web.test_wall_looks import CLIPPED, SIZES, a_bad_day, beat, violations

expect.set_options(timeout=TIMEOUT_MS)
PAGES = {
    "": ".tile .chip",
    "room/room-1": ".high",
    "room/room-3": ".seat",
    "admin#limits.set": "form [type=checkbox]",
    "pager": "[data-pager]",
    "admin": "#people",
    "login": "form",
    "display": "#code",
}
WHO = {"admin": "boss"}
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
FOREIGN = re.compile(r"https?://(?!www\.w3\.org/2000/svg)|//cdn|@import|\burl\((?!#)")


@pytest_asyncio.fixture(loop_scope="package")
async def site(clinic: Clinic, password_hash: str) -> AsyncIterator[Dashboard]:
    """With everything that a page can have to show, but a record."""
    trail = Trail()
    trail.note("log-in", "dashboard", by="staff", address="192.0.2.7")
    more = {"site": Standing(), "audit": trail, "trail": trail}
    async with phones_of(clinic, password_hash, Call(), **more) as site:
        yield site


@pytest.mark.timeout(240)
@pytest.mark.asyncio(loop_scope="package")
async def test_every_page_can_be_read_by_everybody(browser: Browser, site: Dashboard, clinic: Clinic) -> None:
    a_bad_day(clinic)
    asked: list[str] = []
    said: list[str] = []
    async with beating(lambda: beat(clinic)), logged_in(browser, site, locale="es-ES") as context:
        context.on("request", lambda request: asked.append(request.url))
        page = await context.new_page()
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        for path, shown in PAGES.items():
            await page.goto("about:blank")  # so that nobody asks with another one's cookie
            if path in ("login", "display"):
                await context.clear_cookies()
            elif path in WHO:
                await context.add_cookies(
                    [{"name": "kap", "value": site.access.begin(WHO[path]), "url": site.url}]
                )
            await page.goto(site.url + path)
            await expect(page.locator(shown).first).to_be_visible()
            await expect(page.locator("html")).to_have_attribute("lang", "es")
            await page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme)
                assert await violations(page) == [], (path, scheme)
            for width, height in SIZES:
                await page.set_viewport_size({"width": width, "height": height})
                assert await page.evaluate(CLIPPED) == [], (path, width)
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                    path,
                    width,
                )
    own = (site.url, site.url.replace("http", "ws", 1))
    assert len(asked) > 20
    assert [url for url in asked if not url.startswith(own)] == []
    assert said == []


def test_every_script_and_style_in_the_repository_is_our_own_and_asks_nobody() -> None:
    files = [*(HERE / "static").rglob("*"), *(HERE / "templates").rglob("*")]
    for path in files:
        if not path.is_file() or path.suffix in {".png", ".svg"}:
            continue
        text = path.read_text(encoding="utf-8")
        assert not FOREIGN.search(text), path
        assert max(map(len, text.splitlines()), default=0) < 400, f"{path} is not written by hand"
