"""Strap and oximeter of one person over links that lose, double and delay what is said, and count wrongly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, get_args

from kapmonitor.matching import Matcher
from kapmonitor.model import DeviceData, DeviceKind, Origin, Reading, Waveform, reading
from simulators.physiology import Body

Fault = Literal[
    "oximeter_lossy",
    "strap_lossy",
    "oximeter_drops_out",
    "strap_drops_out",
    "oximeter_skips",
    "oximeter_doubled",
    "strap_doubled",
    "oximeter_counts_wrongly",
    "strap_stuck",
    "standstills",
    "busy",
]
FAULTS: tuple[Fault, ...] = get_args(Fault)
RATE_HZ = 60.0
STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class Episode:
    """One fault, from `since` to `until` (s), `size` 0..1 as strong as it gets."""

    fault: Fault
    since: float
    until: float
    size: float


def episodes(dice: Random, since: float, until: float, every_s: float) -> tuple[Episode, ...]:
    """Of any kind, one each `every_s`, of 21 s in the mean."""
    found: list[Episode] = []
    while (since := since + dice.expovariate(1 / every_s)) < until:
        ends = since + 1 + dice.expovariate(1 / 20)
        found.append(Episode(dice.choice(FAULTS), since, ends, dice.random()))
    return tuple(found)


class Links:
    """The strap on one body and the oximeter on another or the same, as the service hears them."""

    def __init__(
        self, strap: Body, oximeter: Body, seed: int, faults: Sequence[Episode], began: float
    ) -> None:
        self._strap, self._oximeter = strap, oximeter
        self._dice = Random(seed)
        self._faults = faults
        self._began = began
        self._rate_hz = RATE_HZ * (1 + self._dice.uniform(-0.005, 0.005))
        self._sampled_at = self._beats_until = began
        self._tells_at = began + self._dice.random()
        self._told: list[Reading] = []
        self._stands_still_until = self._oximeter_out_until = self._strap_out_until = 0.0

    def heard(self, until: float) -> Iterator[tuple[float, DeviceData]]:
        """(arrival, data), in order."""
        step = 0
        while (now := self._began + step * STEP_S) < until:
            step += 1
            sizes: dict[Fault, float] = {
                each.fault: each.size for each in self._faults if each.since <= now < each.until
            }
            self._happen(sizes, now)
            arrives = max(now + self._dice.uniform(0, 0.03), self._stands_still_until)
            if values := list(self._wave(sizes, now)):
                yield arrives, _data(DeviceKind.OXIMETER, [Waveform("pleth", tuple(values), RATE_HZ)])
            if now >= self._tells_at:
                for told in self._intervals(sizes, now):
                    yield arrives, _data(DeviceKind.STRAP, told)

    def verdicts(self, until: float) -> Iterator[tuple[float, bool]]:
        """(when, whether it is one person) of each verdict of a matcher that is asked every second."""
        matcher, asks_at, last = Matcher(), self._began, self._began
        for at, data in self.heard(until):
            while asks_at <= at:
                same = matcher.same(max(asks_at, last))
                if same is not None:
                    yield asks_at, same
                asks_at += 1
            matcher.take(data, at)
            last = at

    def _happen(self, sizes: dict[Fault, float], now: float) -> None:
        """Now and then a link is away for a moment, or the machine that listens stands still."""
        if now >= self._stands_still_until:
            if "standstills" in sizes and self._dice.random() < 0.01:
                self._stands_still_until = now + self._dice.uniform(0.2, 4)
            elif "busy" in sizes and self._dice.random() < 0.08:
                self._stands_still_until = now + self._dice.expovariate(2)
        if "oximeter_drops_out" in sizes and now >= self._oximeter_out_until and self._dice.random() < 0.01:
            self._oximeter_out_until = now + self._dice.uniform(0.05, 2.5)
        if "strap_drops_out" in sizes and now >= self._strap_out_until and self._dice.random() < 0.01:
            self._strap_out_until = now + self._dice.uniform(0.05, 3)
        if "oximeter_skips" in sizes and self._dice.random() < 0.02 * sizes["oximeter_skips"]:
            self._sampled_at += self._dice.uniform(0.02, 0.5)

    def _wave(self, sizes: dict[Fault, float], now: float) -> Iterator[float]:
        step_s = 1 / (self._rate_hz * (1 + 0.02 * (2 * sizes.get("oximeter_counts_wrongly", 0.5) - 1)))
        while self._sampled_at + step_s <= now:
            self._sampled_at += step_s
            if now < self._oximeter_out_until or self._dice.random() < sizes.get("oximeter_lossy", 0) / 2:
                continue
            value = round(100 * self._oximeter.pleth(self._sampled_at))
            yield value
            if "oximeter_doubled" in sizes:
                yield value

    def _intervals(self, sizes: dict[Fault, float], now: float) -> Iterator[list[Reading]]:
        beats = self._strap.beats(self._beats_until, self._tells_at)
        self._beats_until = self._tells_at
        self._tells_at += 1.0
        if now < self._strap_out_until or self._dice.random() < sizes.get("strap_lossy", 0) / 2:
            return
        if beats and not ("strap_stuck" in sizes and self._told):
            self._told = [reading("rr_interval", round(beat.rr_ms * 1.024) / 1.024) for beat in beats]
        elif "strap_stuck" not in sizes:
            return
        yield self._told
        if "strap_doubled" in sizes:
            yield self._told


def _data(kind: DeviceKind, observations: Sequence[Reading | Waveform]) -> DeviceData:
    return DeviceData(f"the {kind.value}", kind, Origin.SIMULATED, observations)
