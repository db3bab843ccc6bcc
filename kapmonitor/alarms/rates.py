"""Two sources for one rate: which of strap and oximeter a heart-rate rule is judged by.

Where both are valid and differ by more than 20 /min and only one violates a limit, that one raises the
alarm after 15 s, and both numbers are shown. Where they agree, or only one is fresh, that one decides, the
strap before the oximeter.
"""

from __future__ import annotations

import msgspec

from kapmonitor.alarms.words import COMPARE, RATES, Operator

STRAP, OXIMETER = RATES
DISAGREE = 20.0
"""Two valid rates further apart than this (/min) cannot both be right."""
DISAGREEING_DELAY_S = 15.0


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What a rule is judged by: the value (None: no source has one), the least delay (s), words about it."""

    value: float | None
    delay_s: float = 0.0
    detail: str = ""


NO_VALUE = Verdict(None)


class Rates(msgspec.Struct, frozen=True, gc=False):
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
        strap, oximeter = self.strap, self.oximeter
        if strap is None and oximeter is None:
            return NO_VALUE
        if strap is None or oximeter is None or abs(strap - oximeter) <= DISAGREE:
            source, value = (OXIMETER, oximeter) if strap is None else (STRAP, strap)
            return Verdict(value) if self.quantity == source else None
        breaks = COMPARE[op]
        if breaks(strap, limit) is breaks(oximeter, limit):
            return Verdict(strap) if self.quantity == STRAP else None
        source, value = (STRAP, strap) if breaks(strap, limit) else (OXIMETER, oximeter)
        return Verdict(value, DISAGREEING_DELAY_S, self.both()) if self.quantity == source else None
