"""Bluetooth oximeters of their makers' own protocols, over the air between driver and simulator."""

from __future__ import annotations

import asyncio

import pytest

import drivers
import simulators
from drivers.ble_oximeters import ContecCms50dBt, ViatomO2Ring
from kapmonitor.codecs import contec_cms50d_bt, viatom_o2ring, viatom_pc60
from kapmonitor.errors import DeviceRefusedError, LinkLostError
from kapmonitor.model import Quality, Waveform
from simulators import ble_oximeters
from simulators.heart_rate_strap import HeartRateStrap
from simulators.physiology import BodyEvent
from tests.bluetooth import OXIMETER, STRAP, Heard, hearing, person, room
from tests.warp import WarpClock, warped

PLETH = {"viatom-pc60": 50, "contec-cms50d-bt": 60, "nonin-ble": 0, "viatom-o2ring": 0, "berrymed-ble": 100}

each = pytest.mark.parametrize("name", PLETH)


def samples(heard: Heard) -> int:
    return sum(len(one.values) for one in heard.all if isinstance(one, Waveform))


@each
@warped
async def test_numbers_pleth_and_an_empty_finger(name: str) -> None:
    clock = WarpClock()
    body = person(clock, BodyEvent(20, "finger_off", 600))
    device, driver = simulators.load(name)(body, clock, seed=1), drivers.load(name)(clock)
    async with hearing(clock, device, driver) as heard:
        await heard.until(lambda: any(one.value is not None for one in heard.readings("spo2")))
        first, count = clock.now(), samples(heard)
        await clock.sleep(7)
        assert samples(heard) - count == pytest.approx(PLETH[name] * (clock.now() - first), rel=0.15)
        spo2 = [one for one in heard.readings("spo2") if one.value is not None]
        assert 6 <= len(spo2) <= 20
        assert all(90 <= (one.value or 0) <= 100 for one in spo2)
        assert {one.quality for one in spo2} == {Quality.VALID}
        rates = [one.value for one in heard.readings("pulse_rate") if one.value is not None]
        assert rates
        assert all(40 <= rate <= 120 for rate in rates)
        await clock.sleep(15)
        assert heard.readings("spo2")[-1].value is None
        assert heard.readings("spo2")[-1].reason
        assert heard.readings("pulse_rate")[-1].value is None
    assert getattr(driver, "errors", None) == 0
    assert driver.model == device.name or driver.model.startswith("Simulated")


@each
@warped
async def test_a_lost_device_and_one_of_another_kind_are_errors(name: str) -> None:
    clock = WarpClock()
    body = person(clock)
    device, driver = simulators.load(name)(body, clock, seed=1), drivers.load(name)(clock)
    other = HeartRateStrap(body, clock, seed=1)
    async with room(clock, (device, OXIMETER), (other, STRAP)) as (_, adapter):
        async with adapter.connector(STRAP)() as link:
            with pytest.raises(DeviceRefusedError):
                await driver.run(link, lambda _: None)
        heard = Heard()
        async with adapter.connector(OXIMETER)() as link:
            running = asyncio.create_task(driver.run(link, heard.report))
            await heard.until(lambda: bool(heard.readings("spo2")))
            device.out_of_range()
            with pytest.raises(LinkLostError):
                await running


@warped
async def test_a_contec_is_greeted_kept_awake_and_told_when_nobody_listens_any_more() -> None:
    clock = WarpClock()
    device = ble_oximeters.ContecCms50dBt(person(clock), clock, seed=1)
    async with hearing(clock, device, ContecCms50dBt(clock)) as heard:
        await heard.until(lambda: bool(heard.readings("spo2")))
        await clock.sleep(12)
        count = len(heard.readings("spo2"))
        await clock.sleep(3)
        assert len(heard.readings("spo2")) > count
    assert device.heard[:5] == [
        contec_cms50d_bt.HELLO,
        contec_cms50d_bt.HELLO_AGAIN,
        contec_cms50d_bt.KEEP_ALIVE,
        contec_cms50d_bt.START,
        contec_cms50d_bt.START_ALL,
    ]
    assert device.heard[-1] == contec_cms50d_bt.STOP


@warped
async def test_a_ring_is_asked_every_second_and_tells_its_battery_once() -> None:
    clock = WarpClock()
    device = ble_oximeters.ViatomO2Ring(person(clock), clock, seed=1)
    driver = ViatomO2Ring(clock)
    async with hearing(clock, device, driver) as heard:
        await heard.until(lambda: len(heard.readings("spo2")) > 10)
        left = device.battery.left(clock.now())
        assert [one.value for one in heard.readings("battery")] == [left]
    assert driver.battery == left


class Speaker(ble_oximeters.ViatomPc60):
    """Notifies what it is given, a second between."""

    said: tuple[bytes, ...] = ()

    async def serve(self) -> None:
        while not self._listeners(self._stream):
            await self.clock.sleep(0.01)
        for one in self.said:
            await self.notify(self._stream, one)
            await self.clock.sleep(1)
        await asyncio.Event().wait()


@warped
async def test_frames_that_notifications_join_split_and_spoil() -> None:
    clock = WarpClock()
    frames = [viatom_pc60.encode(viatom_pc60.Numbers(95 + place, 70, 30)) for place in range(4)]
    device = Speaker(person(clock), clock, seed=1)
    joined = frames[0] + frames[1][:5]
    spoilt = frames[2][:6] + b"\xff" + frames[2][7:]
    device.said = (joined, frames[1][5:], b"\x01\x02" + spoilt, frames[3])
    driver = drivers.load("viatom-pc60")(clock)
    async with hearing(clock, device, driver) as heard:
        await heard.until(lambda: any(one.value == 98 for one in heard.readings("spo2")))
        assert [one.value for one in heard.readings("spo2")] == [95, 96, 98]
    assert getattr(driver, "errors", 0) >= 1


def test_a_finger_oximeter_says_why_it_has_no_number_as_its_maker_reads_it() -> None:
    """A zero that it does not explain is no number either, but nothing that a person can put right."""
    found = []
    for rest in (b"\x02\xc0", b"\x04\xc0", b"\x00\xc0", b""):
        frame = viatom_pc60.encode(viatom_pc60.Numbers(rest=rest))
        (message,) = viatom_pc60.messages().feed(frame)
        assert isinstance(message, viatom_pc60.Numbers)
        found.append({getattr(one, "reason", None) for one in viatom_pc60.observe(message)})
    assert found == [{"no_finger"}, {"searching"}, {"out_of_range"}, {"out_of_range"}]


def test_a_rings_reply_without_a_finger_is_what_a_peer_noted() -> None:
    reply = viatom_o2ring.encode(viatom_o2ring.Packet(0, 0, bytes.fromhex("ffffff00000000600005000000")))
    (message,) = viatom_o2ring.messages().feed(reply)
    assert isinstance(message, viatom_o2ring.Live)
    assert [getattr(one, "reason", None) for one in viatom_o2ring.observe(message)] == ["no_finger"] * 2 + [
        None
    ]
