"""`kapmonitor broker-config`: a broker that lets everybody do what is theirs, and nobody anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from kapmonitor.commands.running import ConfigPath, configured
from kapmonitor.config import Config
from kapmonitor.errors import ConfigError
from kapmonitor.mqtt.brokers.folder import BrokerFolder
from kapmonitor.mqtt.brokers.mosquitto import Place
from kapmonitor.mqtt.brokers.nats import Node

NODES = 3


def broker_config(
    *,
    config: ConfigPath,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the broker's files go, and stay.")
    ] = Path("broker"),
    host: Annotated[
        list[str],
        typer.Option(metavar="NAME", help="What clients call the broker; for a cluster, each node's."),
    ] = ["localhost", "127.0.0.1"],  # noqa: B006 - typer only reads it
    kind: Annotated[
        Literal["mosquitto", "nats"], typer.Option(help="mosquitto, or a cluster of 3.")
    ] = "mosquitto",
    client_certificates: Annotated[
        bool, typer.Option("--client-certificates", help="Clients log in by certificate; mosquitto only.")
    ] = False,
) -> None:
    """Write the configuration of a broker for a site: TLS, log-ins, and rights that bind each pager."""
    found = configured(config)
    if kind == "nats" and len(host) != NODES:
        raise ConfigError([f"--host: a cluster has {NODES} nodes; name each of them once"])
    if kind == "nats" and client_certificates:
        raise ConfigError(["--client-certificates: is for mosquitto only"])
    made = BrokerFolder(out, found.site.id, [each.id for each in found.pagers])
    if kind == "nats":
        paths = made.cluster(
            [
                Node(f"node-{n}", each, Path(f"/etc/kapmonitor-nats/node-{n}"))
                for n, each in enumerate(host, 1)
            ]
        )
    else:
        paths = [
            made.mosquitto(
                host, Place(made.folder, made.folder / "data", client_certificates=client_certificates)
            )
        ]
    _tell(made, paths, found)


def _tell(made: BrokerFolder, paths: list[Path], config: Config) -> None:
    for path in paths:
        typer.echo(f"configuration: {path}")
    for user in made.users:
        typer.echo(f"log-in:        {user.name}, its password is in {made.folder / 'logins' / user.name}")
    typer.echo(f"authority:     {made.folder / 'certificates' / 'ca.crt'}, for every client's SSL_CERT_FILE")
    typer.echo(f"keep away:     {made.folder / 'authority' / 'ca.key'}: who has it is whoever they like")
    if not config.pagers:
        typer.echo("There are no [[pagers]] in this configuration.")
