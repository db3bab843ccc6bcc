"""Foreign bytes of these formats yield the values that their sources give them, and no others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kapmonitor.codecs import FORMATS
from kapmonitor.model import BloodPressure, Reading, Waveform
from tests.codecs.foreign import FOLDER
from tests.codecs.streams import good, read

FILES = {
    "nonin-df2": "nonin_df2",
    "nonin-df7": "nonin_df7",
    "nonin-ble": "nonin_ble",
    "nonin-ascii": "nonin_ascii",
    "masimo-ascii": "masimo_ascii",
    "medlab-stx": "medlab_stx",
    "bci": "bci",
    "viatom-pc60": "viatom_pc60",
    "viatom-o2ring": "viatom_o2ring",
    "contec-cms50d-bt": "contec_cms50d_bt",
    "polar-pmd": "polar_pmd",
}


def vectors() -> list[Any]:
    found = []
    for name, file in FILES.items():
        rows: list[Any] = json.loads((FOLDER / f"{file}.json").read_text(encoding="utf-8"))
        assert all(row["source"] for row in rows)
        found += [pytest.param(name, row, id=f"{name}-{row['bytes'][:40]}") for row in rows]
    return found


@pytest.mark.parametrize(("name", "vector"), vectors())
def test_foreign_bytes_mean_what_their_source_says(name: str, vector: Any) -> None:
    wire = FORMATS[name]
    found = good(read(wire.reader, bytes.fromhex(vector["bytes"])))
    seen = _values([each for message in found for each in wire.observe(message)])
    waves = {"pleth"} - set(vector["values"])  # a frame of numbers may carry a sample, too
    assert {key: value for key, value in seen.items() if key not in waves} == vector["values"]


def _values(observations: list[Any]) -> dict[str, object]:
    """The last value of each quantity."""
    found: dict[str, object] = {}
    for each in observations:
        if isinstance(each, BloodPressure):
            found |= {one.quantity: one.value for one in each.readings}
        elif isinstance(each, Waveform):
            found[each.quantity] = list(each.values)
        elif isinstance(each, Reading) and (each.quantity != "perfusion_index" or each.value is not None):
            found[each.quantity] = each.value
    return found


def test_of_every_format_there_are_foreign_bytes() -> None:
    others = {"heart-rate", "plx-continuous", "plx-spot", "blood-pressure", "cuff-pressure", "suntech"}
    assert set(FILES) | others | {"contec-cms50-5", "contec-cms50-9"} == set(FORMATS)
