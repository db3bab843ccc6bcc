"""CSV: every number and every fact comes back as the record has it, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import datetime

import pytest
from hypothesis import given, settings

from kapmonitor.exports import tables
from kapmonitor.exports.share import Share
from kapmonitor.session.entries import Dose, Measured
from kapmonitor.session.history import QUALITIES, History
from tests.exports.anything import histories
from tests.histories import CODE, LOW, NAME, NO_FINGER, START, two_hours

Rows = list[dict[str, str]]


def read(history: History, share: Share | None = None) -> dict[str, Rows]:
    """All tables as a stranger reads them."""
    files = tables.export(history, share or Share())
    name = history.session.id
    return {
        file.removeprefix(f"{name}-").removesuffix(".csv"): list(
            csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True)
        )
        for file, content in files.items()
    }


def number(text: str) -> float:
    return float(text) if text else math.nan


def test_the_two_hours_come_back_second_by_second() -> None:
    history = two_hours()
    rows = [row for row in read(history)["numerics"] if row["quantity"] == "spo2"]
    series = history.numerics["spo2"]
    assert len(rows) == len(series.t_us)
    at = {round((datetime.fromisoformat(row["utc"]) - START).total_seconds()): row for row in rows}
    low, away = at[LOW.start + 10], at[NO_FINGER.start + 10]
    assert (low["raw"], low["unit"], low["quality"], low["device"]) == ("84", "%", "valid", "oximeter-1")
    assert (low["origin"], low["drill"], low["session"]) == ("simulated", "true", history.session.id)
    assert (away["value"], away["raw"], away["reason"]) == ("", "", "no_finger")
    assert number(low["since_first_dose_s"]) == LOW.start + 10 - 480


def test_pressures_have_their_units_in_the_header_and_what_is_missing_is_empty() -> None:
    rows = read(two_hours())["pressures"]
    of_cuff = [(row["systolic_mmHg"], row["diastolic_mmHg"]) for row in rows if row["device"]]
    assert of_cuff[:3] == [("121", "79"), ("119", "77"), ("142", "91")]
    [typed] = [row for row in rows if row["id"] == "typed-1"]
    assert (typed["diastolic_mmHg"], typed["quality"], typed["measured_origin"]) == (
        "",
        "questionable",
        "manual",
    )
    assert (
        datetime.fromisoformat(typed["utc"]).second == 7
    )  # when it was measured, 40 s before it was typed in
    assert typed["since_first_dose_s"] == "3780"


def test_free_words_and_the_client_come_out_only_when_asked_for() -> None:
    history = two_hours()
    plain = b"".join(tables.export(history).values()).decode()
    assert NAME not in plain
    assert CODE not in plain
    told = [row["withheld"] for row in read(history)["entries"] if row["kind"] in ("opened", "note")]
    assert told == ["client", "text"]
    everything = b"".join(tables.export(history, Share(client=True, words=True)).values()).decode()
    assert NAME in everything
    assert CODE in everything


def test_no_cell_is_a_formula() -> None:
    history = two_hours()
    found = read(history, Share(client=True, words=True))
    numbers = {"since_first_dose_s", "since_opening_s"}
    for rows in found.values():
        for row in rows:
            for column, text in row.items():
                assert not text.startswith(("=", "@", "+")), (column, text)
                assert column in numbers or not text.startswith("-"), (column, text)
    [dose] = [row for row in found["entries"] if row["kind"] == "dose" and "HYPERLINK" in row["details"]]
    assert json.loads(dose["details"])["reason"].startswith("=HYPERLINK")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_would_calculate_is_quoted(text: str) -> None:
    assert tables.cell(text) == f"'{text}"


def test_lines_end_as_the_standard_wants_it() -> None:
    for content in tables.export(two_hours()).values():
        assert content.endswith(b"\r\n")
        assert b"\xef\xbb\xbf" not in content


@settings(max_examples=12, deadline=None)
@given(history=histories())
def test_any_history_comes_back_equal(history: History) -> None:
    found = read(history, Share(client=True, words=True))
    for name, series in history.numerics.items():
        rows = [row for row in found["numerics"] if row["quantity"] == name]
        assert [_us(row["utc"]) for row in rows] == series.t_us.tolist()
        for column, numbers in (("value", series.value), ("raw", series.raw)):
            assert [repr(number(row[column])) for row in rows] == [repr(float(n)) for n in numbers]
        assert [row["quality"] for row in rows] == [QUALITIES[code].value for code in series.quality]
        assert [row["reason"] for row in rows] == [series.reasons[code] for code in series.reason]
    entered = history.session.entries
    assert [int(row["entry"]) for row in found["entries"]] == [entry.seq for entry in entered]
    assert [row["entered_utc"] for row in found["entries"]] == [_iso(entry.moment.utc) for entry in entered]
    measured = [entry.what for entry in entered if isinstance(entry.what, Measured)]
    assert [repr(number(row["systolic_mmHg"])) for row in found["pressures"]] == [
        repr(math.nan if one.systolic is None else one.systolic) for one in measured
    ]
    doses = [entry.what for entry in entered if isinstance(entry.what, Dose)]
    told = [json.loads(row["details"]) for row in found["entries"] if row["kind"] == "dose"]
    assert [each["amount"] for each in told] == [dose.amount for dose in doses]
    assert [row["alarm"] for row in found["alarms"]] == [line.alarm for line in history.alarms]
    assert [_iso(line.t) for line in history.alarms] == [row["utc"] for row in found["alarms"]]


def _iso(utc: datetime) -> str:
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _us(text: str) -> int:
    return int(
        (datetime.fromisoformat(text) - datetime.fromisoformat("1970-01-01T00:00:00Z")).total_seconds() * 1e6
        + 0.5
    )
