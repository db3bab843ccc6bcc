"""A whole clinic on one central."""

from __future__ import annotations

import pytest

from tests.transports.crowd import crowd
from tests.warp import WarpClock, warped


@pytest.mark.soak  # a hundred are in the bench, too
@warped
async def test_of_a_hundred_straps_nothing_is_lost() -> None:
    result = await crowd(WarpClock(), straps=100, seconds=5)
    assert result.sent >= 100 * 4
    assert result.received == result.sent
