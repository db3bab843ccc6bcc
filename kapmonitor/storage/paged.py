"""Pages, receipts and duties as rows of the record, and what a restart has to know of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.model import Moment
from kapmonitor.pages import Page
from kapmonitor.paging.facts import DutyChanged, Fact, PageSent, ReceiptTaken, Remembered
from kapmonitor.paging.times import SHIFT_S
from kapmonitor.storage.instants import Row, from_us, instant, to_us
from kapmonitor.storage.tables import on_call, page, receipt

_SECOND_US = 1_000_000


def paged_row(fact: Fact, moment: Moment) -> Row:
    """One fact; `moment` says what UTC belongs to its monotonic times."""
    when = instant(moment)

    def us(at: float) -> int:
        return when.t_us + round((at - moment.at) * _SECOND_US)

    row: dict[str, object] = {"t_us": us(fact.at), "mono_offset_us": when.mono_offset_us, "pager": fact.pager}
    match fact:
        case PageSent(page=sent, round_at=round_at):
            row |= {name: getattr(sent, name) for name in ("page_id", "alarm", "seq", "kind", "level")}
            row |= {"document": msgspec.json.encode(sent).decode(), "round_us": us(round_at)}
        case ReceiptTaken():
            row |= {name: getattr(fact, name) for name in ("page_id", "seq", "status", "said")}
        case DutyChanged():
            until = None if fact.until is None else us(fact.until)
            row |= {"kind": fact.kind, "by": fact.by, "until_us": until}
    return row


async def read_paging(connection: AsyncConnection, moment: Moment) -> Remembered:
    """The pages, receipts and duties of the last shift, in order, on the clock of `moment`.

    Who went on call last is among them however long ago that is. A page that cannot be read is left out.
    """
    since = to_us(moment.utc) - round(SHIFT_S * _SECOND_US)

    def at(us: int) -> float:
        return moment.at - (moment.utc - from_us(us)).total_seconds()

    def past(us: int) -> float:
        return min(at(us), moment.at)  # a clock that was set back: no time at all

    async def newer(table: Table) -> list[Row]:
        wanted = select(table).where(table.c.t_us >= since).order_by(table.c.id)
        return [dict(row) for row in (await connection.execute(wanted)).mappings()]

    last = select(on_call).where(on_call.c.kind == "on-call").order_by(on_call.c.id.desc()).limit(1)
    older = [dict(row) for row in (await connection.execute(last)).mappings() if row["t_us"] < since]
    return Remembered(
        pages=_each(await newer(page), lambda row: _page(row, past)),
        receipts=_each(await newer(receipt), lambda row: _receipt(row, past)),
        duty=_each([*older, *await newer(on_call)], lambda row: _duty(row, past, at)),
    )


_Some = TypeVar("_Some", bound=Fact)


def _each(rows: list[Row], made: Callable[[Row], _Some]) -> list[_Some]:
    found: list[_Some] = []
    for row in rows:
        try:
            found.append(made(row))
        except msgspec.MsgspecError:  # of another version; its alarm is announced anyway
            continue
    return found


def _page(row: Row, at: Callable[[int], float]) -> PageSent:
    document = msgspec.json.decode(row["document"], type=Page)
    return PageSent(page=document, pager=row["pager"], at=at(row["t_us"]), round_at=at(row["round_us"]))


def _receipt(row: Row, at: Callable[[int], float]) -> ReceiptTaken:
    fields = {name: row[name] for name in ("page_id", "pager", "seq", "status", "said")}
    return msgspec.convert({**fields, "at": at(row["t_us"])}, ReceiptTaken)


def _duty(row: Row, past: Callable[[int], float], at: Callable[[int], float]) -> DutyChanged:
    fields = {name: row[name] for name in ("kind", "pager", "by")}
    until = None if row["until_us"] is None else at(row["until_us"])
    return msgspec.convert({**fields, "at": past(row["t_us"]), "until": until}, DutyChanged)
