"""Bonded devices: paired once, encrypted ever after, and never robbed of their bond by us."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from bumble.device import Connection
from bumble.pairing import PairingConfig, PairingDelegate

from kapmonitor.clock import Clock
from kapmonitor.errors import LinkLostError, NeedsPairingError
from kapmonitor.transports.ble import bumble_adapter
from simulators.ble_blood_pressure import BleBloodPressure
from simulators.radio import Radio
from tests.bluetooth import CUFF, Inbox, lost, on_air, person, room
from tests.warp import WarpClock, warped


class Cuff(BleBloodPressure):
    """Keeps a diary of what a central does to its bond and its subscriptions."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(person(clock), clock, seed=1)
        self.diary: list[str] = []

    def _on_connection(self, connection: Connection) -> None:
        super()._on_connection(connection)
        connection.on("connection_encryption_change", lambda: self.diary.append("encrypted"))
        connection.on("pairing", lambda _: self.diary.append("paired"))

    def _on_subscription(self, connection: Connection, notify: bool, indicate: bool) -> None:  # noqa: FBT001 - bumble's
        self.diary.append("subscribed" if notify or indicate else "unsubscribed")
        super()._on_subscription(connection, notify, indicate)


@warped
async def test_a_cuff_is_paired_once_and_encrypted_at_every_later_connection() -> None:
    clock = WarpClock()
    cuff = Cuff(clock)
    async with room(clock, (cuff, CUFF)) as (_, adapter):
        for connection in range(3):
            async with adapter.connector(CUFF)() as link:
                results = Inbox()
                await link.subscribe("2a35", results.put)
                await link.subscribe("2a36", lambda _: None)
                cuff.press_button()
                assert await results.next()
            assert cuff.bonded
            first = ["encrypted", "paired", "subscribed", "subscribed"]
            later = ["encrypted", "subscribed", "subscribed"]
            assert cuff.diary == first + connection * later
    assert "unsubscribed" not in cuff.diary


@warped
async def test_a_measurement_arrives_once_although_subscribing_had_to_be_tried_twice() -> None:
    clock = WarpClock()
    cuff = Cuff(clock)
    async with room(clock, (cuff, CUFF)) as (_, adapter), adapter.connector(CUFF)() as link:
        results = Inbox()
        await link.subscribe("2a35", results.put)
        cuff.press_button()
        await results.next()
        await clock.sleep(10)
        assert results.empty
        assert not cuff.stored, "the cuff knows that it was heard"


@warped
async def test_a_cuff_that_lost_its_bond_needs_a_person_and_is_not_paired_behind_their_back() -> None:
    clock = WarpClock()
    cuff = Cuff(clock)
    async with room(clock, (cuff, CUFF)) as (_, adapter):
        async with adapter.connector(CUFF)() as link:
            await link.subscribe("2a35", lambda _: None)
        await cuff.lose_bond()
        for _ in range(2):
            with pytest.raises(NeedsPairingError, match=f"{CUFF} refuses us: put it in pairing mode"):
                await adapter.connector(CUFF)().__aenter__()
        assert not cuff.bonded
        await adapter.forget(CUFF)
        async with adapter.connector(CUFF)() as link:
            await link.subscribe("2a35", lambda _: None)
        assert cuff.bonded


@warped
async def test_a_cuff_with_another_key_needs_a_person() -> None:
    clock = WarpClock()
    cuff = Cuff(clock)
    async with room(clock, (cuff, CUFF)) as (_, adapter):
        async with adapter.connector(CUFF)() as link:
            await link.subscribe("2a35", lambda _: None)
        for keys in cuff._bonds.all_keys.values():
            assert keys.ltk is not None
            keys.ltk.value = bytes(16)
        with pytest.raises(NeedsPairingError):
            await adapter.connector(CUFF)().__aenter__()


class NotInPairingMode(PairingDelegate):
    async def accept(self) -> bool:
        return False


@warped
async def test_a_cuff_that_refuses_to_be_paired_is_asked_once_and_needs_a_person() -> None:
    clock = WarpClock()
    cuff = Cuff(clock)
    asked: list[Connection] = []

    def refuse(connection: Connection) -> PairingConfig:
        asked.append(connection)
        return PairingConfig(delegate=NotInPairingMode())

    async with room(clock, (cuff, CUFF)) as (_, adapter), adapter.connector(CUFF)() as link:
        cuff._device.pairing_config_factory = refuse
        for _ in range(2):
            with pytest.raises(NeedsPairingError):
                await link.subscribe("2a35", lambda _: None)
        assert len(asked) == 1


@warped
async def test_a_cuff_that_hangs_up_instead_of_being_paired_needs_a_person() -> None:
    clock = WarpClock()
    cuff = Cuff(clock)
    hanging_up: list[asyncio.Task[None]] = []

    def hang_up(_: Connection) -> PairingConfig:
        hanging_up.append(asyncio.create_task(cuff.disconnect()))
        return PairingConfig()

    async with room(clock, (cuff, CUFF)) as (_, adapter), adapter.connector(CUFF)() as link:
        cuff._device.pairing_config_factory = hang_up
        with pytest.raises(NeedsPairingError):
            await link.subscribe("2a35", lambda _: None)
        assert isinstance(await lost(link), LinkLostError)


@warped
async def test_a_subscription_taken_back_costs_the_bond_which_is_why_we_never_do() -> None:
    clock = WarpClock()
    cuff = Cuff(clock)
    async with room(clock, (cuff, CUFF)) as (_, adapter), adapter.connector(CUFF)() as link:
        await link.subscribe("2a35", lambda _: None)
        assert cuff.bonded
        await link._client.stop_notify("2a35")  # type: ignore[attr-defined]  # as another program might
        assert cuff.diary[-1] == "unsubscribed"
        assert not cuff.bonded


async def test_bonds_in_a_file_outlive_the_service(tmp_path: Path) -> None:
    clock = Clock()
    cuff = Cuff(clock)
    bonds = tmp_path / "bonds.json"
    async with Radio() as radio, on_air(radio, (cuff, CUFF)):
        for _ in range(2):
            async with (
                bumble_adapter(clock, radio.central(), bonds=bonds) as adapter,
                adapter.connector(CUFF)() as link,
            ):
                await link.subscribe("2a35", lambda _: None)
        assert cuff.diary.count("paired") == 1
        async with bumble_adapter(clock, radio.central(), bonds=bonds) as adapter:
            await adapter.forget(CUFF)
            await adapter.forget(CUFF)
            async with adapter.connector(CUFF)() as link:
                await link.subscribe("2a35", lambda _: None)
        assert cuff.diary.count("paired") == 2
