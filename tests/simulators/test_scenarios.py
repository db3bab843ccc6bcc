"""Every shipped scenario, played through the real monitor: what staff see, how urgent, and how soon."""

from __future__ import annotations

from pathlib import Path

import pytest

from kapmonitor.model import Route
from simulators.scenario import find, names
from tests.simulators.bedside import Oximeter
from tests.simulators.played import Played, play

pytestmark = pytest.mark.timeout(240)
OXIMETERS: tuple[Oximeter, ...] = ("contec-cms50", "ble-pulse-oximeter")


def urgent(played: Played) -> set[tuple[str, str]]:
    return {each for each in played.alarms() if each[1] != "low"}


@pytest.mark.parametrize(
    ("route", "seed", "oximeter"),
    [
        pytest.param(route, seed, OXIMETERS[seed % 2], marks=[] if seed in (2, 3) else [pytest.mark.soak])
        for seed, route in enumerate((*Route, Route.INTRAMUSCULAR), start=1)
    ],
)
def test_an_uneventful_session_has_no_high_and_no_medium_alarm(
    route: Route, seed: int, oximeter: Oximeter
) -> None:
    played = play(find("uneventful"), seed, route=route, oximeter=oximeter)
    assert urgent(played) == set()
    assert len(played.pressures) >= 8


def test_a_surge_alarms_at_its_first_reading_and_ends_after_two_good_ones() -> None:
    played = play(find("hypertensive-surge"), 2, minutes=50)
    readings = [(at, one.systolic.value or 0) for at, one in played.pressures]
    first = next(at for at, systolic in readings if systolic >= 180)
    assert played.dose(12) < first < played.dose(24)
    assert played.first("blood-pressure-high", "high") == first
    news = next(each for at, each in played.said if at == first)
    assert (news.rule, news.page) == ("blood-pressure-critical", True)
    last_bad = max(at for at, systolic in readings if systolic >= 175)
    good = [at for at, _ in readings if at > last_bad]
    assert played.over("blood-pressure-high") == good[1]
    assert {name for name, _ in urgent(played)} == {"blood-pressure-high"}


@pytest.mark.parametrize("oximeter", OXIMETERS)
def test_a_desaturation_is_a_high_alarm_within_half_a_minute_and_is_over_when_it_is(
    oximeter: Oximeter,
) -> None:
    played = play(find("desaturation-at-onset"), 3, oximeter=oximeter, minutes=16)
    assert played.dose(6) < played.first("spo2-low", "high") <= played.dose(6, 30)
    assert played.dose(7, 30) < played.over("spo2-low") < played.dose(14)
    assert {name for name, _ in urgent(played)} == {"spo2-low"}


def test_a_vaso_vagal_fall_is_seen_by_its_rate_at_once_and_by_its_pressure_when_measured() -> None:
    played = play(find("vaso-vagal"), 4, minutes=8)
    assert 180 < played.first("heart-rate-low", "high") <= 200
    low = next(at for at, one in played.pressures if (one.systolic.value or 999) < 80)
    assert played.first("blood-pressure-low", "high") == low < 300
    assert played.over("heart-rate-low") < played.dose(2)
    assert {name for name, _ in urgent(played)} == {"heart-rate-low", "blood-pressure-low"}


@pytest.mark.parametrize("oximeter", OXIMETERS)
def test_a_restless_patient_disturbs_the_oximeter_and_alarms_nobody(oximeter: Oximeter) -> None:
    played = play(find("restless"), 5, oximeter=oximeter, minutes=12)
    disturbed = [value for at, value in played.spo2.items() if at > played.dose(4) and value is not None]
    assert min(disturbed) < 92, "the artefacts are there"
    assert {each for each in played.alarms() if each[1] == "high"} == set()


def test_without_a_strap_the_oximeter_decides_and_nobody_is_called() -> None:
    played = play(find("strap-falls-off"), 6, minutes=33)
    assert urgent(played) == set()


def test_a_leak_is_a_medium_alarm_after_three_failures_and_over_with_the_first_good_reading() -> None:
    played = play(find("cuff-leak"), 7, minutes=42)
    failed = [at for at, one in played.pressures if one.systolic.value is None]
    assert played.first("cuff-unavailable", "medium") == failed[2]
    good = next(at for at, one in played.pressures if at > failed[-1] and one.systolic.value is not None)
    assert played.over("cuff-unavailable") == good
    assert all(name in ("cuff-unavailable", "nibp-overdue") for name, _ in urgent(played))


@pytest.mark.parametrize("oximeter", OXIMETERS)
def test_an_oximeter_on_the_cuffs_arm_loses_its_signal_with_every_measurement(oximeter: Oximeter) -> None:
    played = play(find("oximeter-on-cuff-arm"), 8, oximeter=oximeter, minutes=25)
    for measured, _ in played.pressures:
        around = [value for at, value in played.spo2.items() if measured - 15 <= at <= measured]
        assert None in around
        assert played.spo2[measured + 8] is not None
    assert urgent(played) == set()


def test_a_dying_battery_is_said_before_the_strap_is_gone() -> None:
    played = play(find("battery-dying"), 9, minutes=45)
    assert played.first("battery-low", "low") == pytest.approx(played.dose(10), abs=2)
    assert played.first("battery-low", "medium") == pytest.approx(played.dose(25), abs=2)
    assert {name for name, _ in urgent(played)} == {"battery-low"}


def test_a_logged_interruption_keeps_the_restroom_quiet() -> None:
    scenario = find("restroom")
    quiet = play(scenario, 10, minutes=70, interruption_at=scenario.dose_s + 3590)
    assert urgent(quiet) == set()


def test_who_forgets_to_log_it_is_told_that_nothing_is_measured() -> None:
    played = play(find("restroom"), 10, minutes=70)
    first = played.first("spo2-unavailable", "high")
    assert played.dose(60) < first <= played.dose(61, 15)
    assert played.over("spo2-unavailable") == pytest.approx(played.dose(65), abs=20)


def test_a_booster_raises_the_pressure_once_more_and_alarms_nobody() -> None:
    played, without = (play(find(name), 13, minutes=75) for name in ("booster", "uneventful"))
    assert urgent(played) == set()

    def at_most(one: Played) -> float:
        return max(value.systolic.value or 0 for at, value in one.pressures if at > one.dose(30))

    assert at_most(played) > at_most(without)


def test_every_shipped_scenario_has_its_test_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{name}"' in source for name in names())
    assert len(names()) >= 11
