"""`kapmonitor rehearse`: what the alarm system would have done, in virtual time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from kapmonitor.errors import ConfigError
from kapmonitor.rehearsal import Line, parse, play
from kapmonitor.rulebook import load_routes, load_rules


def rehearse(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The script: JSON Lines.")],
) -> None:
    """Play a script through the real alarms in virtual time and print what they would have done."""
    played = play(parse(_lines(file), load_rules(), str(file)), load_routes())
    for note in played.notes:
        typer.echo(f"kapmonitor: {file}: {note}", err=True)
    typer.echo("".join(f"{as_json(line)}\n" for line in played.lines), nl=False)


def as_json(line: Line) -> str:
    """One event as its output line: whole values without a fraction, times always with one."""
    row = msgspec.structs.asdict(line)
    if line.value is not None and float(line.value).is_integer():
        row["value"] = int(line.value)
    return json.dumps(row)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read ({error.strerror})"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{file}: is not text in UTF-8: {error}"]) from None
