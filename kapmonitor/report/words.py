"""Words and numbers of the report, as clinicians write them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kapmonitor.alarms.texts import cause
from kapmonitor.quantities import QUANTITIES
from kapmonitor.session import entries
from kapmonitor.session.record import UNITS

CHAPTER_TITLES: Mapping[str, str] = {
    "course": "Course",
    "screening": "Screening",
    "baseline": "Baseline",
    "holds": "Holds that were passed, and answers",
    "doses": "Doses",
    "pressures": "Cuff readings",
    "cuff": "What the cuff was told",
    "typed": "Typed-in numbers",
    "symptoms": "Symptoms and calls for help",
    "interventions": "Interventions and oxygen",
    "limits": "Alarms that were switched off, sounds that were paused",
    "presence": "Who was there",
    "interruptions": "Planned interruptions",
    "devices": "Devices",
    "gaps": "Times without the service",
    "checklist": "Checklist before leaving",
    "notes": "Notes and corrections",
}


def plain(word: str) -> str:
    """An identifier as words: `chest_pain` is chest pain."""
    return word.replace("_", " ").replace("-", " ")


def number(value: float) -> str:
    """A number without needless zeros."""
    return f"{value:.10g}"


def why(reason: str | None) -> str:
    """Why there is no number, in words; a reason that is not known here stands as it is."""
    known = cause(reason).text
    return plain(reason) if reason and known == cause("?").text else known


def pressure(one: entries.Measured) -> str:
    """`128/79 mmHg`, or `---` where there is none."""
    if one.systolic is None or one.diastolic is None:
        return "---"
    return f"{number(one.systolic)}/{number(one.diastolic)} mmHg"


def baseline(values: Mapping[str, float]) -> str:
    """`Systolic 120 mmHg, Heart rate 70 /min`."""
    return ", ".join(
        f"{named(name)} {number(each)} {UNITS.get(name, '')}".rstrip() for name, each in values.items()
    )


def named(quantity: str) -> str:
    """What a quantity is called: `SpO2`, `Respiratory rate`."""
    row = QUANTITIES.get(quantity)
    return plain(quantity).capitalize() if row is None else row.label


def listed(words: Iterable[str]) -> str:
    """Identifiers as words, one after the other."""
    return ", ".join(plain(word) for word in words)
