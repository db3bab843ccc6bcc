"""`kapmonitor report`: the report of a session as a file, HTML or PDF."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import URL

from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.app.limits import digest
from kapmonitor.clock import Clock
from kapmonitor.commands.export import write
from kapmonitor.commands.records import machine_user, note
from kapmonitor.commands.run import beside, storage_url
from kapmonitor.commands.running import ConfigPath, configured
from kapmonitor.config import Config, load_routes, parse_rules, rules_text
from kapmonitor.errors import ConfigError
from kapmonitor.report import Printed, page
from kapmonitor.report.printing import pdf
from kapmonitor.storage.chain import head
from kapmonitor.storage.engine import parse
from kapmonitor.storage.histories import history_there
from kapmonitor.storage.labels import read_labels
from kapmonitor.storage.looking import looking_into, signed_in

STANDARD_OUTPUT = Path("-")


def report(
    session: Annotated[str, typer.Argument(help="The session's id, as in the address of its page.")],
    config: ConfigPath,
    *,
    as_pdf: Annotated[bool, typer.Option("--pdf", help="A PDF; needs the extra 'pdf'.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Where to; - is standard output.", show_default=False
        ),
    ] = None,
) -> None:
    """Write the report of a session, by default into report-SESSION.html or .pdf; the service may run."""
    known = configured(config)
    url = parse(storage_url(known, os.environ))
    html = asyncio.run(_made(session, url, config, known))
    note("report", session, url, "pdf" if as_pdf else "html")
    content = pdf(html) if as_pdf else html.encode()
    target = out or Path(f"report-{session}.{'pdf' if as_pdf else 'html'}")
    if target == STANDARD_OUTPUT:
        sys.stdout.buffer.write(content)
        return
    for path in write({target.name: content}, target.parent):
        typer.echo(path)


async def _made(session: str, url: URL, path: Path, config: Config) -> str:
    moment = Clock().moment()
    async with looking_into(url) as connection:
        history = await history_there(connection, session, moment)
        labels = await read_labels(connection, session)
        signed = await signed_in(connection, history.session.rules)
        newest = await connection.run_sync(head)
    return page(
        history,
        rules=_rules(history.session.rules, beside(path, "alarms.toml"), signed),
        table=load_routes(beside(path, "routes.toml"))[history.session.route],
        printed=Printed(
            by=machine_user(),
            at=moment.utc,
            site=config.site.id,
            zone=config.site.zone,
            chain=newest.hash.hex() if newest.seq else "",
        ),
        labels=labels,
        alone=True,
    )


def _rules(digested: str, own: Path | None, signed: str | None) -> RuleSet | None:
    """The limits that the session ran with: signed ones, or today's; None where nobody has them any more."""
    try:
        text = signed or rules_text(own)
        return parse_rules(text) if digest(text) == digested else None
    except ConfigError:
        return None
