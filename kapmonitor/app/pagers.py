"""The shell around paging: moments of real time, the record before the broker, and what people ask for."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from kapmonitor import config
from kapmonitor.app.phones import Phones
from kapmonitor.documents import Message
from kapmonitor.model import Moment, rfc3339
from kapmonitor.pages import Receipt, Refusal, RefusedMessageError, from_pager
from kapmonitor.paging.duty import Holder, Request
from kapmonitor.paging.facts import DutyChanged
from kapmonitor.paging.paging import Paging
from kapmonitor.paging.view import PagerView, Trouble, troubles, views
from kapmonitor.people import Person, Task
from kapmonitor.ports import Audit, Publish
from kapmonitor.storage.record import Record

_log = logging.getLogger(__name__)

SECOND_S = 1.0
SETTLED_S = 3.0
"""So long after the start everything that was in force has been announced."""
TEST = "Test page. Please answer it: then the service knows that somebody can be called."


class Pagers:
    """All pagers of a site. Implements `ports.Listener` and `ports.PagerDesk`.

    `dropped` counts what came in and was not taken, by the word of its refusal.
    """

    patterns: Mapping[str, int] = MappingProxyType({"pager/+/receipt": 1, "pager/+/status": 0})
    """An answer counts whenever it was given; of a presence only the newest, which is retained."""

    def __init__(
        self,
        pagers: Sequence[config.Pager],
        publish: Publish,
        here: Callable[[], Mapping[str, float]],
        *,
        origin: str,
        record: Record | None = None,
    ) -> None:
        """`publish` takes what is to go out; `here`: by session, seconds since somebody said "here"."""
        now = self._moment()
        run = f"p-{now.utc:%Y%m%d}-{int(now.utc.timestamp() * 1000) % 86_400_000}"
        ordered = sorted(pagers, key=lambda each: each.order)
        self.paging = Paging([Holder(each.id, each.person) for each in ordered], run, origin)
        self.dropped: Counter[Refusal] = Counter()
        self._publish = publish
        self._here = here
        self._record = record
        self.phones = Phones(self.paging, self.take, self.flush, self._moment)
        self._pages: list[Message] = []
        self._some = asyncio.Event()

    # What the service says

    def seen(self, message: Message) -> Message:
        """Take in a publication; what is to be published instead. Then call `flush`."""
        return self.paging.seen(message, self._moment())

    def flush(self) -> None:
        """Keep what has come, then send it: a page is durable first, but waits 100 ms at most."""
        came = self.paging.drain()
        for alarm in came.alarms:
            self._publish(alarm)
        if came.facts and self._record is not None:
            moment = self._moment()
            self._record.paged(came.facts, moment)
            for fact in came.facts:
                if isinstance(fact, DutyChanged):
                    _note(self._record.audit, fact, moment)
        if came.pages:
            self._pages += came.pages
            self._some.set()

    async def restore(self) -> None:
        """Go on with what was there before a restart; then announce the alarms that are in force."""
        if self._record is not None:
            self.paging.restore(await self._record.restart.paging(self._moment()))

    async def run(self) -> None:
        """Send pages and let time pass, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._post(), name="pages")
            tasks.create_task(self._seconds(), name="paging")

    async def _post(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            pages, self._pages = self._pages, []
            if self._record is not None:
                await self._record.durable()
            for page in pages:
                self._publish(page)
                self.phones.page(page)

    async def _seconds(self) -> None:
        started_at = time.monotonic()
        while True:
            await asyncio.sleep(SECOND_S)
            moment = self._moment()
            if not self.phones.settled and moment.at - started_at >= SETTLED_S:
                self.phones.settled = True
                self.paging.restored(moment)
            here = {session: moment.at - ago for session, ago in self._here().items()}
            self.paging.second(here, moment)
            self.flush()

    # What pagers say (ports.Listener)

    def connected(self) -> None:
        """We are on a broker."""
        self.paging.connected(time.monotonic())

    def take(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """What a pager says, at the broker or as a phone.

        What is not as it should be is counted, said once and dropped.
        """
        try:
            pager, what = from_pager(topic, payload, retained=retained)
            if isinstance(what, Receipt):
                self.paging.receipt(pager, what, self._moment())
            else:
                self.paging.status(pager, what, self._moment(), retained=retained)
        except RefusedMessageError as refused:
            if not self.dropped[refused.why]:
                _log.warning(
                    "A message on %.200s was dropped (%.300s). More of the kind are only counted.",
                    topic,
                    refused,
                )
            self.dropped[refused.why] += 1
        self.flush()

    # What people ask for (ports.PagerDesk)

    def pagers(self) -> Sequence[PagerView]:
        """All of them, in the order in which they are asked now."""
        return views(self.paging, self._moment())

    def test(self, pager: str, *, by: Person) -> None:
        """Ask whether somebody answers on this pager."""
        by.must_be_allowed(Task.TEST_PAGER)
        self.paging.test(pager, self._moment(), TEST)
        self.flush()

    def hand_over(self, pager: str, *, by: Person, minutes: float | None = None) -> None:
        """Ask it to take over, or to cover for so many minutes; done once it has accepted."""
        by.must_be_allowed(Task.CHANGE_DUTY)
        moment = self._moment()
        long = "until the next hand-over" if minutes is None else f"for {minutes:g} min"
        text = f"Take over from {self.paging.duty.on_call} {long}? Accept, and you are called first."
        self.paging.test(pager, moment, text, Request(pager, by.id, moment.at, minutes))
        self.flush()

    def put_on_call(self, pager: str, *, by: Person) -> None:
        """It is asked first from now on."""
        by.must_be_allowed(Task.CHANGE_DUTY)
        self.paging.put_on_call(pager, by.id, self._moment())
        self.flush()

    # What the rest of the service wants to know

    def reachable(self) -> bool | None:
        """Whether somebody answers this shift's pages; None: there are no pagers."""
        return self.paging.duty.reachable(time.monotonic())

    def anybody_online(self) -> bool:
        """Whether a page would find a pager that is on. A phone alone is nobody."""
        return bool(self.paging.duty.by_themselves(time.monotonic()))

    def troubles(self) -> Iterator[Trouble]:
        """What is wrong with paging now."""
        return troubles(self.paging, time.monotonic())

    @staticmethod
    def _moment() -> Moment:
        return Moment(time.monotonic(), datetime.now(UTC))


def _note(audit: Audit, change: DutyChanged, moment: Moment) -> None:
    """Whoever is called first is somebody else: that goes into the audit log, and so into its chain."""
    if change.kind == "tested":
        return
    until = "" if change.until is None else rfc3339(moment.utc + timedelta(seconds=change.until - moment.at))
    audit.note(change.kind, f"pager {change.pager}", by=change.by, detail=until and f"until {until}")
