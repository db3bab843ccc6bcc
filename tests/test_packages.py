"""The three packages belong together: one place, two ends for every wire, docstrings that explain."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import drivers
import kapmonitor
import simulators
from drivers import DRIVERS
from kapmonitor.clock import Clock
from kapmonitor.device import CuffDriver
from kapmonitor.model import DeviceKind
from kapmonitor.quantities import QUANTITIES
from simulators import SIMULATORS

EXPLAINED = ("codecs", "smoothing", "matching", "alarms", "session", "device", "documents")
"""The rooms whose docstrings somebody outside needs: shapes, units, errors, sources."""


def test_the_three_packages_are_installed_side_by_side() -> None:
    homes = [Path(package.__file__ or "").parent for package in (kapmonitor, drivers, simulators)]
    assert len({home.parent for home in homes}) == 1
    assert all((home / "py.typed").exists() for home in homes)


def test_every_driver_has_a_simulator_of_its_name_and_every_simulator_a_driver() -> None:
    assert SIMULATORS.keys() == DRIVERS.keys()


@pytest.mark.parametrize("name", list(DRIVERS))
def test_every_driver_loads_and_says_what_it_is(name: str) -> None:
    driver = drivers.load(name)(Clock())
    assert driver.kind in DeviceKind
    assert driver.battery is None
    assert driver.silence_s.keys() <= QUANTITIES.keys()
    assert isinstance(driver, CuffDriver) == (driver.kind is DeviceKind.CUFF)


@pytest.mark.parametrize("name", list(SIMULATORS))
def test_every_simulator_loads_and_can_be_run(name: str) -> None:
    assert inspect.iscoroutinefunction(simulators.load(name).run)  # type: ignore[attr-defined] # a class, callable


def modules() -> Iterator[ModuleType]:
    for room in EXPLAINED:
        module = importlib.import_module(f"kapmonitor.{room}")
        yield module
        for found in pkgutil.iter_modules(getattr(module, "__path__", [])):
            yield importlib.import_module(f"kapmonitor.{room}.{found.name}")


def unexplained(module: ModuleType) -> Iterator[str]:
    """What is public in `module`, made there, and has no docstring; methods may inherit theirs."""
    for name, what in vars(module).items():
        if name.startswith("_") or getattr(what, "__module__", None) != module.__name__:
            continue
        if isinstance(what, FunctionType) and not what.__doc__:
            yield name
        if isinstance(what, type):
            written = what.__doc__ or ""
            if not written or written.startswith(f"{name}("):  # what dataclass makes up
                yield name
            yield from (f"{name}.{each}" for each in _bare_members(what))


def _bare_members(owner: type) -> Iterator[str]:
    for name, member in vars(owner).items():
        public = not name.startswith("_") and isinstance(member, FunctionType | property | classmethod)
        if public and not inspect.getdoc(getattr(owner, name)):
            yield name


@pytest.mark.parametrize("module", list(modules()), ids=lambda module: module.__name__)
def test_everything_public_says_what_it_is(module: ModuleType) -> None:
    assert module.__doc__
    assert list(unexplained(module)) == []
