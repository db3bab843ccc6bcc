"""The worked exchange of docs/paging.md, run as it stands there, against a broker with a pager's rights."""

from __future__ import annotations

import asyncio
import os
import re
from asyncio.subprocess import PIPE
from pathlib import Path

import msgspec
import pytest

from kapmonitor import pages
from kapmonitor.documents import Message, encode
from tests.brokers import find
from tests.mqtt.sites import ROOT, SERVICE, Embedded, client, hearing
from tests.pages import DOCS

pytestmark = pytest.mark.timeout(120)


def blocks(language: str) -> list[str]:
    """The code blocks of the worked exchange."""
    page = (DOCS / "paging.md").read_text(encoding="utf-8")
    _, _, exchange = page.partition("## A worked exchange")
    return re.findall(rf"```{language}\n(.*?)```", exchange.partition("\n## ")[0], flags=re.DOTALL)


async def test_the_worked_exchange_works(tmp_path: Path) -> None:
    find("mosquitto_pub")
    site = Embedded(tmp_path / "broker")
    watch, online, delivered, accepted = blocks("sh")
    (page,) = blocks("json")
    password = site.urls("nurse-1")[0].split(":")[2].split("@")[0]
    around = {**os.environ, "HOST": "127.0.0.1", "PORT": str(site.made.port), "PASSWORD": password}
    try:
        await site.start()
        async with hearing(site, SERVICE, "pager/+/receipt", "pager/+/status") as heard:
            watching = await asyncio.create_subprocess_shell(f"exec {watch}", env=around, stdout=PIPE)
            await said(online, around)
            await heard.last("pager/nurse-1/status", b"online")
            document = pages.read_page(page.encode(), retained=False)
            await called(site, pages.page("nurse-1", document))
            assert watching.stdout is not None
            topic, _, payload = (await watching.stdout.readline()).partition(b" ")
            assert topic.decode() == f"{ROOT}/pager/nurse-1/page"
            assert msgspec.json.decode(payload, type=pages.Page) == document
            for answer in (delivered, accepted):
                await said(answer, around)
            await heard.until(lambda it: len(it.payloads("pager/nurse-1/receipt")) == 2)
            receipts = [
                pages.read_receipt(each, retained=False) for each in heard.payloads("pager/nurse-1/receipt")
            ]
            assert [each.status for each in receipts] == ["delivered", "accepted"]
            assert {(each.page_id, each.seq) for each in receipts} == {(document.page_id, document.seq)}
            watching.kill()
            await watching.wait()
            await heard.last("pager/nurse-1/status", b"offline")
    finally:
        await site.end()


async def said(command: str, around: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_shell(command, env=around)
    assert await process.wait() == 0


async def called(site: Embedded, message: Message) -> None:
    async with client(site, SERVICE) as service:
        await asyncio.sleep(1)  # mosquitto_sub says nothing of its subscription
        await service.publish(f"{ROOT}/{message.topic}", encode(message.payload), qos=1, retain=False)
