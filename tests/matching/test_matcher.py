"""Strap and oximeter on one person, and on two: found within thirty seconds, and never where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from msgspec.structs import replace

from kapmonitor.matching import Matcher
from kapmonitor.model import DeviceData, DeviceKind, Origin, Route, Waveform, reading
from simulators.physiology import Body
from tests.matching.people import Pair, artefacts, somebody
from tests.soak.budget import rounds, soak_s

FOUND_WITHIN_S = 30
SOAK_PEOPLE, SOAK_S = 100, 3600


def never_apart(seed: int, seconds: int) -> Pair:
    """One person with artefacts, whose devices must never be said to be on two."""
    pair = Pair(somebody(2 * seed + 1, artefacts(Random(seed), seconds)), somebody(2 * seed + 2))
    said = [same for _, same in pair.seconds(1, seconds)]
    assert all(said), f"seed {seed}: one person was taken for two"
    return pair


def swapped_and_back(pair: Pair, at: int) -> None:
    """The other person gets the oximeter, and the first one gets it back: both are found in time."""
    for wearer, same in ((pair.people[1], False), (pair.people[0], True)):
        pair.oximeter_of = wearer
        said = next((each for each in pair.seconds(at, at + FOUND_WITHIN_S + 1) if each[1] is same), None)
        assert said is not None, f"not found within {FOUND_WITHIN_S} s"
        at = said[0] + 1


def test_one_person_is_never_two_and_a_swap_is_found() -> None:
    swapped_and_back(never_apart(seed=1, seconds=240), 240)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_hundred_hours_and_a_hundred_swaps() -> None:
    for number in rounds(soak_s(0.5), SOAK_PEOPLE):
        swapped_and_back(never_apart(100 + number, SOAK_S), SOAK_S)


def said(matcher: Matcher, body: Body, seconds: range, wave: Sequence[float], late_s: float) -> list[bool]:
    """The verdicts where the strap tells `body`'s beats each second and the pleth comes in ten pieces."""
    found: list[bool] = []
    dice = Random(1)
    for second in seconds:
        beats = body.beats(second - 1, second)
        intervals = [reading("rr_interval", beat.rr_ms) for beat in beats]
        matcher.take(DeviceData("strap", DeviceKind.STRAP, Origin.SIMULATED, intervals), second)
        count = len(wave) // len(seconds)
        mine = wave[(second - seconds[0]) * count : (second - seconds[0] + 1) * count]
        for n in range(10):
            piece = Waveform("pleth", mine[n * count // 10 : (n + 1) * count // 10], 60.0)
            at = second + n / 10 + dice.uniform(0, late_s)
            matcher.take(DeviceData("oximeter", DeviceKind.OXIMETER, Origin.SIMULATED, [piece]), at)
        same = matcher.same(second + 1.0)
        found += [] if same is None else [same]
    return found


@pytest.mark.parametrize(("count", "late_s"), [(60, 0.09), (59, 0.0), (61, 0.05)])
def test_a_clock_that_is_off_and_pieces_that_come_late_are_one_person_still(
    count: int, late_s: float
) -> None:
    """An oximeter that says it takes 60 samples a second takes `count`."""
    body, seconds = Body(9, Route.INTRANASAL, 0.0), range(100, 200)
    wave = [round(100 * body.pleth(100 + n / 60)) for n in range(60 * len(seconds))]
    taken = [wave[round(n * 60 / count)] for n in range(count * len(seconds))]
    assert said(Matcher(), body, seconds, taken, late_s) == [True]


def test_what_cannot_be_compared_says_nothing() -> None:
    body = Body(9, Route.INTRANASAL, 0.0)
    flat = [50.0] * (60 * 60)
    assert said(Matcher(), body, range(100, 160), flat, 0.0) == []
    strapless = Pair(somebody(1), somebody(2))
    strapless.strap_of = somebody(3)
    assert list(strapless.seconds(1, 60)) == []


def test_another_strap_begins_anew() -> None:
    """Two straps' intervals never make one row of beats."""
    body, other = Body(9, Route.INTRANASAL, 0.0), Body(10, Route.INTRANASAL, 0.0)
    matcher = Matcher()
    beats = {n: body.beats(n - 1, n) for n in range(100, 140)}
    others = {n: other.beats(n - 1, n) for n in range(100, 140)}
    found: list[bool] = []
    for n in range(100, 140):
        worn, made = ("new", beats) if n >= 110 else ("old", others)
        intervals = [reading("rr_interval", beat.rr_ms) for beat in made[n]]
        matcher.take(DeviceData(worn, DeviceKind.STRAP, Origin.SIMULATED, intervals), n)
        wave = Waveform("pleth", [round(100 * body.pleth(n - 1 + k / 60)) for k in range(60)], 60.0)
        data = DeviceData("oximeter", DeviceKind.OXIMETER, Origin.SIMULATED, [wave])
        matcher.take(replace(data, device="oximeter"), n)
        same = matcher.same(n)
        found += [] if same is None else [same]
    assert found == [True]
