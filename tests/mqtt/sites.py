"""Brokers as `kapmonitor broker-config` configures them, and the embedded one: same users, same rights."""

from __future__ import annotations

import asyncio
import getpass
from abc import ABC, abstractmethod
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from pathlib import Path

from kapmonitor.mqtt import embedded
from kapmonitor.mqtt.brokers.folder import BrokerFolder
from kapmonitor.mqtt.brokers.mosquitto import Place
from kapmonitor.mqtt.brokers.nats import Node
from kapmonitor.mqtt.client import Connection, connect
from kapmonitor.mqtt.errors import BrokerError
from kapmonitor.mqtt.lanes import client_id
from kapmonitor.mqtt.server import parse_servers
from tests.brokers import find, free_port
from tests.mqtt.listener import Heard, Listener

SITE = "north-clinic"
ROOT = f"kap/v1/{SITE}"
PAGERS = ("nurse-1", "nurse-2")
SERVICE = "kapmonitor"


class BrokerSite(ABC):
    """A running broker, or cluster, with its log-ins."""

    authority: Path | None = None
    """What clients have to trust."""

    def __init__(self) -> None:
        self.processes: list[Process] = []

    @abstractmethod
    def commands(self) -> list[list[str]]: ...

    @abstractmethod
    def urls(self, user: str, password: str | None = None) -> list[str]: ...

    async def start(self) -> None:
        for command in self.commands():
            self.processes.append(
                await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL)
            )
        for url in self.urls(SERVICE):
            (server,) = parse_servers([url])
            while not await _answers(server):
                assert all(each.returncode is None for each in self.processes), "the broker does not start"
                await asyncio.sleep(0.1)

    async def end(self) -> None:
        for each in self.processes:
            if each.returncode is None:
                each.kill()
            await each.wait()


async def _answers(server: object) -> bool:
    try:
        async with connect(server, "test-start"):  # type: ignore[arg-type] # a Server
            return True
    except BrokerError:
        return False


class Embedded(BrokerSite):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.made = embedded.configure(folder, "127.0.0.1", PAGERS)
        self.file = embedded.configuration_file(folder)

    def commands(self) -> list[list[str]]:
        return [[str(embedded.find_program()), "-c", str(self.file)]]

    def urls(self, user: str, password: str | None = None) -> list[str]:
        known = {SERVICE: self.made.service_url, "reader": self.made.reader_url} | self.made.pager_urls
        if password is not None:
            return [f"mqtt://{user}:{password}@127.0.0.1:{self.made.port}"]
        return [known[user] if user else f"mqtt://127.0.0.1:{self.made.port}"]


class Generated(BrokerSite):
    folder: BrokerFolder

    def _urls(self, user: str, password: str | None, ports: Sequence[int]) -> list[str]:
        known = {each.name: each.password for each in self.folder.users}
        login = f"{user}:{password or known[user]}@" if user else ""
        return [f"mqtts://{login}127.0.0.1:{port}" for port in ports]


class GeneratedMosquitto(Generated):
    def __init__(self, folder: Path, *, hosts: Sequence[str] = ("localhost", "127.0.0.1")) -> None:
        super().__init__()
        self.folder = BrokerFolder(folder, SITE, PAGERS)
        self.port = free_port()
        self.place = Place(
            self.folder.folder,
            self.folder.folder / "data",
            port=self.port,
            address="127.0.0.1",
            log=f"file {self.folder.folder}/mosquitto.log",
            user=getpass.getuser(),
        )
        self.file = self.folder.mosquitto(hosts, self.place)
        self.authority = self.folder.folder / "certificates/ca.crt"

    def commands(self) -> list[list[str]]:
        return [[find("mosquitto"), "-c", str(self.file)]]

    def urls(self, user: str, password: str | None = None) -> list[str]:
        return self._urls(user, password, [self.port])


class Cluster(Generated):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = BrokerFolder(folder, SITE, PAGERS)
        self.nodes = [
            Node(
                f"node-{number}",
                "127.0.0.1",
                self.folder.folder / f"node-{number}",
                folder / f"data-{number}",
                port=free_port(),
                cluster_port=free_port(),
                listen="127.0.0.1",
            )
            for number in (1, 2, 3)
        ]
        self.files = self.folder.cluster(self.nodes)
        self.authority = self.folder.folder / "certificates/ca.crt"

    def commands(self) -> list[list[str]]:
        return [[str(embedded.find_program()), "-c", str(each)] for each in self.files]

    def urls(self, user: str, password: str | None = None) -> list[str]:
        return self._urls(user, password, [each.port for each in self.nodes])


@asynccontextmanager
async def client(site: BrokerSite, user: str, password: str | None = None) -> AsyncIterator[Connection]:
    """A connection of `user` to the first server; who is only slow, on a busy machine, is asked again."""
    server = parse_servers(site.urls(user, password))[0]
    async with AsyncExitStack() as stack:
        connection = None
        while connection is None:
            with _patience():
                connection = await stack.enter_async_context(connect(server, client_id("test")))
        yield connection


@contextmanager
def _patience() -> Iterator[None]:
    try:
        yield
    except BrokerError as error:
        if "nothing within" not in str(error):
            raise


@asynccontextmanager
async def hearing(site: BrokerSite, user: str, *patterns: str) -> AsyncIterator[Listener]:
    """What `user` hears; a subscription that the broker refuses is one that hears nothing."""
    heard = Listener()
    async with client(site, user) as connection:
        for pattern in patterns:
            try:
                await connection.subscribe(f"{ROOT}/{pattern}", qos=1)
            except BrokerError as refused:
                assert "refuses a subscription" in str(refused)  # noqa: PT017 - mosquitto does not refuse
        collecting = asyncio.create_task(_collect(connection, heard))
        try:
            yield heard
        finally:
            collecting.cancel()
            await asyncio.gather(collecting, return_exceptions=True)


async def _collect(connection: Connection, heard: Listener) -> None:
    async with aclosing(connection.messages()) as messages:
        async for each in messages:
            heard.heard.append(Heard(each.topic, each.payload, each.retain))
            heard.came.set()
