"""Alarms while mosquitto is killed and vitals flow: each page once on a real pager's screen, in order."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.app.alarms import told
from tests.app.pager import Site, site
from tests.brokers import Mosquitto
from tests.handset.pagers import PlainPager, plain_pager
from tests.mqtt.samples import vitals as second
from tests.soak.test_broker_kills import Keeping

pytestmark = pytest.mark.timeout(240)


async def test_three_kills_during_thirty_alarms(tmp_path: Path) -> None:
    """Mosquitto forgets all each time: retained documents, sessions, and pages that it had confirmed."""
    await killed(Mosquitto(tmp_path), tmp_path, alarms=30, kills=3)


@pytest.mark.soak
@pytest.mark.parametrize("make", [Mosquitto, Keeping])
async def test_twenty_kills_during_two_hundred_alarms(make: type[Mosquitto], tmp_path: Path) -> None:
    await killed(make(tmp_path), tmp_path, alarms=200, kills=20)


async def killed(broker: Mosquitto, folder: Path, *, alarms: int, kills: int) -> None:
    """Every alarm calls as medium, and a moment later as high; all are to be on the screen, once each."""
    dice = random.Random(1)
    await broker.start()
    try:
        async with (
            site(broker.service_url, folder, "nurse-1") as there,
            plain_pager(broker.service_url, folder) as pager,
        ):
            await there.sees_online("nurse-1")
            flowing = asyncio.create_task(vitals(there))
            for number in range(1, alarms + 1):
                there.publish(*told(number, priority="medium"))
                await asyncio.sleep(dice.uniform(0, 0.1))
                there.publish(*told(number, seq=2, priority="high", event="escalate"))
                if number % (alarms // kills) == 0:
                    await broker.kill()
                    await asyncio.sleep(dice.uniform(0, 0.5))
                    await broker.start()
            rooms = [f"room-{number}" for number in range(1, alarms + 1)]
            await pager.until(lambda it: all(re.search(rf"HIGH {room} (LATE )?NEW", it) for room in rooms))
            flowing.cancel()
            assert [each for each in pager.lines if " LATE " in each] == []
            on_the_screen_once_and_in_order(pager, rooms)
            assert len(there.pagers.paging.calling.calls) == alarms, "something was resolved by mistake"
    finally:
        await broker.kill()


def on_the_screen_once_and_in_order(pager: PlainPager, rooms: list[str]) -> None:
    """A page that was overtaken by a newer one of its alarm need not come, but never comes after it."""
    shown = [each.partition(" NEW ")[0] for each in pager.lines if " NEW " in each]
    assert [each for each, times in Counter(shown).items() if times > 1] == []
    for room in rooms:
        assert f"MEDIUM {room}" not in shown[shown.index(f"HIGH {room}") :]


async def vitals(there: Site) -> None:
    """Twenty sessions, each ten times as fast as it would be."""
    number = 0
    while True:
        number += 1
        for session in range(20):
            there.publisher.publish(second(number, f"s-{session}"))
        await asyncio.sleep(0.1)
