"""`kapmonitor export`: a session of the record in a format that others read."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from kapmonitor.clock import Clock
from kapmonitor.commands.records import MaybeConfigPath, note, record_url
from kapmonitor.errors import ConfigError, KapmonitorError
from kapmonitor.exports.formats import EXPORTS, Format
from kapmonitor.exports.share import Share
from kapmonitor.storage.histories import look_for_history

ONLY_OURS = 0o600
"""Nobody but who exports may read what is known of a patient."""


def export(
    session: Annotated[str, typer.Argument(help="The session's id, as on its page.")],
    form: Annotated[Format, typer.Option("--format", "-f", help="What to write.")],
    config: MaybeConfigPath = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where to write.")] = Path(),
    *,
    with_client: Annotated[
        bool, typer.Option("--with-client", help="With the client's code and number.")
    ] = False,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="With notes, reasons and all free words.")
    ] = False,
) -> None:
    """Write a session as files; the service may run meanwhile. Nobody is named unless that is asked for."""
    url = record_url(config, os.environ)
    history = asyncio.run(look_for_history(url, session, Clock().moment()))
    share = Share(client=with_client, words=with_text)
    options = ("with-client" if with_client else "", "with-text" if with_text else "")
    note("export", session, url, " ".join(each for each in (form.value, *options) if each))
    for path in write(EXPORTS[form](history, share), out):
        typer.echo(path)


def write(files: Mapping[str, bytes], folder: Path) -> Iterator[Path]:
    """All of `files` into `folder`, for nobody else to read; their paths. All are written, or none is.

    Raises:
        ConfigError: one of them is there already.
        KapmonitorError: they cannot be written.
    """
    paths = {folder / name: content for name, content in files.items()}
    there = [str(path) for path in paths if path.exists()]
    if there:
        raise ConfigError([f"{path} is there already; name another folder with --out" for path in there])
    done: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path, content in paths.items():
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, ONLY_OURS)
            done.append(path)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
    except OSError as error:
        for path in done:
            path.unlink(missing_ok=True)
        raise KapmonitorError(f"{folder}: the export cannot be written ({error.strerror}).") from None
    yield from paths
