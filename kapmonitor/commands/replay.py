"""`kapmonitor replay`: a recorded session through the same pipeline again."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

import drivers
from kapmonitor.clock import Clock
from kapmonitor.commands.environment import state_folder
from kapmonitor.commands.records import note_beside
from kapmonitor.commands.rehearse import as_json
from kapmonitor.commands.run import RECORD
from kapmonitor.config import load_rules
from kapmonitor.device import AnyDriver
from kapmonitor.errors import ConfigError
from kapmonitor.flight.file import RecordingError
from kapmonitor.flight.records import Said
from kapmonitor.flight.writer import FOLDER, SUFFIX
from kapmonitor.rehearsal import Line
from kapmonitor.replay import Replayed, replay
from kapmonitor.replay.comparing import Pair, paired


def replay_command(
    recording: Annotated[
        str, typer.Argument(metavar="RECORDING", help="A .kapflight file, or the id of a session.")
    ],
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="Other alarm limits, to see what they change."),
    ] = None,
    speed: Annotated[
        float, typer.Option("--speed", min=0.0, help="Print at so many times the session's pace; 0: at once.")
    ] = 0.0,
) -> None:
    """Play a recorded session through drivers and alarms again and compare its events with those of then."""
    path = found(recording)
    rules = None if config is None else load_rules(config)
    _note(path, "other limits" if config is not None else "")
    try:
        replayed = replay(path.read_bytes(), str(path), driver_of, rules)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror})") from None
    for each in replayed.notes:
        typer.echo(f"kapmonitor: {path}: {each}", err=True)
    pairs = list(paired(replayed.then, replayed.now))
    if config is not None:
        _print_diff(replayed, pairs, speed)
        return
    _print_events(replayed, speed)
    raise typer.Exit(_say_differences(replayed, pairs))


def found(recording: str) -> Path:
    """The file of that name, or the recording of the session of that name below the service's folders.

    Raises:
        ConfigError: there is neither.
    """
    path = Path(recording)
    if path.is_file():
        return path
    folder = state_folder(os.environ)
    for each in sorted(folder.glob(f"*/{FOLDER}/*{SUFFIX}")):
        if each.name == f"{recording}{SUFFIX}":
            return each
    places = f"{folder}/SITE/{FOLDER}"
    raise ConfigError([f"{recording}: is no file, and no session with a recording in {places}"])


def _note(path: Path, detail: str) -> None:
    """For the audit log, where the recording lies in a service's folder; a copy elsewhere has none."""
    folder = path.resolve().parent
    if folder.name == FOLDER:
        note_beside("replay", path.stem, folder.parent / RECORD, detail)


def driver_of(name: str, clock: Clock) -> AnyDriver:
    """A driver of that name.

    Raises:
        RecordingError: this version has none.
    """
    try:
        return drivers.load(name)(clock)
    except KeyError:
        raise RecordingError(
            f"The recording has a device with the driver {name!r}, which is not here."
        ) from None


def _print_events(replayed: Replayed, speed: float) -> None:
    paced = _Pace(replayed.began.at, speed)
    for said in replayed.now:
        paced.until(said.moment.at)
        typer.echo(_line(said, replayed))


def _print_diff(replayed: Replayed, pairs: Iterable[Pair], speed: float) -> None:
    """As diff does: `-` only then, `+` only with the other limits."""
    paced = _Pace(replayed.began.at, speed)
    for pair in pairs:
        paced.until(max(each.moment.at for each in pair if each is not None))
        if pair.same and pair.now is not None:
            typer.echo(f"  {_line(pair.now, replayed)}")
            continue
        if pair.then is not None:
            typer.echo(f"- {_line(pair.then, replayed)}")
        if pair.now is not None:
            typer.echo(f"+ {_line(pair.now, replayed)}")


def _say_differences(replayed: Replayed, pairs: Iterable[Pair]) -> int:
    """On standard error; the exit code."""
    different = [pair for pair in pairs if not pair.same]
    for then, now in different:
        if then is None and now is not None:
            typer.echo(f"extra: {_line(now, replayed)}", err=True)
        elif then is not None and now is None:
            typer.echo(f"missing: {_line(then, replayed)}", err=True)
        elif then is not None and now is not None:
            typer.echo(f"different: {_line(now, replayed)} was {_line(then, replayed)}", err=True)
    verdict = f"{len(different)} differences" if different else "the same as recorded"
    typer.echo(f"kapmonitor: {replayed.session}: {len(replayed.now)} events, {verdict}", err=True)
    return 1 if different else 0


def _line(said: Said, replayed: Replayed) -> str:
    """One event as `rehearse` prints it, with its time of day and where it comes from."""
    fields = {name: getattr(said, name) for name in msgspec.structs.asdict(said) if name in _FIELDS}
    row = json.loads(as_json(Line(at=round(said.moment.at - replayed.began.at, 3), **fields)))
    return json.dumps({"at": row.pop("at"), "ts": said.moment.ts, **row, "origin": "replay"})


_FIELDS = frozenset(field.name for field in msgspec.structs.fields(Line)) - {"at"}


class _Pace:
    """Waits so that what happened is shown at `speed` times the pace at which it did; 0: never waits."""

    def __init__(self, began: float, speed: float) -> None:
        self._began, self._speed = began, speed
        self._started = time.monotonic()

    def until(self, at: float) -> None:
        if self._speed:
            due = self._started + (at - self._began) / self._speed
            time.sleep(max(0.0, due - time.monotonic()))
