"""Scenarios of rooms: chosen by the configuration, played by the simulated devices, told to whoever leads."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kapmonitor.app.kinds import link_kinds
from kapmonitor.app.scripts import playing, scenarios_of
from kapmonitor.app.simulation import Simulation
from kapmonitor.clock import Clock
from kapmonitor.config import Config, Device, Room, Site, examine
from kapmonitor.config import Simulation as Chosen
from kapmonitor.device import SerialSettings
from kapmonitor.errors import ConfigError, LinkError
from kapmonitor.model import Phase, Route
from kapmonitor.session.entries import Dose, Note
from kapmonitor.transports.serial import serial_connector
from simulators.radio import Radio
from tests.sessions import enter, opened

SPEED = 20.0


def config(chosen: Chosen, port: Path | None = None) -> Config:
    device = Device(id="ox", driver="contec-cms50", port=str(port or "/dev/null"))
    return Config(
        site=Site(id="s"),
        rooms=(Room(id="room-1", devices=(device,)), Room(id="room-2")),
        simulation=chosen,
    )


def test_each_room_has_the_scenario_of_its_own_or_that_of_all() -> None:
    found = scenarios_of(config(Chosen(scenario="uneventful", scenarios={"room-2": "booster"})))
    assert {room: one.name for room, one in found.items()} == {"room-1": "uneventful", "room-2": "booster"}
    all_alike = scenarios_of(playing(config(Chosen(scenarios={"room-2": "booster"})), "restroom"))
    assert {one.name for one in all_alike.values()} == {"restroom"}


def test_without_a_scenario_a_room_is_the_demos_room_and_dosed_at_the_start() -> None:
    found = scenarios_of(config(Chosen()))
    assert [one.dose_s for one in found.values()] == [0.0, 0.0]
    assert found["room-1"].events != found["room-2"].events


def test_a_scenario_that_is_not_there_is_named_with_its_key() -> None:
    with pytest.raises(ConfigError) as raised:
        scenarios_of(config(Chosen(scenario="x", scenarios={"room-2": "y"})))
    first, second = raised.value.mistakes
    assert first.startswith("simulation.scenario = 'x': there is no scenario 'x'; choose one of")
    assert second.startswith("simulation.scenarios.room-2 = 'y': there is no scenario")


def test_a_scenario_for_a_room_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(
        '[site]\nid = "s"\n[simulation]\nscenarios = { room-9 = "booster" }\n[[rooms]]\nid = "room-1"\n'
    )
    _, mistakes = examine(path, link_kinds())
    assert mistakes == [f"{path}: simulation.scenarios.room-9: there is no such room; rooms are room-1"]


def test_a_seat_is_dosed_by_its_rooms_name() -> None:
    clock = Clock()
    simulation = Simulation(config(Chosen(scenario="uneventful")), clock, 1, doses_are_told=True)
    simulation.dosed("room-1", clock.now())
    with pytest.raises(KeyError):
        simulation.dosed("room-9", clock.now())


def test_the_patient_feels_a_dose_that_is_logged() -> None:
    """Half an hour after it the pressure has risen; where nothing was logged it has not."""
    clock = Clock()
    chosen = config(Chosen(scenario="hypertensive-surge"))
    dosed, spared = (Simulation(chosen, clock, 1, doses_are_told=True) for _ in range(2))
    session = opened(at=clock.moment(), phase=Phase.READY)
    for what in (
        Note(text="resting"),
        Dose(drug="ketamine", amount=60, unit="mg", route=Route.INTRAMUSCULAR),
    ):
        dosed.entered(session, enter(session, what, clock.moment()))
    later = clock.now() + 1800
    rise = (
        dosed.bodies["room-1", "a"].state(later).systolic - spared.bodies["room-1", "a"].state(later).systolic
    )
    assert rise > 20


async def test_a_device_that_is_gone_by_script_loses_its_wire_and_comes_back(tmp_path: Path) -> None:
    script = tmp_path / "gone.toml"
    script.write_text(
        'title = "t"\nshows = "s."\n[[timeline]]\nat = "start + 0:20"\nwhat = "oximeter_gone"\nfor = "0:20"\n'
    )
    clock, port = Clock(SPEED), tmp_path / "oximeter"
    simulation = Simulation(config(Chosen(scenario=str(script)), port), clock, 1)
    async with Radio() as radio, asyncio.timeout(60):
        playing_it = asyncio.create_task(simulation.run(radio))
        try:
            await _heard(port)
            with pytest.raises(LinkError):
                await _listen(port)
            gone_s = clock.now() - simulation.started
            await _heard(port)
            back_s = clock.now() - simulation.started
        finally:
            playing_it.cancel()
            await asyncio.gather(playing_it, return_exceptions=True)
    assert gone_s >= 20
    assert back_s >= 40


async def _listen(port: Path) -> None:
    async with serial_connector(str(port), SerialSettings())() as link:
        while True:
            await link.read()


async def _heard(port: Path) -> None:
    """Until the device says something."""
    while True:
        try:
            async with serial_connector(str(port), SerialSettings())() as link:
                await link.read()
                return
        except LinkError:
            await asyncio.sleep(0.05)  # as a supervisor would: looked for again
