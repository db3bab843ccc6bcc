"""Two sources for one rate: which of strap and oximeter a heart-rate rule is judged by.

Where both are valid and differ by more than 20 /min and only one violates a limit, that one raises the
alarm after 15 s, and both numbers are shown. Where they agree, or only one is fresh, that one decides, the
strap before the oximeter.
"""

from __future__ import annotations

from typing import NamedTuple

from kapmonitor.alarms.words import COMPARE, RATES, Operator

STRAP, OXIMETER = RATES
DISAGREE = 20.0
"""Two valid rates further apart than this (/min) cannot both be right."""
DISAGREEING_DELAY_S = 15.0


class Verdict(NamedTuple):
    """What a rule is judged by: the value (None: no source has one), the least delay (s), words about it."""

    value: float | None
    delay_s: float = 0.0
    detail: str = ""


NO_VALUE = Verdict(None)


class Rates(NamedTuple):
    """The fresh rates (/min) at the moment something new came from `quantity`; None where there is none."""

    quantity: str
    strap: float | None
    oximeter: float | None

    @property
    def apart(self) -> float | None:
        """How far two valid rates are apart; None where there are not two."""
        return None if self.strap is None or self.oximeter is None else abs(self.strap - self.oximeter)

    @property
    def disagree(self) -> bool:
        """Whether both sources are valid and cannot both be right."""
        return self.apart is not None and self.apart > DISAGREE

    def both(self) -> str:
        """Both numbers in words."""
        return f"strap {self.strap:g}, oximeter {self.oximeter:g}"

    def verdict(self, op: Operator, limit: float) -> Verdict | None:
        """What a rule is judged by now; None where the other source decides, with its own next value."""
        if self.strap is None and self.oximeter is None:
            return NO_VALUE
        one_sided = self.disagree and len({COMPARE[op](value, limit) for value in self._values()}) > 1
        source, value = STRAP, self.strap
        if value is None or (one_sided and not COMPARE[op](value, limit)):
            source, value = OXIMETER, self.oximeter
        if source != self.quantity:
            return None
        return Verdict(value, DISAGREEING_DELAY_S, self.both()) if one_sided else Verdict(value)

    def _values(self) -> list[float]:
        return [value for value in (self.strap, self.oximeter) if value is not None]
