"""Simulated devices for a configuration: at the far end of the very wires that it names.

Serial devices get a pseudo-terminal under the configured path, or a listening socket where it is a loopback
`socket://`; Bluetooth devices live on one virtual radio. All devices of a seat share one simulated body.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from math import inf
from typing import Any
from urllib.parse import urlsplit

import drivers
import simulators
from kapmonitor.app.scripts import scenarios_of, tell
from kapmonitor.clock import Clock
from kapmonitor.config import LOOPBACK, Config, Device
from kapmonitor.device import ByteLink
from kapmonitor.errors import ConfigError
from kapmonitor.model import Route
from kapmonitor.session.entries import Dose, Entry
from kapmonitor.session.session import Session, given_at
from simulators.adapter_faults import suffer
from simulators.events import GONE, EventKind
from simulators.physiology import Body
from simulators.radio import Radio
from simulators.scenario import Scenario
from simulators.wire import pty_port, tcp_port
from simulators.wire_faults import FaultyLink

CUFF_EVERY_S = 180.0
"""How often the simulated person presses the button of a cuff that cannot be started from outside."""


_Run = Callable[..., Coroutine[Any, Any, None]]
"""How a simulator runs: a serial one on a link, a Bluetooth one on a radio at an address."""


Port = AbstractAsyncContextManager[tuple[str, ByteLink]]
"""A port for as long as it is open: its name, and the device's end of it."""
Terminal = Callable[[str | None], Port]
"""Puts a port at a path."""


class Simulation:
    """The simulated bodies and devices of one configuration."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        seed: int,
        *,
        doses_are_told: bool = False,
        terminal: Terminal = pty_port,
    ) -> None:
        """Bodies are born now. With `doses_are_told` they are dosed when `dosed` says so, else by script.

        `terminal`: what stands under a serial device's path.

        Raises:
            ConfigError: a scenario that `[simulation]` names has mistakes.
        """
        self._config = config
        self._clock = clock
        self._seed = seed
        self._terminal = terminal
        self.scenarios = scenarios_of(config)
        self.started = clock.now()
        self.bodies = {
            (room.id, seat): self._body(f"{room.id}/{seat}", self.scenarios[room.id], told=doses_are_told)
            for room in config.rooms
            for seat in room.seats
        }

    def _body(self, name: str, scenario: Scenario, *, told: bool) -> Body:
        return Body(
            self.seed_of(name),
            scenario.route or Route(self._config.simulation.route),
            self.started,
            scenario.events,
            dosed_at=inf if told else scenario.dose_s,
            response=scenario.response,
        )

    def entered(self, session: Session, entry: Entry) -> None:
        """Whoever is on the seat feels each dose that is logged, by staff or by a visitor of the demo."""
        if isinstance(entry.what, Dose):
            self.dosed(session.room, given_at(entry.moment, entry.what), session.seat)

    def dosed(self, room: str, at: float, seat: str = "a") -> None:
        """Whoever is on that seat was given a dose `at` (clock seconds); a further one comes on top."""
        self.bodies[room, seat].dose(at)

    def seed_of(self, name: str) -> int:
        """A seed of its own for each body and device, the same at every run with the same seed."""
        return zlib.crc32(f"{self._seed}/{name}".encode())

    async def run(self, radio: Radio) -> None:
        """Play all devices until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(suffer(radio, self.bodies.values(), self._clock), name="simulated adapter")
            for number, (room, device) in enumerate(self._config.devices):
                body = self.bodies[room.id, device.seat]
                tasks.create_task(self._play(device, body, number, radio), name=f"simulated {device.id}")

    async def _play(self, device: Device, body: Body, number: int, radio: Radio) -> None:
        """Be `device`, but for the times when the script has it gone."""
        simulator = simulators.load(device.driver)(
            body, self._clock, seed=self.seed_of(device.id), **_options(device.driver, number)
        )
        gone = GONE[drivers.load(device.driver).kind]
        while body.may_hold(gone):
            await self._until(body, gone, there=False)
            playing = asyncio.create_task(self._connect(device, simulator.run, radio, body))
            taken = asyncio.create_task(self._until(body, gone, there=True))
            try:
                done, _ = await asyncio.wait({playing, taken}, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                playing.cancel()
                taken.cancel()
                await asyncio.gather(playing, taken, return_exceptions=True)
        await self._connect(device, simulator.run, radio, body)

    async def _connect(self, device: Device, run: _Run, radio: Radio, body: Body) -> None:
        """Have it `run` at the far end of the wire that is configured, until cancelled."""
        if device.address is not None:
            await run(radio, device.address)
            return
        parts = urlsplit(device.port or "")
        if parts.scheme == "socket":
            wire: Port = tcp_port(parts.hostname or "", parts.port or 0)
        else:
            wire = self._terminal(device.port)
        kind = drivers.load(device.driver).kind
        async with wire as (_, far_end):
            await run(FaultyLink(far_end, body, kind, self._clock, self.seed_of(f"{device.id} wire")))

    async def _until(self, body: Body, kind: EventKind, *, there: bool) -> None:
        while body.holds(kind, self._clock.now()) is not there:
            await self._clock.sleep(1.0)


async def simulate_all(config: Config, seed: int, say: Callable[[str], None]) -> None:
    """Play all devices of `config` for a service in another process, until cancelled."""
    async with Radio() as radio:
        if any(device.address is not None for _, device in config.devices):
            await radio.serve_hci(*hci_address(config))
        clock = Clock()
        simulation = Simulation(config, clock, seed)
        say(f"simulating {len(config.devices)} devices, seed {seed}. Ctrl-C ends it.")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(simulation.run(radio), name="simulation")
            tasks.create_task(tell(simulation.scenarios, clock, simulation.started, say), name="told")


def _options(driver: str, number: int) -> Mapping[str, Any]:
    """What some simulators can be told: both kinds of Contec are shown, a BLE cuff presses its own button."""
    if driver == "contec-cms50":
        return {"variant": "59"[number % 2]}
    return {"every_s": CUFF_EVERY_S} if driver == "ble-blood-pressure" else {}


def hci_address(config: Config) -> tuple[str, int]:
    """Where the virtual radio of `kapmonitor simulate` is to listen for the service.

    Raises:
        ConfigError: the configuration has Bluetooth devices and names no loopback HCI transport.
    """
    kind, _, where = config.bluetooth.transport.partition(":")
    host, _, port = where.rpartition(":")
    if kind != "tcp-client" or host not in LOOPBACK or not port.isdigit():
        needs = 'simulated Bluetooth devices need "tcp-client:127.0.0.1:PORT" with a free port'
        raise ConfigError([f"bluetooth.transport = {config.bluetooth.transport!r}: {needs}"])
    return host, int(port)


def check_wires(config: Config) -> None:
    """Refuse a configuration that names wires which cannot be simulated.

    Raises:
        ConfigError: every such device.
    """
    mistakes: list[str] = []
    for _, device in config.devices:
        parts = urlsplit(device.port or "")
        if device.origin == "live":
            mistakes.append(f'device {device.id!r} is declared origin = "live"; a simulator must not play it')
        elif parts.scheme not in ("", "socket") or (
            parts.scheme == "socket" and parts.hostname not in LOOPBACK
        ):
            mistakes.append(
                f"device {device.id!r}: {device.port} cannot be simulated; use a path or a loopback socket"
            )
    if mistakes:
        raise ConfigError(mistakes)
