"""However bad the links are: one person is never said to be two; on good links two are found in time."""

from __future__ import annotations

from random import Random

import pytest

from kapmonitor.model import Route
from simulators.physiology import Body
from tests.matching.links import FAULTS, Episode, Fault, Links, episodes
from tests.matching.test_matcher import FOUND_WITHIN_S
from tests.soak.budget import rounds, soak_s

BEGAN = 10.0
SOAK_PEOPLE, SOAK_S = 200, 1800


def somebody(seed: int) -> Body:
    dice = Random(seed)
    return Body(seed, dice.choice(list(Route)), 0.0, dosed_at=dice.uniform(0, 1200))


def taken_for_two(seed: int, faults: tuple[Episode, ...], until: float) -> list[float]:
    """When one person was said to be two."""
    body = somebody(seed)
    return [at for at, same in Links(body, body, seed, faults, BEGAN).verdicts(until) if not same]


@pytest.mark.parametrize("fault", FAULTS)
def test_one_person_on_a_bad_link_is_never_two(fault: Fault) -> None:
    """Each fault comes and goes: its end is as confusing as its beginning."""
    dice = Random(1)
    faults = tuple(Episode(fault, at, at + dice.uniform(5, 40), dice.random()) for at in range(30, 210, 45))
    assert taken_for_two(1, faults, 230) == []


def test_two_people_on_good_links_are_found() -> None:
    for seed in (1, 2, 3):
        one, other = somebody(2 * seed), somebody(2 * seed + 1)
        said = next(at for at, same in Links(one, other, seed, (), BEGAN).verdicts(60) if not same)
        assert said <= BEGAN + FOUND_WITHIN_S


def test_two_people_on_a_link_that_loses_a_little_are_found() -> None:
    """What is cut off is cut off: the rest is enough."""
    lossy = (Episode("oximeter_lossy", 0, 999, 0.02), Episode("strap_lossy", 0, 999, 0.02))
    assert next(same for _, same in Links(somebody(3), somebody(4), 1, lossy, BEGAN).verdicts(300)) is False


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_hundred_hours_of_bad_links() -> None:
    for seed in rounds(soak_s(0.5), SOAK_PEOPLE):
        faults = episodes(Random(seed), BEGAN, SOAK_S, every_s=60)
        assert taken_for_two(seed, faults, SOAK_S) == [], f"seed {seed}"
