"""A dashboard on a free port of this machine, and one real Chromium for the whole folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, async_playwright, expect
from websockets.asyncio.client import connect
from websockets.typing import Origin

from kapmonitor.people import Person, Role
from kapmonitor.web import STAFF, Access, Displays, Tls, User, create_app, hash_password, serve
from tests.web.clinic import Clinic

PASSWORD = "correct-horse-battery"  # noqa: S105 - of a clinic that exists for a second
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT_MS = 25_000
expect.set_options(timeout=TIMEOUT_MS)


@dataclass
class Dashboard:
    """A running dashboard: `http://127.0.0.1:port/` without the slash at the end is `origin`."""

    clinic: Clinic
    access: Access
    app: FastAPI
    url: str
    displays: Displays = field(default_factory=Displays)

    @property
    def origin(self) -> str:
        return self.url.rstrip("/")

    def cookie(self, user: str = "staff") -> str:
        """Of somebody who has just logged in."""
        return f"kap={self.access.begin(user)}"

    def client(self, *, logged_in: bool = True, user: str = "staff") -> httpx2.AsyncClient:
        headers = {"origin": self.origin} | ({"cookie": self.cookie(user)} if logged_in else {})
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=30)

    def paired(self, room: str = "") -> str:
        """The token of a paired screen: of all rooms, or of one."""
        code, token = self.displays.ask()
        self.displays.pair(code, f"screen-{room or 'wall'}", room, by="boss")
        return token

    def screen(self, room: str = "") -> httpx2.AsyncClient:
        """The browser of such a screen."""
        headers = {"origin": self.origin, "cookie": f"kap-display={self.paired(room)}"}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=30)

    def socket(self, *, cookie: str | None = None, origin: str | None = "") -> connect:
        """The live feed, for a page of `origin` (our own if not said)."""
        return connect(
            f"{self.origin.replace('http', 'ws', 1)}/ws",
            additional_headers={"Cookie": self.cookie() if cookie is None else cookie},
            origin=None if origin is None else Origin(origin or self.origin),
        )


@asynccontextmanager
async def running(
    app: FastAPI, bind: str = "127.0.0.1:0", tls: Tls | None = None, proxies: Sequence[str] = ()
) -> AsyncIterator[str]:
    """Serve `app` for as long as the block lasts; the address."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve(app, bind, ready=ready.set_result, tls=tls, proxies=proxies))
    try:
        first: list[asyncio.Future[Any]] = [server, ready]
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if server.done():
            server.result()  # says why it does not run
        yield await ready
    finally:
        server.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await server


@asynccontextmanager
async def beating(*beats: Callable[[], None]) -> AsyncIterator[None]:
    """Call `beats` twice a second, as devices speak."""

    async def beat() -> None:
        while True:
            for each in beats:
                each()
            await asyncio.sleep(0.5)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD)


def access_of(password_hash: str) -> Access:
    """A prescriber, a therapist, a viewer and an administrator, all with the same password."""
    others = [
        Person("guide", Role.THERAPIST),
        Person("guest", Role.VIEWER),
        Person("boss", Role.ADMINISTRATOR),
    ]
    return Access([User(person, password_hash) for person in (STAFF, *others)])


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


@pytest.fixture
async def dashboard(clinic: Clinic, password_hash: str) -> AsyncIterator[Dashboard]:
    """For tests that need no browser."""
    access = access_of(password_hash)
    displays = Displays()
    app = create_app(clinic.feed, clinic.staff, access, displays=displays)
    async with running(app) as url:
        yield Dashboard(clinic, access, app, url, displays)


@pytest_asyncio.fixture(loop_scope="package")
async def site(clinic: Clinic, password_hash: str) -> AsyncIterator[Dashboard]:
    """The same in the loop that the browser lives in, and help for rooms without a session."""
    access = access_of(password_hash)
    displays = Displays()
    app = create_app(clinic.feed, clinic.staff, access, displays=displays, calls=clinic.calls)
    async with running(app) as url:
        yield Dashboard(clinic, access, app, url, displays)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        explain = "chromium is not installed (apt-get install chromium fonts-dejavu-core)"
        if os.environ.get("CI") == "true":
            pytest.fail(explain)
        pytest.skip(explain)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="package")
async def context(browser: Browser, site: Dashboard) -> AsyncIterator[BrowserContext]:
    """A browser window of somebody who is logged in."""
    async with logged_in(browser, site) as context:
        yield context


@asynccontextmanager
async def logged_in(
    browser: Browser, site: Dashboard, scheme: str = "dark", *, user: str = "staff", locale: str = "en-US"
) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        color_scheme="light" if scheme == "light" else "dark",
        viewport={"width": 1920, "height": 1080},
        locale=locale,
    )
    context.set_default_timeout(TIMEOUT_MS)
    await context.add_cookies([{"name": "kap", "value": site.access.begin(user), "url": site.url}])
    yield context
    await context.close()
