"""Two simulated people with strap and oximeter, heard through the real codecs; devices can be swapped."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from msgspec.structs import replace

from kapmonitor.matching import Matcher
from kapmonitor.model import DeviceData, DeviceKind, Reading, Route, Waveform
from simulators.events import BodyEvent, EventKind
from simulators.scenario import Scenario
from tests.simulators.bedside import Bedside

RATE_HZ = 60
KINDS: tuple[EventKind, ...] = ("motion", "finger_off", "low_perfusion", "strap_off")


def somebody(seed: int, events: tuple[BodyEvent, ...] = ()) -> Bedside:
    """One person, dosed at a time of their own."""
    dice = Random(seed)
    scenario = Scenario("match", "", "", None, "any", dice.uniform(0, 1200), events, ())
    return Bedside(scenario, seed, dice.choice(list(Route)), "contec-cms50")


class Pair:
    """The strap of one person and the oximeter of (by and by) another, as one seat hears them."""

    def __init__(self, one: Bedside, other: Bedside) -> None:
        self.strap_of, self.oximeter_of = one, one
        self.people = (one, other)
        self.matcher = Matcher()

    def seconds(self, since: int, until: int) -> Iterator[tuple[int, bool]]:
        """(second, verdict) of each verdict."""
        for second in range(since, until):
            for person in self.people:
                for data in person.second(float(second)):
                    if isinstance(data, DeviceData) and self._is_here(person, data):
                        self.matcher.take(with_pleth(data, person, second), float(second))
            same = self.matcher.same(float(second))
            if same is not None:
                yield second, same

    def _is_here(self, person: Bedside, data: DeviceData) -> bool:
        if data.kind is DeviceKind.STRAP:
            return person is self.strap_of
        return data.kind is DeviceKind.OXIMETER and person is self.oximeter_of


def with_pleth(data: DeviceData, person: Bedside, second: int) -> DeviceData:
    """The pleth of this second beside the numbers, in an oximeter's steps; none where it sees no pulse."""
    if data.kind is not DeviceKind.OXIMETER or any(
        isinstance(one, Reading) and one.value is None for one in data.observations
    ):
        return data
    wave = tuple(round(100 * person.body.pleth(second - 1 + n / RATE_HZ)) for n in range(RATE_HZ))
    return replace(data, observations=[*data.observations, Waveform("pleth", wave, RATE_HZ)])


def artefacts(dice: Random, until: float) -> tuple[BodyEvent, ...]:
    """One every five minutes: movement, a finger that slips out, weak perfusion, a strap that falls off."""
    found: list[BodyEvent] = []
    at = dice.expovariate(1 / 300)
    while at < until:
        kind = dice.choice(KINDS)
        size = {"motion": dice.uniform(0.3, 1.0), "low_perfusion": 0.3}.get(kind, 1.0)
        found.append(BodyEvent(at=at, kind=kind, lasts_s=dice.expovariate(1 / 6), size=size))
        at += dice.expovariate(1 / 300)
    return tuple(found)
