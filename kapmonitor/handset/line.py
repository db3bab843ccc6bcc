"""The pager on its broker: pages in, stored, then answered; its own status; the service's heartbeat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress

from kapmonitor import documents, pages
from kapmonitor.clock import Clock
from kapmonitor.documents import Message
from kapmonitor.errors import KapmonitorError
from kapmonitor.handset.site import find_site
from kapmonitor.handset.store import Store
from kapmonitor.model import Moment
from kapmonitor.mqtt.client import Connection, Incoming, Will
from kapmonitor.mqtt.errors import BrokerError
from kapmonitor.mqtt.link import Link
from kapmonitor.mqtt.server import Server
from kapmonitor.pager.box import Box
from kapmonitor.pager.face import Face, Key
from kapmonitor.pager.facts import Answered, Fact, Received, Sent
from kapmonitor.pager.pulse import Pulse
from kapmonitor.pages import Presence, RefusedMessageError

_log = logging.getLogger(__name__)

TICK_S = 0.5
_GOODBYE_S = 1.0
LOSS = "No page comes here"


class Handset:
    """One pager at work. `changed(ring)` is called after whatever a person may have to see or hear."""

    def __init__(
        self, pager: str, servers: Sequence[Server], store: Store, changed: Callable[[bool], None]
    ) -> None:
        """What `store` holds of an earlier life is there from the beginning."""
        self.pager = pager
        self.site = store.word("site")
        self._servers = servers
        self._store = store
        self._changed = changed
        self._clock = Clock()
        self._box = Box(store.facts())
        self._pulse = Pulse(self._clock.now())
        self.face = Face(self._box, self._pulse)
        self._answered = asyncio.Event()
        self._link: Link | None = None
        self._full = ""

    def moment(self) -> Moment:
        """Now."""
        return self._clock.moment()

    async def run(self, site: str = "") -> None:
        """Work until cancelled, then say goodbye. `site`: empty where the broker has only one."""
        self.site = site or self.site
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tick())
            if not self.site:
                self.site = await find_site(self._servers)
            self._store.keep_word("site", self.site)
            link = Link(
                self._servers,
                self._store.client_id(),
                loss=LOSS,
                will=Will(self._topic(self._status("offline")), b"offline"),
                keep=True,
            )
            self._link = link
            await link.run(self._serve)

    def press(self, key: Key) -> None:
        """A person's key."""
        self._happened(self.face.press(key, self.moment()))
        self._look()

    # What comes in

    async def _serve(self, connection: Connection) -> None:
        page = documents.root(self.site) + f"/pager/{self.pager}/page"
        try:
            for pattern in (page, self._topic(self._status("online")), self._heartbeat):
                await connection.subscribe(pattern, qos=1)
            await self._say(connection, "online")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._answer(connection))
                await self._listen(connection)  # in here, not as a task: see `Link`
        except asyncio.CancelledError:
            with suppress(BrokerError, TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await self._say(connection, "offline")
                    await connection.unsubscribe(page)  # whoever leaves is not called meanwhile
            raise

    @property
    def _heartbeat(self) -> str:
        return f"{documents.root(self.site)}/service/heartbeat"

    async def _listen(self, connection: Connection) -> None:
        async with aclosing(connection.messages()) as messages:
            async for each in messages:
                if each.topic == self._heartbeat:
                    self._beat(each)
                elif each.topic.endswith(f"/pager/{self.pager}/page"):
                    self._page(each)
                elif each.payload != b"online":
                    await self._say(connection, "online")  # the will of our former connection came late
                self._look()

    def _beat(self, message: Incoming) -> None:
        if not message.retain and self._pulse.take(message.payload, self._clock.now()):
            self._happened(self._box.aged(self.moment(), self._pulse))

    def _page(self, message: Incoming) -> None:
        try:
            facts = self._box.take(message.payload, self.moment(), self._pulse, retained=message.retain)
        except RefusedMessageError as error:
            self.face.unreadable += 1
            if self.face.unreadable == 1:
                _log.warning("%s: a message that is no page, dropped: %s", message.topic, error)
            return
        self._happened(facts)

    # What goes out

    def _happened(self, facts: Sequence[Fact]) -> None:
        """Store, then show and send. What cannot be stored is shown, too, but never called delivered."""
        if not facts:
            return
        lost = set[str]()
        try:
            self._store.add(facts)
            self._full = ""
        except KapmonitorError as error:
            self._full = f"Pages are not kept: {error}"
            lost = {fact.page.page_id for fact in facts if isinstance(fact, Received)}
        for fact in facts:
            if not (isinstance(fact, Answered) and fact.page_id in lost):
                self._box.apply(fact)
        for page_id in lost:
            self._box.not_stored(page_id)
        self._answered.set()

    async def _answer(self, connection: Connection) -> None:
        while True:
            self._answered.clear()
            for answer in self._box.unsent():
                receipt = pages.receipt(self.pager, self._box.receipt(answer))
                await connection.publish(
                    self._topic(receipt), documents.encode(receipt.payload), qos=1, retain=False
                )
                self._happened([Sent(answer.page_id, answer.status)])
            if not self._box.unsent():
                await self._answered.wait()

    async def _say(self, connection: Connection, status: Presence) -> None:
        message = self._status(status)
        payload = documents.encode(message.payload)
        await connection.publish(self._topic(message), payload, qos=1, retain=True)

    def _status(self, status: Presence) -> Message:
        return pages.pager_status(self.pager, status)

    def _topic(self, message: Message) -> str:
        return f"{documents.root(self.site)}/{message.topic}"

    # What a person sees

    async def _tick(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(TICK_S)

    def _look(self) -> None:
        links = [] if self._link is None else self._link.problems()
        self.face.problems = ([self._full] if self._full else []) + links
        self._changed(self.face.look(self.moment()))
