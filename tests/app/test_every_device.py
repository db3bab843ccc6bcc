"""Every driver there is meets its simulator at the far end of the wire that a configuration names."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from drivers import DRIVERS
from kapmonitor.app.equipment import install, supervise
from kapmonitor.app.kinds import link_kinds
from kapmonitor.app.simulation import Simulation
from kapmonitor.clinic import Clinic
from kapmonitor.clock import Clock
from kapmonitor.config import Config, Device, Room, Site
from kapmonitor.config import Simulation as Chosen
from kapmonitor.device import LinkKind
from kapmonitor.model import BloodPressure, DeviceData, DeviceKind, DeviceReport, DeviceState, Reading
from kapmonitor.transports.ble import bumble_adapter
from simulators import SIMULATORS
from simulators.radio import Radio

SPEED = 2.0


class Ear:
    """Takes what a clinic would: which devices told a number, and where each stands."""

    def __init__(self) -> None:
        self.numbers: set[str] = set()
        self.states: dict[str, DeviceState] = {}
        self.news = asyncio.Event()

    def take(self, said: DeviceData) -> None:
        wanted = {DeviceKind.OXIMETER: "spo2", DeviceKind.STRAP: "heart_rate"}.get(said.kind)
        for each in said.observations:
            if isinstance(each, BloodPressure) or (isinstance(each, Reading) and each.quantity == wanted):
                self.numbers.add(said.device)
        self.news.set()

    def report(self, said: DeviceReport) -> None:
        self.states[said.device] = said.state
        self.news.set()


def configured(folder: Path) -> Config:
    """A room for each driver."""
    rooms = []
    for number, (name, link) in enumerate(link_kinds().items()):
        if link is LinkKind.BLE:
            device = Device(id=name, driver=name, address=f"C0:00:00:00:01:{number:02X}")
        else:
            device = Device(id=name, driver=name, port=str(folder / name))
        rooms.append(Room(id=f"room-{number}", devices=(device,)))
    return Config(site=Site(id="s"), rooms=tuple(rooms), simulation=Chosen(scenario="uneventful"))


def test_every_driver_has_a_simulator_and_the_other_way_round() -> None:
    assert set(DRIVERS) == set(SIMULATORS)


@pytest.mark.timeout(240)
async def test_every_device_is_found_and_heard(tmp_path: Path) -> None:
    """Cuffs that are started from here only have to be there."""
    clock, config, ear = Clock(SPEED), configured(tmp_path), Ear()
    simulation = Simulation(config, clock, 1)
    installed = install(config, clock)
    waits = {each.id for each in installed if not getattr(each.driver, "startable", False)}
    async with Radio() as radio, bumble_adapter(clock, radio.central()) as adapter:
        supervisors = supervise(config, installed, cast("Clinic", ear), clock, adapter)
        tasks = [asyncio.create_task(simulation.run(radio))]
        tasks += [asyncio.create_task(each.run()) for each in supervisors]
        try:
            async with asyncio.timeout(200):
                while not (waits <= ear.numbers and set(ear.states.values()) == {DeviceState.LIVE}):
                    ear.news.clear()
                    await ear.news.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert {each.id for each in installed} == set(ear.states)
