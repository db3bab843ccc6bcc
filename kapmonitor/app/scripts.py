"""Which scenario is played in which room, and telling whoever trains with it what happens when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from kapmonitor.clock import Clock
from kapmonitor.config import Config
from kapmonitor.errors import ConfigError
from simulators.events import BodyEvent, demo_events
from simulators.scenario import Scenario, find

DEMO = "demo"
"""A room's scenario by default: what happens in the demo's room of the same place; dosed at the start."""


def playing(config: Config, scenario: str) -> Config:
    """The same configuration with `scenario` in every room."""
    simulation = config.simulation.model_copy(update={"scenario": scenario, "scenarios": {}})
    return config.model_copy(update={"simulation": simulation})


def script_name(script: Path) -> str:
    """What a file is named by where a scenario is.

    Raises:
        ConfigError: its name does not end in `.toml`.
    """
    if script.suffix != ".toml":
        raise ConfigError([f"{script}: a scenario is a TOML file; its name ends in .toml"])
    return str(script)


def scenarios_of(config: Config) -> dict[str, Scenario]:
    """The scenario of each room.

    Raises:
        ConfigError: every mistake in what `[simulation]` names.
    """
    found: dict[str, Scenario] = {}
    mistakes: dict[str, None] = {}
    for index, room in enumerate(config.rooms):
        own = config.simulation.scenarios.get(room.id)
        key = "simulation.scenario" if own is None else f"simulation.scenarios.{room.id}"
        name = config.simulation.scenario if own is None else own
        try:
            found[room.id] = _of_the_demo(index) if name == DEMO else find(name)
        except ConfigError as error:
            mistakes.update(dict.fromkeys(f"{key} = {name!r}: {each}" for each in error.mistakes))
    if mistakes:
        raise ConfigError(list(mistakes))
    return found


def _of_the_demo(index: int) -> Scenario:
    return Scenario(DEMO, "The demo's room", "", None, "any", 0.0, demo_events(index), ())


async def tell(
    scenarios: Mapping[str, Scenario], clock: Clock, started: float, say: Callable[[str], None]
) -> None:
    """Say what each room plays, and each event when it begins."""
    async with asyncio.TaskGroup() as tasks:
        for room, scenario in scenarios.items():
            if scenario.name != DEMO:
                say(f"{room}: {scenario.title}. {scenario.shows}")
                tasks.create_task(_tell_one(room, scenario, clock, started, say), name=f"{room} is told")


async def _tell_one(
    room: str, scenario: Scenario, clock: Clock, started: float, say: Callable[[str], None]
) -> None:
    told = [
        (_begins_s(scenario, event), told) for event, told in zip(scenario.events, scenario.told, strict=True)
    ]
    for at, what in sorted([*told, (scenario.dose_s, "the first dose is given (log it)")]):
        await clock.sleep(started + at - clock.now())
        say(f"{room}: {what}")


def _begins_s(scenario: Scenario, event: BodyEvent) -> float:
    return event.at + (scenario.dose_s if event.after == "dose" else 0.0)
