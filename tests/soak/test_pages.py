"""200 alarms while mosquitto is killed 20 times and vitals flow: 200 pages, each shown once, in order."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.app.alarms import told
from tests.app.pager import carried, site
from tests.app.test_pagers import vitals
from tests.brokers import Mosquitto

ALARMS, KILLS = 200, 20


@pytest.mark.soak
async def test_twenty_kills_during_two_hundred_alarms(tmp_path: Path) -> None:
    """Mosquitto keeps nothing; what it confirmed and lost is sent again until the pager has it."""
    broker, dice = Mosquitto(tmp_path), random.Random(1)
    await broker.start()
    try:
        async with (
            site(broker.service_url, tmp_path, "nurse-1") as there,
            carried(broker.service_url, "nurse-1", "delivered") as pager,
        ):
            await there.sees_online("nurse-1")
            flowing = asyncio.create_task(vitals(there))
            for number in range(1, ALARMS + 1):
                there.publish(*told(number))
                if number % (ALARMS // KILLS) == 0:
                    await broker.kill()
                    await asyncio.sleep(dice.uniform(0, 0.5))
                    await broker.start()
                await asyncio.sleep(dice.uniform(0, 0.2))
            await pager.until(lambda it: len(set(it.of("page"))) == ALARMS)
            flowing.cancel()
            shown = [each["page_id"] for each in pager.shown]
            assert len(shown) == len(set(shown))
            assert len([each for each in pager.shown if each["level"] == 0]) == ALARMS
            assert len(there.pagers.paging.calling.calls) == ALARMS
    finally:
        await broker.kill()
