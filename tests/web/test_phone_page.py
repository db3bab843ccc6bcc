"""The page that makes a phone a pager, in a real browser of a phone's size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from kapmonitor.web import STAFF
from tests.app.alarms import told
from tests.web.clinic import Clinic
from tests.web.conftest import TIMEOUT_MS, Dashboard
from tests.web.phone import Call, phones_of
from tests.web.test_wall_looks import CLIPPED, SIZES, violations

pytestmark = pytest.mark.asyncio(loop_scope="package")

HIDE = """(state) => {
    Object.defineProperty(document, "visibilityState", { get: () => state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest_asyncio.fixture(loop_scope="package")
async def call() -> Call:
    return Call()


@pytest_asyncio.fixture(loop_scope="package")
async def house(clinic: Clinic, call: Call, password_hash: str) -> AsyncIterator[Dashboard]:
    async with phones_of(clinic, password_hash, call) as house:
        yield house


@asynccontextmanager
async def phone(
    browser: Browser, house: Dashboard, *, user: str = "staff", scheme: str = "dark", locale: str = "en-US"
) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme="light" if scheme == "light" else "dark",
        has_touch=True,
        is_mobile=True,
        locale=locale,
    )
    context.set_default_timeout(TIMEOUT_MS)
    await context.add_cookies([{"name": "kap", "value": house.access.begin(user), "url": house.url}])
    yield context
    await context.close()


async def pager(context: BrowserContext, house: Dashboard, name: str = "phone-1") -> Page:
    """The page, once it has taken that pager and the service sees it."""
    page = await context.new_page()
    await page.goto(f"{house.url}pager")
    await page.locator(f"[data-pager={name}] button").tap()
    await expect(page.locator("#link")).to_have_attribute("data-state", "live")
    return page


def card(page: Page, room: str) -> Locator:
    return page.locator("#cards .card").filter(has_text=room)


async def until(call: Call, number: int, word: str, coming: str | None = None) -> None:
    while call.called(number) != (word, coming):
        await asyncio.sleep(0.02)


async def test_a_page_comes_is_confirmed_by_itself_answered_and_survives(
    browser: Browser, house: Dashboard, call: Call
) -> None:
    async with phone(browser, house) as context:
        page = await pager(context, house)
        await call.sees()
        call.alarm(1)
        await until(call, 1, "delivered")
        first = card(page, "Room 1")
        await expect(first.locator(".priority")).to_have_text("High")
        await expect(first.locator(".since")).to_contain_text("ago")
        await expect(page.locator("#start")).to_be_hidden()  # the tap that took it switched the sound on
        for number in (2, 3):
            for message in told(number, priority="medium"):
                call.pagers.seen(message)
        call.pagers.flush()
        await expect(page.locator("#cards .card .priority")).to_have_text(["High", "Medium", "Medium"])
        await page.wait_for_timeout(1100)  # no tap counts just after the list has moved
        await first.get_by_role("button", name="I am coming").tap()
        await until(call, 1, "coming", "staff")
        await expect(first).to_contain_text("You are coming.")

        await page.reload()
        await expect(page.locator("#cards .card")).to_have_count(3)
        await expect(first).to_contain_text("You are coming.")
        await expect(page.locator("#start")).to_be_visible()
        receipts = call.pagers.paging.calling.calls["alarm-1"].asked["phone-1"].taken
        assert list(receipts) == ["delivered", "accepted"]
        call.acknowledge(1)
        await expect(first).to_contain_text("Nobody is needed any more.")

        await context.set_offline(True)
        await page.evaluate("() => window.dispatchEvent(new Event('offline'))")
        await page.reload()
        await expect(page.locator("#no-link")).to_contain_text("No page can reach you here.")
        await expect(page.locator("#cards .card")).to_have_count(3)
        await context.set_offline(False)
        await expect(page.locator("#no-link")).to_be_hidden()


@pytest.mark.soak  # a browser at work for half a minute
async def test_hidden_it_confirms_nothing_and_is_offline_within_ten_seconds(
    browser: Browser, house: Dashboard, call: Call
) -> None:
    async with phone(browser, house) as context:
        page = await pager(context, house)
        await call.sees()
        await page.evaluate(HIDE, "hidden")
        call.alarm(1)
        await expect(card(page, "Room 1")).to_have_count(1)
        while call.pagers.pagers()[0].online:
            await asyncio.sleep(0.1)
        taken = call.pagers.paging.calling.calls["alarm-1"].asked["phone-1"].taken
        assert not taken  # it has the page, and nobody can see it
        await page.evaluate(HIDE, "visible")
        await call.sees()
        while not call.pagers.paging.calling.calls["alarm-1"].asked["phone-1"].delivered:
            await asyncio.sleep(0.02)
        await expect(page.locator("#away")).to_contain_text("Meanwhile others were called.")


@pytest.mark.soak  # a browser at work for half a minute
async def test_two_phones_one_pager_a_test_page_and_a_full_disk(
    browser: Browser, house: Dashboard, call: Call
) -> None:
    async with phone(browser, house) as mine, phone(browser, house, user="guide") as yours:
        await yours.add_init_script("IDBFactory.prototype.open = () => { throw new Error('no space'); };")
        first = await pager(mine, house)
        second = await yours.new_page()
        await second.goto(f"{house.url}pager")
        await second.get_by_role("button", name="Take it over from staff").tap()
        await expect(second.locator("#link")).to_have_attribute("data-state", "live")
        await expect(first.locator("#lost-words")).to_have_text(
            "guide has phone-1 now. This phone is no pager any more."
        )
        await call.sees()
        call.pagers.test("phone-1", by=STAFF)
        await expect(second.locator("#problem")).to_contain_text("Pages cannot be stored on this phone")
        await second.wait_for_timeout(1100)
        test = call.pagers.paging.tests["phone-1"]
        assert not test.delivered
        await second.get_by_role("button", name="Yes").tap()
        await expect(second.locator("#cards")).to_contain_text("Answered with yes.")
        while test.answer != "accepted":
            await asyncio.sleep(0.02)
        assert "delivered" not in test.taken
        await second.get_by_role("button", name="Give this pager back").tap()
        await expect(second.locator("[data-pager=phone-1]")).to_contain_text("Take this pager")


@pytest.mark.soak  # by address it is tried every time, in test_phone.py and test_pagers.py
async def test_the_duty_is_seen_and_handed_over_on_the_page_for_it(
    browser: Browser, house: Dashboard, call: Call
) -> None:
    async with phone(browser, house) as pocket, phone(browser, house, scheme="light") as desk:
        carried, admin = await pager(pocket, house, "phone-2"), await desk.new_page()
        await admin.goto(f"{house.url}admin")
        verdict, row = admin.locator(".verdict"), admin.locator(".pager[data-key=phone-2]")
        await expect(verdict).to_contain_text("nobody has answered a page")
        await row.get_by_role("button", name="Send test page").click()
        await expect(row).to_contain_text("the pager has it")
        await carried.wait_for_timeout(1100)
        await carried.get_by_role("button", name="Yes").tap()
        await expect(row).to_contain_text("answered with yes")
        await expect(verdict).to_contain_text("nobody has answered a page")  # a phone does not count alone
        call.pagers.take("pager/nurse-1/status", b"offline", retained=True)
        await expect(verdict).to_contain_text("Only phones are on duty.")

        await row.get_by_role("button", name="Cover me 30 min").click()
        await expect(row).to_contain_text("was asked to take over and has not answered")
        asks = carried.locator("#cards .card").filter(has_text="Take over from phone-1 for 30 min?")
        await expect(asks).to_have_count(1)
        await carried.wait_for_timeout(1100)
        await asks.get_by_role("button", name="Yes").tap()
        await expect(row).to_contain_text("Called as number 1 · covers until")
        await admin.locator(".pager[data-key=nurse-1]").get_by_role("button", name="On call at once").click()
        await expect(admin.locator(".pager[data-key=nurse-1]")).to_contain_text("number 1 · on call")
        assert await violations(admin) == []
        for width, height in SIZES:
            await admin.set_viewport_size({"width": width, "height": height})
            assert await admin.evaluate(CLIPPED) == []


@pytest.mark.soak  # a browser at work for half a minute
async def test_it_can_be_read_by_everybody_installed_and_kept(
    browser: Browser, house: Dashboard, call: Call
) -> None:
    for number, scheme, locale in ((1, "dark", "en-US"), (3, "light", "es-ES")):
        async with phone(browser, house, user="guest", scheme=scheme, locale=locale) as context:
            page = await context.new_page()
            await page.goto(f"{house.url}pager")
            await expect(page.locator("[data-pager]")).to_have_count(3)
            assert await violations(page) == []
            await page.locator("[data-pager=phone-1] button").tap()
            await expect(page.locator("#notice")).to_contain_text("carry a pager")
        async with phone(browser, house, scheme=scheme, locale=locale) as context:
            page = await context.new_page()
            await page.goto(f"{house.url}pager")
            await page.locator("[data-pager=phone-1] button").tap()
            await call.sees()
            call.alarm(number)
            for message in told(number + 1, priority="medium", text="word" * 40, drill=True):
                call.pagers.seen(message)
            call.pagers.flush()
            await expect(page.locator("#cards .card")).to_have_count(2)
            assert await violations(page) == []
            for width, height in SIZES:
                await page.set_viewport_size({"width": width, "height": height})
                assert await page.evaluate(CLIPPED) == []
            scope = await page.evaluate("navigator.serviceWorker.ready.then((it) => it.scope)")
            assert scope == f"{house.url}pager"
            devtools = await context.new_cdp_session(page)
            manifest = await devtools.send("Page.getAppManifest")
            assert (manifest["url"], manifest["errors"]) == (f"{house.url}static/pager/manifest.json", [])
            errors = (await devtools.send("Page.getInstallabilityErrors"))["installabilityErrors"]
            assert [each["errorId"] for each in errors] == ["in-incognito"]  # as every test's window is
            await page.get_by_role("button", name="Give" if locale == "en-US" else "Devolver").tap()
            await expect(page.locator("#taking")).to_be_visible()
            call.acknowledge(number)
            call.acknowledge(number + 1)
