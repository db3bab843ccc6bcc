"""The API does what its description says, whatever is sent: Schemathesis over the OpenAPI document."""

from __future__ import annotations

import asyncio

import pytest

from tests.soak.budget import rounds, soak_s

pytestmark = pytest.mark.timeout(240)
FEW, MANY = 2, 8
"""So many cases at the limits, right and wrong, of each operation: in `make test`, and in the soak for
everybody but `doctor-1`, who gets all."""


def test_nothing_is_answered_that_is_not_described() -> None:
    from tests.web.walk import Walk

    with asyncio.Runner() as runner:
        walk = Walk(runner)
        for operation in walk.operations():
            walk.at_the_limits(operation, FEW)


@pytest.mark.soak
@pytest.mark.parametrize("who", ["doctor-1", "boss-1", "guide-1", "guest-1", "room", "locked"])
def test_nothing_is_answered_that_is_not_described_for_long(who: str) -> None:
    from tests.web.walk import Walk

    with asyncio.Runner() as runner:
        walk = Walk(runner, who)
        for operation in walk.operations():
            walk.at_the_limits(operation, None if who == "doctor-1" else MANY)
        for number in rounds(soak_s(0.05), 1000):
            for operation in walk.operations():
                walk.made_up(operation, number, 10)
