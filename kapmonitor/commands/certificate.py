"""`kapmonitor certificate`: TLS for the dashboard, signed by the site's own authority."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kapmonitor.app.kinds import link_kinds
from kapmonitor.certificates.files import CERTIFICATE, KEY, authority_in, write_certified
from kapmonitor.certificates.look import ends, fingerprint
from kapmonitor.commands.running import ConfigPath
from kapmonitor.config import examine
from kapmonitor.errors import ConfigError, KapmonitorError

NAME = "certificates/dashboard"


def certificate(
    *,
    config: ConfigPath,
    out: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Where the files go, and stay; that of broker-config will do."),
    ] = Path("tls"),
) -> None:
    """Make a certificate for all names of the dashboard, and an authority that signs it if there is none."""
    found, mistakes = examine(config, link_kinds())
    if found is None:  # what else is wrong may be that there is no certificate yet
        raise ConfigError(mistakes)
    folder, names = out.resolve(), found.dashboard.certified
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        authority = authority_in(folder, found.site.id)
        made = authority.server(names)
        write_certified(folder, NAME, made)
    except OSError as error:
        raise KapmonitorError(f"{out}: cannot be written ({error.strerror}); check its rights") from None
    typer.echo(f"names:       {', '.join(names)}")
    typer.echo(f"good until:  {ends(made.certificate):%Y-%m-%d}; then run this again and restart the service")
    _tell(folder, fingerprint(authority.kept.certificate))
    if not found.dashboard.hosts:
        typer.echo(
            "Phones need a name or an address to call: dashboard.hosts has none. Add it, run this again."
        )


def _tell(folder: Path, signed_by: str) -> None:
    """What to do with the files."""
    typer.echo(f"authority:   {folder / CERTIFICATE}, to be installed on phones; its SHA-256 is")
    typer.echo(f"             {signed_by}")
    typer.echo(f"keep away:   {folder / KEY}: who has it is whoever they like")
    typer.echo("Put into the configuration, below [dashboard]:")
    typer.echo(
        f'tls = {{ certificate = "{folder / NAME}.crt", key = "{folder / NAME}.key", '
        f'authority = "{folder / CERTIFICATE}" }}'
    )
