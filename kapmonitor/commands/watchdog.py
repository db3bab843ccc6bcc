"""`kapmonitor watchdog`: a process of its own that raises an alarm when the service stops."""

from __future__ import annotations

import os

import typer

from kapmonitor.commands.environment import with_credentials
from kapmonitor.commands.running import ConfigPath, configured, log_to_stderr, run_until_ended
from kapmonitor.config import Config
from kapmonitor.errors import ConfigError
from kapmonitor.notify import Notifier
from kapmonitor.watchdog import Watchdog


def watchdog(config: ConfigPath) -> None:
    """Watch the service of a configuration; alarm `not-monitoring` on its broker when that stops."""
    log_to_stderr()
    run_until_ended(_watch(configured(config)))


async def _watch(config: Config) -> None:
    if not config.mqtt.servers:
        raise ConfigError(
            ["mqtt.servers: the embedded broker ends with the service, so nobody could tell; name a broker"]
        )
    servers = [with_credentials(server, os.environ) for server in config.mqtt.servers]
    watchdog = Watchdog(servers, config.site.id, allow_plain=config.mqtt.allow_plain)
    notifier = Notifier(os.environ)
    typer.echo(f"watching {config.site.id} on {', '.join(config.mqtt.servers)}")
    notifier.ready()
    try:
        await watchdog.run(notifier.alive)
    finally:
        notifier.stopping()
