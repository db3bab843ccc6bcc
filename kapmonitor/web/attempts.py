"""How often an address may try to log in: five wrong passwords, then a pause."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

TRIES = 5
WINDOW_S = 300.0
ADDRESSES_KEPT = 10_000


class Attempts:
    """Counts tries per address within the last five minutes; a right password forgets them."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now`: monotonic seconds of real time."""
        self._now = now
        self._tries: dict[str, deque[float]] = {}

    def wait_s(self, address: str) -> float:
        """How long this address must wait before its next try; 0 where it need not."""
        tries = self._tries.get(address)
        if tries is None:
            return 0.0
        while tries and tries[0] <= self._now() - WINDOW_S:
            tries.popleft()
        return max(0.0, tries[0] + WINDOW_S - self._now()) if len(tries) >= TRIES else 0.0

    def count(self, address: str) -> None:
        """Note one try, before its password is looked at: tries at the same time count too."""
        tries = self._tries.pop(address, None) or deque(maxlen=TRIES)
        tries.append(self._now())
        self._tries[address] = tries
        if len(self._tries) > ADDRESSES_KEPT:
            del self._tries[next(iter(self._tries))]  # the one that was quiet for longest

    def forget(self, address: str) -> None:
        """The password was right."""
        self._tries.pop(address, None)
