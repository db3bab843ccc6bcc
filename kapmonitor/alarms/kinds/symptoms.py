"""A rule on blood pressure and symptoms together."""

from __future__ import annotations

from typing import Literal

from kapmonitor.alarms import bounds as allowed
from kapmonitor.alarms.inputs import Input
from kapmonitor.alarms.kinds.pressure import HIGH, PressureRow, clearing, inside
from kapmonitor.alarms.state import Condition, EngineState, Pressures
from kapmonitor.model import BloodPressure, Happened


class PressureWithSymptomsRule(PressureRow, frozen=True, kw_only=True, tag="pressure-with-symptoms"):
    """A high pressure and a severe symptom within `within_s` of each other, in either order.

    Over when no such symptom is left, or the newest measurement is below both clearing values.
    """

    systolic: float
    diastolic: float
    clear_systolic: float
    clear_diastolic: float
    within_s: float
    symptoms: tuple[str, ...]
    severity: Literal["mild", "moderate", "severe"] = "severe"

    def reads(self) -> frozenset[str]:
        """Cuff measurements and symptoms."""
        return frozenset({"BloodPressure", "Happened"})

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """A measurement, or a symptom that came or went."""
        pressures = seen.pressures
        if not isinstance(what, BloodPressure | Happened) or pressures is None:
            return
        condition.priority = self.priority
        present = [
            each
            for kind, each in seen.symptoms.items()
            if kind in self.symptoms and each.severity == self.severity
        ]
        high = pressures.systolic >= self.systolic or pressures.diastolic >= self.diastolic
        if isinstance(what, BloodPressure) and pressures.at == now:
            condition.violations = condition.violations + 1 if high else 0
        near = [each for each in present if abs(each.at - pressures.at) <= self.within_s]
        if high and near:
            condition.raised = True
            condition.value, condition.limit = self._broken(pressures)
            condition.detail = ", ".join(f"severe {each.kind}" for each in near)
        elif not present or self._clear(pressures):
            condition.raised = False

    def subject(self) -> str:
        """A pressure that is too high."""
        return HIGH

    def mistakes(self) -> list[str]:
        """Limits that no site may choose, clearing pressures out of reach, and no symptom at all."""
        own: list[str] = []
        pairs = (
            ("systolic", self.systolic, self.clear_systolic),
            ("diastolic", self.diastolic, self.clear_diastolic),
        )
        for key, limit, clear in pairs:
            own += inside(key, limit, allowed.SITE[key, "high"])
            own += clearing(f"clear_{key}", clear, key, limit, allowed.REST[key])
        own += inside("within_s", self.within_s, allowed.SYMPTOMS_WITHIN_S)
        if not self.symptoms:
            own.append("symptoms is empty; it could never be raised")
        return super().mistakes() + [f"rule {self.rule!r}: {each}" for each in own]

    def _broken(self, pressures: Pressures) -> tuple[float, float]:
        if pressures.systolic >= self.systolic:
            return pressures.systolic, self.systolic
        return pressures.diastolic, self.diastolic

    def _clear(self, pressures: Pressures) -> bool:
        return pressures.systolic < self.clear_systolic and pressures.diastolic < self.clear_diastolic
