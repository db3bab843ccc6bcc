"""`kapmonitor run`: the service."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import typer

from kapmonitor.app.equipment import bluetooth
from kapmonitor.app.limits import limits_in_force
from kapmonitor.app.service import Service
from kapmonitor.clock import Clock
from kapmonitor.commands.environment import kept_client_id, state_folder, with_credentials
from kapmonitor.commands.log_ins import log_ins
from kapmonitor.commands.running import ConfigPath, configured, log_to_stderr, run_until_ended
from kapmonitor.config import Config, load_routes
from kapmonitor.flight.recorder import FlightRecorder, recording
from kapmonitor.flight.writer import FOLDER
from kapmonitor.model import Route
from kapmonitor.mqtt.embedded import embedded_broker
from kapmonitor.notify import Notifier
from kapmonitor.session.routes import RouteTable
from kapmonitor.storage.left import Folder
from kapmonitor.storage.record import Record

RECORD = "kapmonitor.db"
"""The record's file where no other place is configured."""


def run(config: ConfigPath) -> None:
    """Monitor the rooms of a configuration; an alarms.toml or routes.toml beside it replaces the shipped."""
    log_to_stderr()
    routes = load_routes(beside(config, "routes.toml"))
    run_until_ended(_run(configured(config), beside(config, "alarms.toml"), routes))


def beside(config: Path, name: str) -> Path | None:
    """The file `name` beside the configuration, if there is one."""
    path = config.parent / name
    return path if path.exists() else None


async def _run(config: Config, own_rules: Path | None, routes: Mapping[Route, RouteTable]) -> None:
    clock = Clock()
    notifier = Notifier(os.environ)
    async with (
        Record.open(storage_url(config, os.environ), _notes(config, os.environ)) as record,
        asyncio.TaskGroup() as starting,
    ):
        people = starting.create_task(log_ins(config, os.environ, record))  # hashes while the broker starts
        async with (
            _servers(config) as servers,
            bluetooth(config, clock) as adapter,
            _recorder(config, clock) as recorder,
        ):
            access, displays, users = await people
            limits = await limits_in_force(own_rules, record, clock)
            service = Service(
                config,
                limits,
                routes,
                clock,
                servers=servers,
                client=kept_client_id(state_folder(os.environ) / config.site.id),
                access=access,
                displays=displays,
                adapter=adapter,
                record=record,
                recorder=recorder,
                notifier=notifier,
                metrics_token=os.environ.get("KAPMONITOR_METRICS_TOKEN"),
            )
            await service.restore()
            try:
                await service.run(
                    lambda address: typer.echo(f"dashboard: {address}  user: {', '.join(users)}")
                )
            finally:
                notifier.stopping()


@asynccontextmanager
async def _recorder(config: Config, clock: Clock) -> AsyncGenerator[FlightRecorder | None]:
    """The flight recorder, in the service's own folder; None where the site wants none."""
    if not config.storage.flights:
        yield None
        return
    async with recording(state_folder(os.environ) / config.site.id / FOLDER, clock.now) as recorder:
        yield recorder


@asynccontextmanager
async def _servers(config: Config) -> AsyncGenerator[list[str]]:
    """The brokers' URLs with their passwords; the embedded broker's where none is configured."""
    if config.mqtt.servers:
        yield [with_credentials(server, os.environ) for server in config.mqtt.servers]
        return
    folder = state_folder(os.environ) / config.site.id / "broker"
    async with embedded_broker(folder, pagers=[each.id for each in config.pagers]) as broker:
        typer.echo(f"broker: {broker.reader_url}")
        for pager, url in broker.pager_urls.items():
            typer.echo(f"pager:  kapmonitor pager --id {pager} --server {url}")
        yield [broker.service_url]


def _notes(config: Config, environment: Mapping[str, str]) -> Folder:
    """Where commands leave notes about what lies in the service's own folder, wherever the record is."""
    return Folder(state_folder(environment) / config.site.id / RECORD)


def storage_url(config: Config, environment: Mapping[str, str]) -> str:
    """Where the record is: as configured, else in the service's own folder."""
    if config.storage.url:
        return config.storage.url
    folder = state_folder(environment) / config.site.id
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite+aiosqlite:///{folder / RECORD}"
