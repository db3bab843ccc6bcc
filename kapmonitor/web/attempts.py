"""How often something may be tried with a wrong password, PIN or code; then a pause."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

TRIES = 5
TRIES_A_USER = 10
WINDOW_S = 300.0
CODES_AN_ADDRESS = 20
PINS_A_DAY = 20
DAY_S = 24 * 3600.0
KEYS_KEPT = 10_000


class Attempts:
    """Counts tries per key (an address, a user) within the last minutes; a right one forgets them."""

    def __init__(self, now: Callable[[], float], tries: int = TRIES, window_s: float = WINDOW_S) -> None:
        """`now`: monotonic seconds of real time; `tries` within `window_s`, and there is a pause."""
        self._now = now
        self._most = tries
        self._window_s = window_s
        self._tries: dict[str, deque[float]] = {}

    def wait_s(self, key: str) -> float:
        """How long this one must wait before its next try; 0 where it need not."""
        tries = self._tries.get(key)
        if tries is None:
            return 0.0
        while tries and tries[0] <= self._now() - self._window_s:
            tries.popleft()
        return max(0.0, tries[0] + self._window_s - self._now()) if len(tries) >= self._most else 0.0

    def count(self, key: str) -> None:
        """Note one try, before it is looked at: tries at the same time count too."""
        tries = self._tries.pop(key, None) or deque(maxlen=self._most)
        tries.append(self._now())
        self._tries[key] = tries
        if len(self._tries) > KEYS_KEPT:
            del self._tries[next(iter(self._tries))]  # the one that was quiet for longest

    def forget(self, key: str) -> None:
        """It was right."""
        self._tries.pop(key, None)


class Limits:
    """What is counted at the log-in: passwords by address and by user, PINs by browser and by user.

    Many wrong PINs of one user within a day, and only the password opens; it forgets them.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        """`now`: monotonic seconds of real time."""
        self._by_address = Attempts(now)
        self._by_user = Attempts(now, TRIES_A_USER)
        self._by_browser = Attempts(now)
        self._pins_of_user = Attempts(now)
        self._pins_of_day = Attempts(now, PINS_A_DAY, DAY_S)

    def password(self, address: str, user: str) -> Tries:
        """A password for `user` from `address`."""
        counted = ((self._by_address, address), (self._by_user, user))
        return Tries(counted, forgotten=(*counted, (self._pins_of_user, user), (self._pins_of_day, user)))

    def pin(self, browser: str, user: str) -> Tries:
        """A PIN of `user` at a browser that somebody is logged in at."""
        counted = (
            (self._by_browser, browser),
            (self._pins_of_user, user),
            (self._pins_of_day, user),
        )
        return Tries(counted, forgotten=counted)


class Tries:
    """One try, against every limit that it counts for."""

    def __init__(
        self, counted: tuple[tuple[Attempts, str], ...], forgotten: tuple[tuple[Attempts, str], ...]
    ) -> None:
        """`forgotten`: what a right one wipes out."""
        self._counted = counted
        self._forgotten = forgotten

    @property
    def wait_s(self) -> float:
        """How long to wait before it is made; 0 where it may be."""
        return max(each.wait_s(key) for each, key in self._counted)

    def count(self) -> None:
        """It is made."""
        for each, key in self._counted:
            each.count(key)

    def right(self) -> None:
        """It was right."""
        for each, key in self._forgotten:
            each.forget(key)
