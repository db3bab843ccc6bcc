"""Which clinic a broker serves, for a pager that was not told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import aclosing

from kapmonitor.errors import ConfigError
from kapmonitor.mqtt.client import Connection
from kapmonitor.mqtt.lanes import client_id
from kapmonitor.mqtt.link import Link
from kapmonitor.mqtt.server import Server

LOOK_S = 2.5
"""So long after the first site others have to show up (s): a heartbeat comes every 2 s."""
_SAID = re.compile(r"kap/v1/([a-z0-9-]+)/service/(status|heartbeat)")


async def find_site(servers: Sequence[Server]) -> str:
    """The one site whose service has a status, or a heartbeat; waits until there is one.

    The status is retained and comes at once, also of a service that is away; a cluster that has just lost a
    node may not find it.

    Raises:
        ConfigError: there are several.
    """
    found: set[str] = set()
    first = asyncio.Event()

    async def look(connection: Connection) -> None:
        for word in ("status", "heartbeat"):
            await connection.subscribe(f"kap/v1/+/service/{word}", qos=1)
        async with aclosing(connection.messages()) as messages:
            async for each in messages:
                match = _SAID.fullmatch(each.topic)
                if match is not None and each.payload:
                    found.add(match[1])
                    first.set()

    link = Link(servers, client_id("find"), loss="The pager does not know its clinic")
    looking = asyncio.create_task(link.run(look))
    try:
        await first.wait()
        await asyncio.sleep(LOOK_S)
    finally:
        looking.cancel()
        await asyncio.wait([looking])
    if len(found) > 1:
        raise ConfigError([f"--site: this broker serves {', '.join(sorted(found))}; say which is yours"])
    return found.pop()
