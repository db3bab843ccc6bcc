"""Two sources for one rate: which of strap and oximeter a heart-rate rule is judged by.

Where both are valid and differ by more than 20 /min and only one violates a limit, that one raises the
alarm after 15 s, and both numbers are shown. Where they agree, or only one is fresh, that one decides, the
strap before the oximeter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kapmonitor.alarms.conditions import violates
from kapmonitor.alarms.rules import RATES, ThresholdRule
from kapmonitor.alarms.state import Signal

STRAP, OXIMETER = RATES
DISAGREE = 20.0
"""Two valid rates further apart than this (/min) cannot both be right."""
DISAGREEING_DELAY_S = 15.0


class Verdict(NamedTuple):
    """What a rule is judged by: the value (None: no source has one), the least delay (s), words about it."""

    value: float | None
    delay_s: float = 0.0
    detail: str = ""


class Rates(NamedTuple):
    """The fresh rates (/min) at the moment something new came from `quantity`; None where there is none."""

    quantity: str
    strap: float | None
    oximeter: float | None

    def verdict(self, rule: ThresholdRule, limit: float) -> Verdict | None:
        """What `rule` is judged by now; None where the other source decides, with its own next value."""
        if self.strap is None and self.oximeter is None:
            return Verdict(None)
        source, value = self._deciding(rule, limit)
        if source != self.quantity:
            return None
        if not self._disagree or self._agree_about(rule, limit):
            return Verdict(value)
        return Verdict(value, DISAGREEING_DELAY_S, f"strap {self.strap:g}, oximeter {self.oximeter:g}")

    def _deciding(self, rule: ThresholdRule, limit: float) -> tuple[str, float | None]:
        if self.strap is None:
            return OXIMETER, self.oximeter
        if self._disagree and not self._agree_about(rule, limit) and not violates(rule, self.strap, limit):
            return OXIMETER, self.oximeter
        return STRAP, self.strap

    @property
    def _disagree(self) -> bool:
        both = self.strap is not None and self.oximeter is not None
        return both and abs(self.strap - self.oximeter) > DISAGREE  # type: ignore[operator] # both: neither is None

    def _agree_about(self, rule: ThresholdRule, limit: float) -> bool:
        values = [value for value in (self.strap, self.oximeter) if value is not None]
        return len({violates(rule, value, limit) for value in values}) == 1


def fresh_rates(signals: Mapping[str, Signal], quantity: str, now: float) -> Rates | None:
    """The rates at `now`, if `quantity` is one of them."""
    if quantity not in (STRAP, OXIMETER):
        return None
    strap, oximeter = (signals.get(name) for name in (STRAP, OXIMETER))
    return Rates(
        quantity,
        strap.value if strap is not None and strap.fresh(now) else None,
        oximeter.value if oximeter is not None and oximeter.fresh(now) else None,
    )
