"""What paging remembers stands in the record, each once, and comes back on another clock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from kapmonitor.paging.facts import DutyChanged, PageSent, ReceiptTaken, Remembered
from kapmonitor.paging.times import SHIFT_S
from kapmonitor.storage import Record
from tests.storage.patient import moment, url
from tests.storage.reading import column, rows
from tests.test_pages import PAGE

SENT = PageSent(page=PAGE, pager="nurse-1", at=1009.0, round_at=1004.0)
TAKEN = ReceiptTaken(page_id="p-1-1", pager="nurse-1", seq=3, status="read", said=PAGE.sent_at, at=1009.5)
COVER = DutyChanged(kind="cover", pager="nurse-2", by="nurse-1", at=1010.0, until=2810.0)


async def test_it_comes_back_as_it_was_on_the_clock_of_the_new_start(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        record.paged([SENT, TAKEN, COVER], moment(10))
        assert await record.durable(30)
    async with Record.open(url(tmp_path)) as record:
        later = moment(20)._replace(at=5.0)  # the machine was started anew
        found = await record.restart.paging(later)
        (sent,), (taken,), (cover,) = found.pages, found.receipts, found.duty
    assert (sent.page, sent.pager, sent.at, sent.round_at) == (PAGE, "nurse-1", -6.0, -11.0)
    assert (taken.status, taken.said, taken.at) == ("read", PAGE.sent_at, -5.5)
    assert (cover.kind, cover.pager, cover.at, cover.until) == ("cover", "nurse-2", -5.0, 1795.0)


async def test_after_a_shift_only_who_went_on_call_last_is_known(tmp_path: Path) -> None:
    first, last = (
        DutyChanged(kind="on-call", pager=each, by="dr-1", at=1009.0) for each in ("nurse-2", "nurse-3")
    )
    async with Record.open(url(tmp_path)) as record:
        record.paged([SENT, TAKEN, COVER, first, last], moment(10))
        assert await record.durable(30)
        found = await record.restart.paging(moment(20 + SHIFT_S))
    assert (found.pages, found.receipts) == ([], [])
    assert [each.pager for each in found.duty] == ["nurse-3"]


async def test_a_page_of_another_version_costs_only_itself(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        record.paged([SENT, TAKEN], moment(10))
        assert await record.durable(30)
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        connection.execute("""update page set document = '{"schema": 2}'""")
        connection.commit()
    async with Record.open(url(tmp_path)) as record:
        found = await record.restart.paging(moment(20))
    assert (found.pages, len(found.receipts)) == ([], 1)


async def test_what_could_not_be_written_is_written_once_when_it_can(tmp_path: Path) -> None:
    folder = tmp_path / "away"
    folder.mkdir()
    async with Record.open(url(folder)) as record:
        assert await record.restart.paging(moment(0)) == Remembered([], [], [])
        record.paged([SENT], moment(10))
        record._writer.pending.tried = True
        record.paged([SENT, TAKEN, TAKEN, COVER, COVER], moment(10))
        assert await record.durable(30)
    assert column(folder, "select page_id from page") == ["p-1-1"]
    assert rows(folder, "select pager, status from receipt") == [("nurse-1", "read")]
    assert column(folder, "select kind from on_call") == ["cover"]
