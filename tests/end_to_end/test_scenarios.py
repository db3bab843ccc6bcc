"""Scenarios played live: by the demo at speed, and by `simulate` for a service in another process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.processes import kapmonitor, need, subscribed
from tests.end_to_end.test_demo import addresses

pytestmark = pytest.mark.timeout(180)


@pytest.mark.soak  # each scenario is played through the monitor every time
async def test_the_demo_plays_a_scenario_at_speed_from_dose_to_alarm() -> None:
    """The dose after 5 minutes, the desaturation 6 minutes later: 22 s at 30 times real time."""
    need("mosquitto_sub")
    scenario = ("--scenario", "desaturation-at-onset", "--speed", "30")
    async with kapmonitor("demo", "--port", "0", "--rooms", "1", "--seed", "4", *scenario) as demo:
        *_, broker = await addresses(demo)
        async with subscribed(broker) as heard:
            await heard.until(r"/session/.*/meta$", phase="onset")
            alarm = await heard.until(r"/alarm/[a-z0-9-]+$", name="spo2-low", priority="high", state="active")
        assert (alarm["origin"], alarm["drill"], alarm["room"]) == ("simulated", True, "room-1")
        assert alarm["value"] < 88


async def test_simulate_says_what_happens_when_it_begins(tmp_path: Path) -> None:
    script = tmp_path / "drill.toml"
    script.write_text(
        'title = "A drill"\nshows = "Finger off."\ndose = "0:01"\n'
        '[[timeline]]\nat = "dose + 0:02"\nwhat = "finger_off"\nfor = "1:00"\nnote = "put it on again"\n'
    )
    config = tmp_path / "clinic.toml"
    config.write_text(
        '[site]\nid = "drill"\n[[rooms]]\nid = "room-1"\n'
        f'devices = [{{ id = "ox", driver = "contec-cms50", port = "{tmp_path}/ox" }}]\n'
    )
    async with kapmonitor("simulate", "--config", str(config), "--script", str(script)) as devices:
        await devices.until(r"room-1: A drill\. Finger off\.")
        await devices.until(r"room-1: the first dose is given \(log it\)")
        await devices.until(r"room-1: finger off for 1:00 \(put it on again\)")
        assert await devices.interrupt() == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("demo", "--port", "0", "--scenario", "uproar"),
        ("simulate", "--config", "config/simulated.toml", "--scenario", "uproar"),
    ],
)
async def test_a_scenario_that_is_not_there_is_one_line_with_those_there_are(
    arguments: tuple[str, ...],
) -> None:
    async with kapmonitor(*arguments) as run:
        assert await run.ended() == 2
        assert "there is no scenario 'uproar'; choose one of battery-dying, booster" in run.printed
        assert "Traceback" not in run.printed


async def test_two_ways_of_saying_what_happens_are_one_too_many(tmp_path: Path) -> None:
    both = ("--scenario", "booster", "--script", str(tmp_path / "drill.toml"))
    async with kapmonitor("simulate", "--config", "config/simulated.toml", *both) as run:
        assert await run.ended() == 2
        assert "give one of them" in run.printed
