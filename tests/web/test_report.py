"""The report in a browser: who may open it, how it looks, and what comes out of a printer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.clock import Clock
from kapmonitor.people import Person, Role
from kapmonitor.report import printing
from kapmonitor.report.reports import Reports
from kapmonitor.session.entries import Client
from kapmonitor.storage import Record
from kapmonitor.web import STAFF, Access, User, create_app
from tests.alarms.script import default_rules
from tests.report.bedside import ROUTES, WELL, Bedside, two_hours
from tests.report.pdfs import pages_of
from tests.storage.patient import url
from tests.storage.reading import rows
from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard, logged_in, running
from tests.web.test_wall_looks import violations

pytestmark = pytest.mark.asyncio(loop_scope="package")

ROLES = {role.value: Person(role.value, role) for role in Role if role is not Role.SERVICE}


async def rules_of(_digest: str) -> RuleSet:
    return default_rules()


@pytest_asyncio.fixture(loop_scope="package")
async def record(tmp_path: Path) -> AsyncIterator[Record]:
    async with Record.open(url(tmp_path)) as record:
        yield record


@pytest_asyncio.fixture(loop_scope="package")
async def site(record: Record, clinic: Clinic, password_hash: str) -> AsyncIterator[Dashboard]:
    access = Access([User(person, password_hash) for person in (STAFF, *ROLES.values())])
    zone = ZoneInfo("Europe/Berlin")
    reports = Reports(record.past, rules_of, ROUTES, Clock(), record.audit, site="north-clinic", zone=zone)
    app = create_app(clinic.feed, clinic.staff, access, reports=reports)
    async with running(app) as address:
        yield Dashboard(clinic, access, app, address)


async def kept(record: Record, bed: Bedside) -> str:
    await bed.keep(record)
    return bed.monitor.session.id


def a_minute() -> Bedside:
    bed = Bedside(client=Client(code="K-99"))
    bed.body = WELL
    bed.wait(60)
    return bed


@pytest.mark.parametrize(
    ("role", "status"),
    [("prescriber", 200), ("medical", 200), ("therapist", 200), ("administrator", 200), ("viewer", 403)],
)
async def test_who_may_open_it(
    site: Dashboard, record: Record, tmp_path: Path, role: str, status: int
) -> None:
    name = await kept(record, a_minute())
    head = record.past.head()
    async with site.client(user=role) as client:
        answer = await client.get(f"/sessions/{name}/report")
    assert answer.status_code == status
    assert ("K-99" in answer.text) is (status == 200)
    assert answer.headers["cache-control"] == "no-store"
    assert await record.durable(30)
    noted = rows(tmp_path, "select by, what, address from audit where action = 'report'")
    assert noted == ([(role, name, "127.0.0.1")] if status == 200 else [])
    assert len(head) == 64
    assert (head in answer.text) is (status == 200)


async def test_who_is_not_logged_in_gets_nothing_and_what_is_not_there_is_404(
    site: Dashboard, record: Record
) -> None:
    name = await kept(record, a_minute())
    async with site.client(logged_in=False) as client:
        for path in (f"/sessions/{name}/report", f"/sessions/{name}/report.css"):
            assert (await client.get(path)).status_code == 401
    async with site.client() as client:
        assert (await client.get("/sessions/room-9-a-1/report")).status_code == 404
        assert (await client.get("/sessions/NOT%20AN%20ID/report")).status_code == 422


async def test_without_the_extra_there_is_no_pdf_and_how_to_get_one(
    site: Dashboard, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await kept(record, a_minute())
    pdf = f"/sessions/{name}/report.pdf"
    async with site.client() as client:
        assert (pdf in (await client.get(f"/sessions/{name}/report")).text) is printing.can_print()
        monkeypatch.setattr(printing, "find_spec", dict[str, None]().get)
        assert pdf not in (await client.get(f"/sessions/{name}/report")).text
        answer = await client.get(pdf)
    assert answer.status_code == 501
    assert "pip install 'kapmonitor[pdf]'" in answer.json()["detail"]


@pytest.mark.soak  # some seconds of a core; printing itself is tried every time
@pytest.mark.skipif(not printing.can_print(), reason="weasyprint is not installed")
async def test_the_report_as_pdf(site: Dashboard, record: Record, tmp_path: Path) -> None:
    name = await kept(record, a_minute())
    async with site.client(user="medical") as client:
        answer = await client.get(f"/sessions/{name}/report.pdf", timeout=120)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert name in pages_of(answer.content)[0]
    assert await record.durable(30)
    assert rows(tmp_path, "select by, what from audit where action = 'report-pdf'") == [("medical", name)]
    async with site.client(user="viewer") as client:
        assert (await client.get(f"/sessions/{name}/report.pdf")).status_code == 403


async def test_a_style_sheet_cannot_be_made_to_say_more(site: Dashboard) -> None:
    async with site.client() as client:
        answer = await client.get(
            "/sessions/s-1/report.css", params={"mark": '"}* {display:none} </style>\n'}
        )
    assert answer.headers["content-type"].startswith("text/css")
    last = answer.text.splitlines()[-1]
    assert last.count('"') == 4
    assert "{display" not in last
    assert "<" not in last


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
@pytest.mark.timeout(180)
async def test_the_page_prints_under_the_sites_own_policy(
    browser: Browser, site: Dashboard, record: Record, tmp_path: Path
) -> None:
    name = await kept(record, two_hours())
    async with logged_in(browser, site, "light") as context:
        page = await context.new_page()
        await page.set_viewport_size({"width": 900, "height": 1250})
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        await page.goto(f"{site.url}sessions/{name}/report")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await violations(page) == []
        await page.screenshot(path=tmp_path / "report.png")
        printed = await page.pdf(format="A4")
        letter = await page.pdf(format="Letter")
        await page.emulate_media(media="print")
        assert await page.evaluate("getComputedStyle(document.querySelector('.across')).position") == "fixed"
        assert "4.3 % (4 min 50 s), of it doubtful 1 min 15 s" in await page.inner_text("main")
    assert said == []
    assert 4 <= len(pages_of(printed)) <= 9
    for sheet in (*pages_of(printed), *pages_of(letter)):
        assert "SIMULATED DATA · DRILL" in sheet
        assert name in sheet
        assert "Page " in sheet
