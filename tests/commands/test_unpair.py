"""A cuff that lost its bond is paired anew while the service goes on; what cannot be forgotten says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from kapmonitor.clock import Clock
from kapmonitor.commands.running import configured
from kapmonitor.commands.unpair import forget, unpair
from kapmonitor.errors import ConfigError, NeedsPairingError
from kapmonitor.transports.ble import bumble_adapter
from simulators.ble_blood_pressure import BleBloodPressure
from simulators.radio import Radio
from tests.bluetooth import CUFF, on_air, person

CONFIG = """\
[site]
id = "ward-b"
[bluetooth]
transport = "tcp-client:127.0.0.1:1"
BONDS
[[rooms]]
id = "room-1"
devices = [
  { id = "cuff-1", driver = "ble-blood-pressure", address = "C0:00:00:00:00:03" },
  { id = "oximeter-1", driver = "nonin-df2", port = "/dev/serial/by-path/x" },
]
"""


def clinic(folder: Path, *, bonds: bool = True) -> Path:
    path = folder / "clinic.toml"
    kept = f'bonds = "{folder / "bonds.json"}"' if bonds else ""
    path.write_text(CONFIG.replace("BONDS", kept), encoding="utf-8")
    return path


async def test_a_cuff_that_lost_its_bond_is_paired_anew_without_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    path = clinic(tmp_path)
    cuff = BleBloodPressure(person(clock), clock, seed=1)
    async with (
        Radio() as radio,
        on_air(radio, (cuff, CUFF)),
        bumble_adapter(clock, radio.central(), bonds=tmp_path / "bonds.json") as service,
    ):
        async with service.connector(CUFF)() as link:
            await link.subscribe("2a35", lambda _: None)
        await cuff.lose_bond()
        with pytest.raises(NeedsPairingError):
            await service.connector(CUFF)().__aenter__()
        await forget(configured(path), "cuff-1")
        async with service.connector(CUFF)() as link:
            await link.subscribe("2a35", lambda _: None)
        assert cuff.bonded


@pytest.mark.parametrize("device", ["cuff-9", "oximeter-1"])
def test_what_is_no_bluetooth_device_of_the_clinic_is_refused(tmp_path: Path, device: str) -> None:
    with pytest.raises(ConfigError, match="those of the configuration are: cuff-1"):
        unpair(device, clinic(tmp_path))


async def test_a_device_is_also_called_by_its_address(tmp_path: Path) -> None:
    await forget(configured(clinic(tmp_path)), CUFF.lower())


def test_bonds_in_memory_go_with_the_service(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="start that anew"):
        unpair("cuff-1", clinic(tmp_path, bonds=False))
