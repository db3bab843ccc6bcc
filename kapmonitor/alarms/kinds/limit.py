"""What rules on one vital and one limit share."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import ClassVar

from kapmonitor.alarms import bounds as allowed
from kapmonitor.alarms.rules import Row, out_of_bounds
from kapmonitor.alarms.words import COMPARE, RATES, Operator
from kapmonitor.quantities import QUANTITIES

VITALS = ("spo2", "rate", *RATES, "perfusion_index", "rr_interval")
"""What comes every second; pressures come with cuff measurements and have rules of their own."""


class Limit(Row, frozen=True, kw_only=True):
    """What rules on one vital share. `vital` is a quantity, or `rate`: by whatever source has one."""

    vital: str
    op: Operator
    limit: float

    minds_missing: ClassVar[bool] = False

    def quantities(self) -> tuple[str, ...]:
        """The quantities that `vital` stands for."""
        return RATES if self.vital == "rate" else (self.vital,)

    def reads(self) -> frozenset[str]:
        """Its quantities."""
        return frozenset(self.quantities())

    def limits(self) -> dict[str, float]:
        """The limit, for each quantity that `vital` stands for."""
        return dict.fromkeys(self.quantities(), self.limit)

    def calm(self) -> tuple[float, float]:
        """What is beyond the limit, on the good side."""
        return (self.limit, inf) if self.op.startswith("<") else (-inf, self.limit)

    def guards_low(self) -> bool:
        """Whether what is below the limit is bad."""
        return self.op.startswith("<")

    @property
    def measured(self) -> str:
        """The vital, whichever source it comes from: what bounds and baselines are looked up by."""
        return "rate" if self.vital in RATES else self.vital

    @property
    def direction(self) -> str:
        """The side that is bad: `low` or `high`."""
        return "low" if self.guards_low() else "high"

    def subject(self) -> str:
        """The vital and the direction that is bad."""
        return f"{self.measured} {self.direction}"

    def mistakes(self) -> list[str]:
        """A vital that nothing measures, and a limit that no site may choose."""
        if self.vital not in VITALS:
            known = f"there is no vital {self.vital!r}; vitals are {', '.join(VITALS)}"
            return [*super().mistakes(), f"rule {self.rule!r}: {known}"]
        row = QUANTITIES[self.quantities()[0]]
        most = allowed.SITE.get((self.measured, self.direction), (row.low, row.high))
        found = super().mistakes() + out_of_bounds(self.rule, "limit", self.limit, most)
        if not COMPARE[self.op](row.low if self.guards_low() else row.high, self.limit):
            found.append(
                f"rule {self.rule!r}: no possible value is {self.op} {self.limit:g}; choose another limit"
            )
        return found

    def clearing_mistakes(self, clear_op: Operator, clear: float) -> Iterator[str]:
        """A clearing value on the wrong side of the limit, or one that nobody can have."""
        if self.vital not in VITALS:
            return
        if clear_op[0] == self.op[0]:
            yield f"clear_op = {clear_op!r} looks the same way as op = {self.op!r}; turn one round"
        elif self._beyond(clear) or (clear == self.limit and "=" in self.op and "=" in clear_op):
            where = f"clear = {clear:g} lies beyond limit = {self.limit:g}"
            yield f"{where}; it could never be over"
        elif not COMPARE[clear_op](self._best(), clear):
            best = f"clear = {clear:g}: even {self._best():g} is not {clear_op} {clear:g}"
            yield f"{best}; it could never be over"

    def _beyond(self, clear: float) -> bool:
        return clear < self.limit if self.guards_low() else clear > self.limit

    def _best(self) -> float:
        """The best value there is: of a healthy person at rest, or at the good end of what is possible."""
        row = QUANTITIES[self.quantities()[0]]
        return allowed.REST.get(self.measured, row.high if self.guards_low() else row.low)
