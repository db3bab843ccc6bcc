"""The page about exports names every format, table, column, signal and code."""

from __future__ import annotations

import pytest

from kapmonitor.exports.edf import SIGNALS
from kapmonitor.exports.edf_signals import label_of
from kapmonitor.exports.fhir import codes
from kapmonitor.exports.formats import Format
from kapmonitor.exports.tables import COLUMNS, TIME, WHOSE
from kapmonitor.model import Quality
from kapmonitor.quantities import WAVEFORMS
from tests.pages import DOCS, row, sections, text_of, words

PAGE = "exporting.md"


def test_every_format_has_its_section() -> None:
    there = {name.lower() for name in sections(PAGE)}
    assert (
        {"csv", "edf+", "fhir"} == {"edf+" if each is Format.EDF else each.value for each in Format} <= there
    )


@pytest.mark.parametrize("table", list(COLUMNS))
def test_every_column_is_named_in_its_order(table: str) -> None:
    there = sections(PAGE)["CSV"]
    cells = row(there, table).split("|")
    assert [*WHOSE, *TIME] == list(COLUMNS[table][: len(WHOSE) + len(TIME)])
    assert {*WHOSE, *TIME} <= words(there)
    assert ", ".join(f"`{name}`" for name in COLUMNS[table][len(WHOSE) + len(TIME) :]) == cells[2].strip()


@pytest.mark.parametrize("quantity", [*SIGNALS, *WAVEFORMS])
def test_every_signal_is_named(quantity: str) -> None:
    row(sections(PAGE)["EDF+"], label_of(quantity, []))


def test_every_code_of_a_measurement_is_named() -> None:
    there = text_of(DOCS / PAGE)
    for vital in (*codes.VITALS.values(), *codes.BP_PARTS.values(), codes.BP_PANEL):
        assert all(code in there for code, _ in vital.loinc)
        assert vital.mdc is None or vital.mdc[0] in there
        assert f"`{vital.ucum}`" in there
        assert not vital.profile or f"`{vital.profile}`" in there


@pytest.mark.parametrize("quality", list(codes.TRUST), ids=str)
def test_every_quality_has_its_row(quality: Quality) -> None:
    trust = codes.TRUST[quality]
    line = row(sections(PAGE)["FHIR"], quality.value)
    assert trust.label in line
    assert trust.status in line
