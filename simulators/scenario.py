"""Scenarios: what happens to one simulated patient, as a timeline that a nurse can read and write.

A TOML file; docs/simulating.md explains its keys. Those of this project lie in `simulators/scenarios`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec

from kapmonitor.errors import ConfigError
from kapmonitor.model import Route
from simulators.events import BodyEvent
from simulators.person import RESPONSES, Response
from simulators.timeline import A_DURATION, entries, seconds, shaped

FOLDER = Path(__file__).parent / "scenarios"


class Head(msgspec.Struct, frozen=True):
    """A scenario's keys, as written."""

    title: str
    shows: str
    route: str | None = None
    response: str = "calm"
    dose: str = "5:00"
    timeline: Any = ()

    def mistakes(self) -> Iterator[str]:
        """What is wrong with values of the right type."""
        if self.route is not None and self.route not in tuple(Route):
            yield f"route = {self.route!r}: it can be {', '.join(Route)}"
        if self.response not in RESPONSES:
            yield f"response = {self.response!r}: it can be {', '.join(RESPONSES)}"
        if seconds(self.dose) is None:
            yield f"dose = {self.dose!r}: {A_DURATION}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One patient's session.

    `shows`: what staff will see; `route` None: the one that is configured; `dose_s`: when the first dose is
    given, in seconds after the start; `told`: the events in words, in their order.
    """

    name: str
    title: str
    shows: str
    route: Route | None
    response: Response
    dose_s: float
    events: tuple[BodyEvent, ...]
    told: tuple[str, ...]


def names() -> list[str]:
    """The scenarios that are shipped."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def find(name: str) -> Scenario:
    """The scenario called `name`: a shipped one, or the file of that path if it ends in `.toml`.

    Raises:
        ConfigError: there is none, or it has mistakes; all of them are named.
    """
    if name.endswith(".toml"):
        return load(Path(name))
    if name not in names():
        choices = f"choose one of {', '.join(names())}, or name a file that ends in .toml"
        raise ConfigError([f"there is no scenario {name!r}; {choices}"])
    return load(FOLDER / f"{name}.toml")


def load(path: Path) -> Scenario:
    """The scenario in `path`.

    Raises:
        ConfigError: it cannot be read, or has mistakes; all of them are named.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        remedy = "check the path and its rights"
        raise ConfigError([f"{path}: cannot be read ({error.strerror}); {remedy}"]) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError([f"{path}: is not TOML: {error}"]) from None
    return parse(table, name=path.stem, where=str(path))


def parse(table: Mapping[str, Any], *, name: str, where: str) -> Scenario:
    """The scenario that a file's `table` describes; `where` is said with each mistake.

    Raises:
        ConfigError: every mistake in it.
    """
    head, mistakes = shaped(table, Head)
    timeline, wrong = entries(table.get("timeline", []))
    mistakes += [*(head.mistakes() if head is not None else ()), *wrong]
    if mistakes or head is None:
        raise ConfigError([f"{where}: {each}" for each in mistakes])
    return Scenario(
        name=name,
        title=head.title,
        shows=head.shows,
        route=None if head.route is None else Route(head.route),
        response=cast("Response", head.response),
        dose_s=seconds(head.dose) or 0.0,
        events=tuple(entry.event() for entry in timeline),
        told=tuple(entry.told() for entry in timeline),
    )
