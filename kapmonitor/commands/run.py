"""`kapmonitor run`: the service."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import typer

from kapmonitor.app.equipment import bluetooth
from kapmonitor.app.service import Service
from kapmonitor.clock import Clock
from kapmonitor.commands.running import ConfigPath, configured, log_to_stderr, run_until_ended
from kapmonitor.config import Config, load_rules
from kapmonitor.errors import ConfigError
from kapmonitor.mqtt.embedded import embedded_broker
from kapmonitor.web import Access, hash_password

USER = "staff"


def run(config: ConfigPath) -> None:
    """Monitor the rooms of a configuration: devices, alarms, MQTT and dashboard."""
    log_to_stderr()
    run_until_ended(_run(configured(config), config.parent))


async def _run(config: Config, folder: Path) -> None:
    clock = Clock()
    access = _access(config)
    async with _servers(config, folder) as servers, bluetooth(config, clock) as adapter:
        service = Service(config, load_rules(), clock, servers=servers, access=access, adapter=adapter)
        await service.run(lambda address: typer.echo(f"dashboard: {address}  user: {USER}"))


@asynccontextmanager
async def _servers(config: Config, folder: Path) -> AsyncIterator[list[str]]:
    """The brokers' URLs with their passwords; the embedded broker's where none is configured."""
    if config.mqtt.servers:
        yield [with_credentials(server, os.environ) for server in config.mqtt.servers]
        return
    async with embedded_broker(folder / "kapmonitor-broker") as broker:
        typer.echo(f"broker: {broker.reader_url}")
        yield [broker.service_url]


def with_credentials(server: str, environment: os._Environ[str] | dict[str, str]) -> str:
    """A broker's URL with KAPMONITOR_MQTT_USER and KAPMONITOR_MQTT_PASSWORD of the environment in it."""
    user, password = environment.get("KAPMONITOR_MQTT_USER"), environment.get("KAPMONITOR_MQTT_PASSWORD")
    if user is None:
        return server
    parts = urlsplit(server)
    secret = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    return parts._replace(netloc=f"{secret}@{parts.netloc.rpartition('@')[2]}").geturl()


def _access(config: Config) -> Access:
    """The log-in: KAPMONITOR_PASSWORD, or the password file, or a new one that is shown once."""
    password = os.environ.get("KAPMONITOR_PASSWORD")
    if password is None and config.dashboard.password_file is not None:
        password = _read_secret(config.dashboard.password_file)
    if password:
        return Access({USER: hash_password(password)})
    access, user, password = Access.generate(USER)
    typer.echo(f"log-in for this run: {user} / {password}")
    return access


def _read_secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError([f"dashboard.password_file: {path} cannot be read ({error.strerror})"]) from None
