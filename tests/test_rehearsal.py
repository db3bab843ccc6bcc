"""`kapmonitor rehearse`: what staff who try limits rely on, and what no script may bring about."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from kapmonitor.__main__ import command_line
from kapmonitor.alarms.words import MONITORED
from kapmonitor.commands.rehearse import as_json
from kapmonitor.config import load_routes, load_rules
from kapmonitor.errors import ConfigError
from kapmonitor.rehearsal import Line, parse, play

RULES = load_rules()
ROUTES = load_routes()
SESSION = {"at": 0, "session": {"route": "intramuscular"}}
PEAK = {"at": 0, "phase": "peak"}
Row = dict[str, Any]


def reading(at: float, quantity: str, value: float | None, until: float | None = None, **more: object) -> Row:
    repeat = {} if until is None else {"every": 1, "until": until}
    return {"at": at, **repeat, "reading": {"quantity": quantity, "value": value, **more}}


def lines(rows: list[Row]) -> list[str]:
    return [json.dumps(row) for row in rows]


def rehearsed(*rows: Row) -> list[Line]:
    return play(parse(lines([SESSION, PEAK, *rows]), RULES), ROUTES).lines


def mistakes(*rows: Row | str) -> list[str]:
    text = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    with pytest.raises(ConfigError) as caught:
        parse(text, RULES, "try.jsonl")
    return caught.value.mistakes


def well(until: float) -> Row:
    return reading(0, "heart_rate", 70, until)


def run(path: Path) -> Any:
    return CliRunner().invoke(command_line(), ["rehearse", str(path)])


def test_the_command_prints_one_event_a_line_with_exactly_the_documented_keys(tmp_path: Path) -> None:
    script = tmp_path / "try.jsonl"
    rows = [SESSION, PEAK, well(40), reading(0, "spo2", 85, 40), {"at": 40, "end": True}]
    script.write_text("\n".join(lines(rows)))
    result = run(script)
    assert result.exit_code == 0
    assert result.output == (
        '{"at": 15.0, "alarm": "spo2-low", "rule": "spo2-critical", "priority": "high", "event": "start", '
        '"state": "active", "acknowledged": false, "value": 85, "page": true}\n'
    )


def test_the_command_does_not_wait_for_libraries_that_it_has_no_use_for() -> None:
    look = "import sys, kapmonitor.commands.rehearse; print({'numpy', 'pydantic'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)
    assert found.stdout == "set()\n"


def test_nothing_is_printed_where_one_line_of_the_script_is_wrong(tmp_path: Path) -> None:
    script = tmp_path / "try.jsonl"
    script.write_text("\n".join([*lines([SESSION, PEAK, reading(0, "spo2", 85, 40)]), "oops"]))
    result = run(script)
    assert isinstance(result.exception, ConfigError)
    assert result.exception.exit_code == 2
    assert result.exception.mistakes[0].startswith(f"{script}: line 4: is not JSON")
    assert result.output == ""


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    script = tmp_path / "try.jsonl"
    if content is not None:
        script.write_bytes(content)
    result = run(script)
    assert isinstance(result.exception, ConfigError)
    assert str(script) in str(result.exception)


def test_who_acknowledges_what_is_not_there_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "try.jsonl"
    seen = {"at": 5, "acknowledge": {"alarm": "spo2-low", "by": "nurse-1"}}
    script.write_text("\n".join(lines([SESSION, PEAK, seen, {"at": 6, "end": True}])))
    result = run(script)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "line 3, at 5 s: There is no alarm spo2-low at that moment" in result.stderr


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"at": 1, "phase": "peek"}, "there is no phase 'peek'; phases are screening, baseline"),
        ({"at": 1, "reading": {"quantity": "glucose", "value": 5}}, "no device sends 'glucose'"),
        ({"at": 1, "reading": {"quantity": "systolic", "value": 120}}, "blood_pressure"),
        ({"at": 1, "reading": {"quantity": "spo2"}}, "missing required field `value`"),
        ({"at": 1, "reading": {"quantity": "spo2", "value": "97"}}, "Expected `float | null`, got `str`"),
        ({"at": 1, "reading": {"quantity": "spo2", "value": 97, "unit": "%"}}, "unknown field `unit`"),
        ('{"at": 1, "reading": {"quantity": "spo2", "value": NaN}}', "is not JSON"),
        ({"at": 1, "baseline": {"glucose": 5}}, "there is no quantity 'glucose'"),
        ({"at": 1, "baseline": {"spo2": 120}}, "spo2 = 120 is not possible; it can be 1 to 100"),
        ({"at": 1, "device": {"kind": "oximeter", "state": "off"}}, "Invalid enum value 'off'"),
        ({"at": 1, "event": {"kind": "sedation", "score": 6}}, "<= 5"),
        ({"at": 1, "interruption": {"by": "nurse-1", "minutes": 0}}, "> 0"),
        ({"at": 1, "acknowledge": {"alarm": "spo2-lo", "by": "nurse-1"}}, "alarms are spo2-low"),
        ({"at": 1}, "has 0 keys beside at"),
        ({"at": 1, "here": {"by": "a"}, "audio_pause": {"by": "a"}}, "has 2 keys beside at"),
        ({"at": 1, "wait": 5}, "unknown field `wait`"),
        ({"here": {"by": "a"}}, "missing required field `at`"),
        ({"at": -1, "here": {"by": "a"}}, "at never falls"),
        ({"at": 1e9, "here": {"by": "a"}}, "at = 1e+09 is outside"),
        ({"at": 1, "every": 1, "here": {"by": "a"}}, "needs both every and until"),
        ({"at": 1, "every": 0, "until": 5, "here": {"by": "a"}}, "every = 0 is too short"),
        ({"at": 9, "every": 1, "until": 5, "here": {"by": "a"}}, "until = 5 is outside 9"),
        ({"at": 1, "every": 1, "until": 5, "end": True}, "cannot repeat"),
        ({"at": 1, "end": False}, "end is true"),
        ({"at": 1, "session": {"route": "intravenous"}}, "one session, on its first line"),
        ([1, 2], "got `array`"),
        ("oops", "is not JSON"),
    ],
)
def test_a_wrong_line_is_named_with_what_would_be_right(row: Row | str, words: str) -> None:
    found = mistakes(SESSION, PEAK, row)
    assert len(found) == 1
    assert found[0].startswith("try.jsonl: line 3: ")
    assert words in found[0]


def test_every_wrong_line_is_named_in_one_go() -> None:
    found = mistakes(SESSION, {"at": 5, "phase": "peek"}, "", {"at": 4, "here": {"by": "a"}}, "oops")
    assert [mistake.split(": ")[1] for mistake in found] == ["line 2", "line 4", "line 5"]


def test_a_script_begins_with_its_session() -> None:
    assert "one session, on its first line" in mistakes(PEAK)[0]
    assert "is empty" in mistakes("")[0]
    assert "Invalid enum value 'oral'" in mistakes({"at": 0, "session": {"route": "oral"}})[0]


def test_nothing_may_stand_after_the_end() -> None:
    found = mistakes(SESSION, {"at": 1, "end": True}, {"at": 2, "here": {"by": "a"}})
    assert found == ["try.jsonl: line 3: stands after the end; remove it, or move the end"]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"spo2-low": {"limit": 99, "clear": 100}}, "rule 'spo2-low': limit = 99 is outside 80..96"),
        ({"spo2-critical": {"clear": 80}}, "clear = 80 lies beyond limit = 88"),
        ({"spo2-lo": {"limit": 90}}, "there is no rule 'spo2-lo'; rules are spo2-low"),
        ({"spo2-low": {"limt": 90}}, "limt"),
        ({"spo2-low": {"limit": "90"}}, "got `str`"),
        ({"spo2-low": {"bounds": [1, 100]}}, "spo2-low.bounds cannot be tried"),
        ({"spo2-low": {"tier": 9}}, "spo2-low.tier cannot be tried"),
    ],
)
def test_limits_that_a_site_may_not_choose_are_refused(limits: Row, words: str) -> None:
    found = mistakes({"at": 0, "session": {"route": "intramuscular", "limits": limits}}, PEAK)
    assert words in " ".join(found)
    assert all(each.startswith("try.jsonl: line 1: ") for each in found)


def test_a_line_repeats_up_to_and_with_its_last_second() -> None:
    assert rehearsed(well(40), reading(10, "spo2", 85, 24), {"at": 24, "end": True}) == []
    assert len(rehearsed(well(40), reading(10, "spo2", 85, 25), {"at": 25, "end": True})) == 1


def test_what_a_device_says_in_a_second_comes_before_that_second_is_over() -> None:
    rows = [reading(0, "heart_rate", 70, 40), reading(0, "spo2", 97), reading(14, "spo2", 97)]
    assert rehearsed(*rows, {"at": 28, "end": True}) == []


def test_repeated_lines_run_side_by_side() -> None:
    came = rehearsed(
        well(60), reading(0, "spo2", 97, 60), reading(20, "pulse_rate", 72, 60), {"at": 60, "end": True}
    )
    assert came == []


def test_without_an_end_it_runs_for_ten_minutes_without_data() -> None:
    """An interruption that begins with the last line runs out in the last second that is played."""
    recovery = {"at": 0, "phase": "recovery"}
    last = {"at": 10, "interruption": {"by": "nurse-1", "minutes": 10}}
    came = rehearsed(recovery, reading(0, "spo2", 97, 10), reading(0, "heart_rate", 70, 10), last)
    assert {line.at for line in came} == {610.0}


def test_times_count_from_the_scripts_own_zero() -> None:
    rows = [
        {"at": 100, "session": {"route": "intramuscular"}},
        {"at": 100, "phase": "peak"},
        reading(100.5, "heart_rate", 70, 130.5),
        reading(100.5, "spo2", 85, 130.5),
        {"at": 130.5, "end": True},
    ]
    assert [line.at for line in play(parse(lines(rows), RULES), ROUTES).lines] == [115.5]


def test_a_value_with_a_fraction_keeps_it() -> None:
    low = reading(1, "battery", 19.5, device="strap")
    [line] = rehearsed(low, {"at": 2, "end": True})
    assert json.loads(as_json(line))["value"] == 19.5


def test_a_reading_marked_invalid_is_none_whatever_number_it_carries() -> None:
    came = rehearsed(
        well(30),
        reading(0, "spo2", 97),
        reading(1, "spo2", 60, 30, quality="invalid"),
        {"at": 30, "end": True},
    )
    assert [line.alarm for line in came] == ["spo2-unavailable", "spo2-unavailable"]


def test_a_thousand_conditions_at_once_do_not_keep_the_high_one_back() -> None:
    kinds = ["nausea", "vomiting", "dizziness", "headache", "visual"]
    flood: list[Row] = [
        {"at": 20, "event": {"kind": kinds[n % 5], "severity": "severe"}} for n in range(1000)
    ]
    flood += [{"at": 20, "every": 1, "until": 60, "event": {"kind": "chest_pain"}} for _ in range(25)]
    came = rehearsed(well(60), reading(10, "spo2", 85, 60), *flood, {"at": 60, "end": True})
    high = [(line.at, line.alarm) for line in came if line.page]
    assert high == [(20.0, "symptom"), (25.0, "spo2-low")]


# Random scripts: what no input and no order of commands may bring about.

SPO2: list[Row] = [
    {"value": 97},
    {"value": 92},
    {"value": 91},
    {"value": 89},
    {"value": 87},
    {"value": 79},
    {"value": 0},
    {"value": None, "reason": "no_finger"},
    {"value": None, "reason": "artifact", "quality": "invalid"},
    {"value": 80, "quality": "questionable"},
]
RATE: list[Row] = [
    {"value": 70},
    {"value": 125},
    {"value": 131},
    {"value": 48},
    {"value": 40},
    {"value": 0},
    {"value": None, "reason": "no_contact"},
    {"value": 140, "quality": "questionable"},
]
NAMES = ["spo2-low", "heart-rate-high", "heart-rate-low", "blood-pressure-high", "help", "pulse-lost"]
COMMANDS: list[Row] = [
    {"here": {"by": "nurse-1"}}, {"audio_pause": {"by": "nurse-1"}},
    {"event": {"kind": "help"}},
    {"event": {"kind": "dose"}}, {"event": {"kind": "chest_pain"}},
    {"event": {"kind": "chest_pain", "resolved": True}},
    {"event": {"kind": "headache", "severity": "severe"}},
    {"event": {"kind": "sedation", "score": 1}}, {"interruption": {"by": "nurse-1", "minutes": 2}},
    {"device": {"kind": "oximeter", "state": "disconnected"}},
    {"device": {"kind": "strap", "state": "connected"}},
    {"blood_pressure": {"systolic": 182, "diastolic": 100}},
    {"blood_pressure": {"systolic": 120, "diastolic": 78}},
    *({"phase": phase.value} for phase in MONITORED),
]  # fmt: skip
ACKNOWLEDGE: list[Row] = [{"acknowledge": {"alarm": name, "by": "nurse-1"}} for name in NAMES]

PULSE: list[Row] = [
    {"value": 72},
    {"value": 135},
    {"value": 45},
    {"value": None, "reason": "no_finger"},
    {"value": None, "reason": "searching"},
]

STRETCH = st.tuples(st.integers(1, 30), st.sampled_from(SPO2), st.sampled_from(RATE), st.sampled_from(PULSE))
SAID = st.tuples(st.integers(0, 150), st.sampled_from([*COMMANDS, *ACKNOWLEDGE * 2]))


@st.composite
def scripts(draw: st.DrawFn) -> list[Row]:
    """An oximeter and a strap that send once a second, in stretches, and people in between."""
    rows: list[Row] = []
    at = 0
    for seconds, spo2, rate, pulse in draw(st.lists(STRETCH, min_size=1, max_size=10)):
        again = {"at": at, "every": 1, "until": at + seconds - 1}
        rows.append({**again, "reading": {"quantity": "spo2", **spo2}})
        rows.append({**again, "reading": {"quantity": "heart_rate", **rate}})
        rows.append({**again, "reading": {"quantity": "pulse_rate", **pulse}})
        at += seconds
    rows += [{"at": second, **what} for second, what in draw(st.lists(SAID, max_size=15)) if second < at]
    rows.append({"at": at - 1, "end": True})
    return [SESSION, PEAK, *sorted(rows, key=lambda row: (row["at"], "end" in row))]


def second_by_second(rows: list[Row], quantity: str) -> list[float | None]:
    """What a quantity validly was at each second; None where it was not."""
    found: dict[int, float | None] = {}
    for row in rows:
        one = row.get("reading", {})
        if one.get("quantity") == quantity:
            valid = "quality" not in one and one["value"]
            for second in range(row["at"], row["until"] + 1):
                found[second] = one["value"] if valid else None
    return [found[second] for second in range(len(found))]


def standing(came: list[Line], seconds: int) -> list[dict[str, Line]]:
    """How every alarm stands after each second."""
    now: dict[str, Line] = {}
    found: list[dict[str, Line]] = []
    rest = iter([*came, None])
    line = next(rest)
    for second in range(seconds):
        while line is not None and line.at <= second:
            now[line.alarm] = line
            line = next(rest)
        found.append(dict(now))
    return found


def must_be_high(stands: list[dict[str, Line]], alarm: str, holds: list[bool], delay: int) -> None:
    """Wherever something `holds` at every second for longer than its `delay`, `alarm` is active and high."""
    for second in range(delay, len(holds)):
        if all(holds[second - delay : second + 1]):
            line = stands[second].get(alarm)
            assert line is not None, f"{alarm} never came, though it held until {second} s"
            assert (line.state, line.priority) == ("active", "high"), f"{alarm} at {second} s: {line}"


@given(scripts())
@settings(max_examples=12, deadline=None)
def test_no_script_leaves_a_high_limit_broken_beyond_its_delay_and_nothing_active(rows: list[Row]) -> None:
    spo2, strap, pulse = (second_by_second(rows, name) for name in ("spo2", "heart_rate", "pulse_rate"))
    stands = standing(play(parse(lines(rows), RULES), ROUTES).lines, len(spo2))
    both = list(zip(strap, pulse, strict=True))
    fast, slow = [each is not None and each >= 131 for each in strap], [each == 40 for each in strap]
    must_be_high(stands, "spo2-low", [each is not None and each < 88 for each in spo2], 15)
    must_be_high(stands, "spo2-low", [each is not None and each < 80 for each in spo2], 8)
    must_be_high(stands, "heart-rate-high", fast, 15)
    must_be_high(stands, "heart-rate-low", slow, 15)
    must_be_high(stands, "heart-rate-high", [one == 131 and other in (None, 135) for one, other in both], 6)
    must_be_high(stands, "heart-rate-low", [one == 40 and other in (None, 45) for one, other in both], 6)
    must_be_high(stands, "help", said(rows, len(spo2), "help"), 0)
    must_be_high(stands, "symptom", said(rows, len(spo2), "chest_pain"), 0)
    must_be_high(stands, "blood-pressure-high", pressed(rows, len(spo2)), 0)


def said(rows: list[Row], seconds: int, kind: str) -> list[bool]:
    """Whether something was logged that nobody has answered (help) or resolved since, second by second."""
    found: list[bool] = []
    open_now = False
    for second in range(seconds):
        for row in (row for row in rows if row["at"] == second):
            event = row.get("event", {})
            if event.get("kind") == kind:
                open_now = not event.get("resolved")
            elif kind == "help" and "here" in row:
                open_now = False
        found.append(open_now)
    return found


def pressed(rows: list[Row], seconds: int) -> list[bool]:
    """Whether the newest cuff measurement is critical, second by second."""
    measured = [(row["at"], row["blood_pressure"]["systolic"]) for row in rows if "blood_pressure" in row]
    newest = [[systolic for at, systolic in measured if at <= second][-1:] for second in range(seconds)]
    return [each == [182] for each in newest]


@given(scripts())
@settings(max_examples=12, deadline=None)
def test_acknowledging_never_lowers_what_is_active(rows: list[Row]) -> None:
    silent = [row for row in rows if "acknowledge" not in row]
    seconds = rows[-1]["at"] + 1
    seen, unseen = (
        standing(play(parse(lines(each), RULES), ROUTES).lines, seconds) for each in (rows, silent)
    )
    for second in range(seconds):
        active, without = (
            {name: line.rule for name, line in stands[second].items() if line.state == "active"}
            for stands in (seen, unseen)
        )
        assert active == without, f"at {second} s"


@given(scripts())
@settings(max_examples=12, deadline=None)
def test_every_alarm_starts_before_it_changes_and_is_quiet_once_it_is_over(rows: list[Row]) -> None:
    stands: dict[str, str] = {}
    for line in play(parse(lines(rows), RULES), ROUTES).lines:
        assert (stands.get(line.alarm, "inactive") == "inactive") is (line.event == "start"), line
        assert (line.state == "inactive") is (line.event in ("end", "reset")), line
        stands[line.alarm] = line.state


@given(scripts())
@settings(max_examples=12, deadline=None)
def test_the_same_script_gives_the_same_bytes(rows: list[Row]) -> None:
    first, second = (
        [as_json(line) for line in play(parse(lines(rows), load_rules()), load_routes()).lines]
        for _ in range(2)
    )
    assert first == second


WORDS = st.sampled_from(["at", "reading", "quantity", "value", "every", "until", "phase"])
ATOMS = st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5)
JSON = st.recursive(ATOMS, lambda inner: st.dictionaries(WORDS, inner)).map(json.dumps)


@given(st.lists(st.text(max_size=40) | JSON, max_size=5))
def test_whatever_stands_in_a_file_is_read_or_refused_in_words(text: list[str]) -> None:
    said: list[str] = []
    try:
        parse([json.dumps(SESSION), *text], RULES)
    except ConfigError as error:
        said = error.mistakes
    assert all(mistake.startswith("script: line ") for mistake in said)
