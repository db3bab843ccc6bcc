"""A site with pagers and no link at all: alarms are told, receipts given, time passes as the test says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from kapmonitor import documents
from kapmonitor.documents import Alarm, Priority
from kapmonitor.model import Moment
from kapmonitor.pages import Page, Receipt, Status
from kapmonitor.paging.duty import Holder
from kapmonitor.paging.facts import DutyChanged, Fact, PageSent, ReceiptTaken, Remembered
from kapmonitor.paging.paging import Paging

START = datetime(2026, 11, 22, 3, tzinfo=UTC)


class Sent(NamedTuple):
    at: float
    pager: str
    page: Page


class Desk:
    """Everything that came out, and short words for what goes in."""

    def __init__(self, *pagers: str, online: Sequence[str] | None = None, run: str = "p") -> None:
        self.paging = Paging([Holder(each) for each in pagers], run)
        self.now = 0.0
        self.sent: list[Sent] = []
        self.facts: list[Fact] = []
        self.documents: dict[str, Alarm] = {}
        self.here: dict[str, float] = {}
        for each in pagers:
            there = online is None or each in online
            self.paging.status(each, "online" if there else "offline", self.moment)

    @property
    def moment(self) -> Moment:
        return Moment(self.now, START + timedelta(seconds=self.now))

    # What happens

    def alarm(
        self,
        name: str = "spo2-low",
        *,
        event: str = "start",
        seq: int = 1,
        priority: Priority = "high",
        page: bool = True,
        room: str = "room-1",
        by: str | None = None,
        state: documents.AlarmState = "active",
        drill: bool = False,
        number: int = 1,
    ) -> str:
        """An alarm's document and its event, as the service publishes them; the alarm's id."""
        alarm = f"{room}-{name}-{number}"
        standing = documents.Alarm(
            origin="live",
            drill=drill,
            alarm=alarm,
            name=name,
            rule=name,
            session=room,
            room=room,
            seat="a",
            priority=priority,
            kind="physiological",
            state=state,
            acknowledged=by is not None,
            acknowledged_by=by,
            coming=None,
            seq=seq,
            since=self.moment.ts,
            ts=self.moment.ts,
            value=85.0,
            unit="%",
            limit=88.0,
            text=f"{name} {seq}",
        )
        happened = documents.AlarmEvent(
            origin="live",
            drill=drill,
            alarm=alarm,
            name=name,
            rule=name,
            session=room,
            room=room,
            seat="a",
            priority=priority,
            event=event,
            state=state,
            acknowledged=by is not None,
            value=85.0,
            page=page,
            seq=seq,
            ts=self.moment.ts,
        )
        shown = self.paging.seen(documents.alarm(standing), self.moment).payload
        assert isinstance(shown, Alarm)
        self.documents[alarm] = shown
        self.paging.seen(documents.alarm_event(happened), self.moment)
        self._collect()
        return alarm

    def acknowledged(self, name: str = "spo2-low", *, seq: int = 9, by: str = "nurse-1") -> None:
        self.alarm(name, event="acknowledge", seq=seq, page=False, by=by)

    def over(self, name: str = "spo2-low", *, seq: int = 9) -> None:
        self.alarm(name, event="end", seq=seq, page=False, state="inactive")

    def answer(self, pager: str, status: Status, page: Page | None = None) -> None:
        """A receipt for `page`, or for the newest one that this pager was sent."""
        page = page or self.newest(pager)
        receipt = Receipt(page_id=page.page_id, seq=page.seq, status=status, at=self.moment.ts)
        self.paging.receipt(pager, receipt, self.moment)
        self._collect()

    def is_here(self, room: str = "room-1") -> None:
        self.here[room] = self.now

    def offline(self, pager: str) -> None:
        self.paging.status(pager, "offline", self.moment)
        self._collect()

    def online(self, pager: str) -> None:
        self.paging.status(pager, "online", self.moment)
        self._collect()

    def wait(self, seconds: float) -> None:
        """So many seconds, one after the other."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(self.now + 1.0, until)
            self.paging.second(self.here, self.moment)
            self._collect()

    def until(self, second: float) -> None:
        self.wait(second - self.now)

    def restarted(self, gap_s: float = 5.0) -> Desk:
        """The same site after a kill: only what was remembered is known, on another clock."""
        shift = -self.now - gap_s
        later = Desk(*self.paging.duty.holders, run=f"{self.now:.0f}")
        later.paging = Paging([Holder(each) for each in self.paging.duty.holders], f"{self.now:.0f}")
        pages = [each for each in self.facts if isinstance(each, PageSent)]
        receipts = [each for each in self.facts if isinstance(each, ReceiptTaken)]
        duty = [each for each in self.facts if isinstance(each, DutyChanged)]
        later.paging.restore(
            Remembered(
                [msgspec.structs.replace(e, at=e.at + shift, round_at=e.round_at + shift) for e in pages],
                [msgspec.structs.replace(e, at=e.at + shift) for e in receipts],
                [
                    msgspec.structs.replace(
                        e, at=e.at + shift, until=None if e.until is None else e.until + shift
                    )
                    for e in duty
                ],
            )
        )
        return later

    # What came of it

    def newest(self, pager: str) -> Page:
        return next(each.page for each in reversed(self.sent) if each.pager == pager)

    def first_sent(self) -> list[Sent]:
        """Every page where it went out first; what was only sent again is left out."""
        known: set[str] = set()
        found: list[Sent] = []
        for each in self.sent:
            if each.page.page_id not in known:
                known.add(each.page.page_id)
                found.append(each)
        return found

    def story(self) -> list[tuple[float, str, str]]:
        """(second, pager, kind) of every page where it went out first."""
        return [(each.at, each.pager, each.page.kind) for each in self.first_sent()]

    def called(self, alarm: str) -> tuple[str, str | None]:
        return self.documents[alarm].called, self.documents[alarm].coming

    def _collect(self) -> None:
        came = self.paging.drain()
        self.facts += came.facts
        for message in came.pages:
            assert isinstance(message.payload, Page)
            self.sent.append(Sent(self.now, message.topic.split("/")[1], message.payload))
        for message in came.alarms:
            assert isinstance(message.payload, Alarm)
            self.documents[message.payload.alarm] = message.payload
