"""A pager as somebody else would write it, by docs/paging.md: plain aiomqtt, nothing of ours.

And a site without rooms: paging, the record and the publisher, joined as the service joins them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiomqtt

from kapmonitor.app.pagers import Pagers
from kapmonitor.config import Pager as Configured
from kapmonitor.documents import Message
from kapmonitor.mqtt.publisher import Publisher
from kapmonitor.storage import Record
from tests.mqtt.waiting import running

ROOT = "kap/v1/north-clinic"


class Pager:
    """What was shown, each page once; `answers` are given by themselves."""

    def __init__(self, url: str, name: str, *answers: str) -> None:
        self.name = name
        self.answers = answers
        self.shown: list[dict[str, Any]] = []
        self.client: aiomqtt.Client | None = None
        self._url = urlsplit(url)
        self._came = asyncio.Event()
        self._there = asyncio.Event()

    def of(self, kind: str) -> list[str]:
        """The alarms of what was shown of this kind, in order."""
        return [each["alarm"] for each in self.shown if each["kind"] == kind]

    async def until(self, holds: Callable[[Pager], object]) -> None:
        while not holds(self):
            self._came.clear()
            await self._came.wait()

    async def online(self) -> None:
        await self._there.wait()

    async def answer(self, page: dict[str, Any], status: str, **other: object) -> None:
        receipt = {"page_id": page["page_id"], "seq": page["seq"], "status": status, "at": now(), **other}
        await self.say("receipt", json.dumps(receipt).encode())

    async def say(self, what: str, payload: bytes, *, pager: str = "", retain: bool = False) -> None:
        assert self.client is not None
        topic = f"{ROOT}/pager/{pager or self.name}/{what}"
        await self.client.publish(topic, payload, qos=1, retain=retain)

    async def run(self) -> None:
        """Connect for ever, as long as there is a broker."""
        while True:
            try:
                await self._connected()
            except aiomqtt.MqttError:
                self._there.clear()
                await asyncio.sleep(0.2)

    async def _connected(self) -> None:
        status = f"{ROOT}/pager/{self.name}/status"
        async with aiomqtt.Client(
            self._url.hostname or "",
            self._url.port or 1883,
            username=self._url.username,
            password=self._url.password,
            identifier=f"pager-{self.name}",
            clean_session=False,
            keepalive=5,
            will=aiomqtt.Will(status, b"offline", qos=1, retain=True),
        ) as client:
            self.client = client
            await client.subscribe(f"{ROOT}/pager/{self.name}/page", qos=1)
            await client.publish(status, b"online", qos=1, retain=True)
            self._there.set()
            async for message in client.messages:
                await self._take(json.loads(bytes(message.payload)))

    async def _take(self, page: dict[str, Any]) -> None:
        if page["page_id"] not in [each["page_id"] for each in self.shown]:
            self.shown.append(page)
        for each in self.answers:
            await self.answer(page, each)
        self._came.set()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@asynccontextmanager
async def carried(url: str, name: str, *answers: str) -> AsyncIterator[Pager]:
    """A pager that is online on entry."""
    pager = Pager(url, name, *answers)
    running_ = asyncio.create_task(pager.run())
    try:
        await pager.online()
        yield pager
    finally:
        running_.cancel()
        await asyncio.gather(running_, return_exceptions=True)


class Site:
    """Pagers and their publisher; `publish` takes what a service would say."""

    def __init__(
        self, url: str | Sequence[str], record: Record, *pagers: str, client: str | None = None
    ) -> None:
        self.said: list[Message] = []
        self.here: dict[str, float] = {}
        self.record = record
        holders = [Configured(id=each) for each in pagers]
        self.pagers = Pagers(holders, self._out, lambda: self.here, origin="live", record=record)
        self.publisher = Publisher(
            [url] if isinstance(url, str) else url,
            "north-clinic",
            origin="live",
            listener=self.pagers,
            client=client,
        )

    def publish(self, *messages: Message) -> None:
        for message in messages:
            self._out(self.pagers.seen(message))
            self.pagers.flush()

    def _out(self, message: Message) -> None:
        self.said.append(message)
        self.publisher.publish(message)

    async def sees_online(self, *pagers: str) -> None:
        while not set(pagers) <= {each.id for each in self.pagers.pagers() if each.online}:
            await asyncio.sleep(0.01)

    def newest(self, alarm: str) -> Any:
        """The alarm's document as it was published last."""
        return next(each.payload for each in reversed(self.said) if each.topic == f"alarm/{alarm}")

    async def called(self, alarm: str, word: str) -> None:
        """Wait until the alarm's document says so."""
        while self.newest(alarm).called != word:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def site(
    url: str | Sequence[str], folder: Path, *pagers: str, client: str | None = None
) -> AsyncIterator[Site]:
    """A site at work, on the record in `folder`."""
    async with Record.open(f"sqlite+aiosqlite:///{folder / 'record.db'}") as record:
        there = Site(url, record, *pagers, client=client)
        await there.pagers.restore()
        async with running(there.publisher):
            task = asyncio.create_task(there.pagers.run())
            try:
                yield there
            finally:
                task.cancel()
                await asyncio.wait([task])
