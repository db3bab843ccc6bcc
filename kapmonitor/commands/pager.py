"""`kapmonitor pager`: a pager in the terminal."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kapmonitor.commands.environment import state_folder, with_credentials
from kapmonitor.commands.running import log_to_stderr, run_until_ended
from kapmonitor.config import read_password
from kapmonitor.errors import ConfigError
from kapmonitor.handset import Handset
from kapmonitor.handset.plain import Plain
from kapmonitor.handset.store import Store
from kapmonitor.mqtt.server import Server, parse_servers

if TYPE_CHECKING:
    from kapmonitor.handset.terminal import Terminal


def pager(
    *,
    pager_id: Annotated[
        str, typer.Option("--id", metavar="P", help="The pager's id, as in the configuration.")
    ],
    server: Annotated[
        list[str],
        typer.Option(metavar="URL", help="A broker, mqtt:// or mqtts://; several are tried in turn."),
    ],
    site: Annotated[str, typer.Option(help="The clinic; needed where a broker serves several.")] = "",
    store: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where pages are kept; else the state folder.")
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Holds the password; the user is the pager's id.")
    ] = None,
    allow_plain: Annotated[
        bool, typer.Option("--allow-plain", help="Allow mqtt:// to another machine, unencrypted.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of a screen.")] = False,
) -> None:
    """Show pages, keep them, answer `delivered`; read, coming and cannot come are keys."""
    for name, value in (("--id", pager_id), ("--site", site or "a")):
        if not value or set(value) - set("abcdefghijklmnopqrstuvwxyz0123456789-"):
            raise ConfigError([f"{name}: {value!r} is no id; ids are made of a-z, 0-9 and -"])
    servers = _servers(server, pager_id, password_file, allow_plain=allow_plain)
    folder = store or state_folder(os.environ) / "pagers"
    plain = plain or not (sys.stdin.isatty() and sys.stdout.isatty())
    if plain:
        log_to_stderr()
    run_until_ended(_page(pager_id, servers, site, Store(folder, pager_id), plain=plain))


def _servers(
    urls: list[str], user: str, password_file: Path | None, *, allow_plain: bool
) -> tuple[Server, ...]:
    """The brokers with their log-in: of the URL, else of the file, else of the environment."""
    environment = dict(os.environ)
    if password_file is not None:
        environment["KAPMONITOR_MQTT_USER"] = user
        environment["KAPMONITOR_MQTT_PASSWORD"] = read_password(password_file, "--password-file")
    try:
        return parse_servers(
            [each if "@" in each else with_credentials(each, environment) for each in urls],
            allow_plain=allow_plain,
        )
    except ConfigError as error:
        said = [each.replace("mqtt.servers", "--server") for each in error.mistakes]
        said = [each.replace("set mqtt.allow_plain = true", "give --allow-plain") for each in said]
        raise ConfigError(said) from None


def _terminal() -> Terminal:
    from kapmonitor.handset.terminal import Terminal  # noqa: PLC0415 - needs a POSIX terminal

    return Terminal()


async def _page(pager_id: str, servers: tuple[Server, ...], site: str, store: Store, *, plain: bool) -> None:
    screen = Plain() if plain else _terminal()
    handset = Handset(pager_id, servers, store, screen.changed)
    working = asyncio.ensure_future(handset.run(site))
    try:
        with screen.showing(handset, working.cancel):
            await working
    finally:
        store.close()
