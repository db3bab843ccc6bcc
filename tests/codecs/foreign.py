"""Vectors of tests/vectors/ for parametrised tests, and what all Bluetooth measurements must hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kapmonitor.codecs.sfloat import Number, Special
from kapmonitor.model import BloodPressure, Observation, Quality, Reading
from kapmonitor.quantities import QUANTITIES

FOLDER = Path(__file__).parent.parent / "vectors"
RESERVED_FLAGS = 0xE0


def vectors(name: str) -> list[Any]:
    """Each vector of `name`, with its bytes as the test's id."""
    found: list[Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert all(vector["source"] for vector in found)
    for vector in found:
        vector["data"] = bytes.fromhex(vector["bytes"])
    return found


def readable(name: str) -> list[Any]:
    return [row for row in vectors(name) if row["message"] is not None]


def refused(name: str) -> list[Any]:
    return [row for row in vectors(name) if row["message"] is None]


def canonical(name: str) -> list[Any]:
    """Those that an encoder can be expected to write byte for byte."""
    return [row for row in readable(name) if row["canonical"]]


def of_known_length(name: str) -> list[Any]:
    """Those whose flags say where they end: a reserved flag may stand for a field of a later version."""
    return [row for row in readable(name) if not row["data"][0] & RESERVED_FLAGS]


def name_of(vector: Any) -> str:
    return str(vector["bytes"] or "empty")


def number(value: float | str) -> Number:
    return Special[value] if isinstance(value, str) else float(value)


def flat(observations: Sequence[Observation]) -> list[Reading]:
    """All readings, those of a blood pressure one by one."""
    readings: list[Reading] = []
    for each in observations:
        if isinstance(each, BloodPressure):
            readings += each.readings
        else:
            assert isinstance(each, Reading)
            readings.append(each)
    return readings


def rows(observations: Sequence[Observation]) -> list[list[object]]:
    """Readings as the vectors write them."""
    return [[each.quantity, each.value, each.quality.value, each.reason] for each in flat(observations)]


def assert_possible(observations: Sequence[Observation]) -> None:
    """What a user may rely on, whatever the bytes were."""
    for each in flat(observations):
        if each.value is None:
            assert each.reason
            assert each.quality in (Quality.INVALID, Quality.NOT_AVAILABLE)
        else:
            assert QUANTITIES[each.quantity].possible(each.value)
        assert (each.reason is None) == (each.quality is Quality.VALID)
