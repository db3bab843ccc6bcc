"""How much time there is."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator


def soak_s(share: float) -> float:
    """This `share` (0..1) of the `MINUTES` that `make soak` was given, in seconds; of ten, if it was not."""
    return share * 60 * float(os.environ.get("MINUTES", "10"))


def rounds(seconds: float, most: int) -> Iterator[int]:
    """0, 1, 2 ... until `seconds` are over or there were `most`; the first in any case."""
    deadline = time.monotonic() + seconds
    for number in range(most):
        if number and time.monotonic() > deadline:
            return
        yield number
