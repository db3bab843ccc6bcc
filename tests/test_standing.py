"""The start-of-day check and the limits that somebody is to sign: what is judged, and what is told of it."""

from __future__ import annotations

import pytest

from kapmonitor.alarms.compared import Difference, differences, lines
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.standing import Heard, Part, in_a_line, points
from tests.alarms.script import default_rules
from tests.web.standing import device

WELL = (Part("recording", well=True, text=""), Part("broker", well=True, text=""))


def test_all_is_well_where_a_cuff_sleeps_and_a_device_says_nothing_of_its_battery() -> None:
    there = [device("strap-1", battery=20.0), device("cuff-1", "offline", sleeps=True, battery=None)]
    found = points(there, WELL, signed=True, reachable=True, sound="heard")
    assert all(each.well for each in found)
    assert in_a_line(found) == "all well"


def test_what_is_not_well_is_named() -> None:
    there = [device("strap-1", "degraded"), device("oximeter-1", "", battery=19.4), device("cuff-1")]
    parts = (Part("recording", well=False, text="The disk is full."), WELL[1])
    found = points(there, parts, signed=False, reachable=False, sound="not-heard")
    assert in_a_line(found) == (
        "open: devices (strap-1, oximeter-1); batteries (oximeter-1 19 %); recording (The disk is full.); "
        "limits; pagers; sound (not-heard)"
    )


@pytest.mark.parametrize("sound", [None, "not-tried"])
def test_what_there_is_not_is_not_asked(sound: Heard | None) -> None:
    for reachable in (None, True):
        names = [each.name for each in points([], WELL, signed=True, reachable=reachable, sound=sound)]
        assert ("pagers" in names, "sound" in names) == (reachable is not None, sound is not None)


def test_a_set_that_nobody_changed_has_no_differences() -> None:
    assert differences(default_rules(), default_rules()) == ()


def test_every_column_that_is_another_one_is_told_with_both_values() -> None:
    now = default_rules()
    before = now.with_limits({"spo2-low": {"limit": 93.0, "clear": 94.5, "text": "Low"}})
    assert differences(now, before) == (
        Difference(rule="spo2-low", column="text", before="Low", now="SpO2 low"),
        Difference(rule="spo2-low", column="limit", before="93", now="92"),
        Difference(rule="spo2-low", column="clear", before="94.5", now="93"),
    )


def test_a_rule_that_came_or_went_is_one_line() -> None:
    whole = default_rules()
    less = RuleSet(whole.rules[1:])
    name = whole.rules[0].rule
    assert differences(whole, less) == (Difference(rule=name, column="", before="-", now="+"),)
    assert differences(less, whole) == (Difference(rule=name, column="", before="+", now="-"),)


def test_every_rule_is_shown_with_all_that_is_signed() -> None:
    shown = lines(default_rules())
    assert [each.rule for each in shown] == [each.rule for each in default_rules().rules]
    first = shown[0]
    assert (first.columns["limit"], first.columns["delay_s"], first.columns["latch"]) == ("92", "15", "false")
    assert "ready, onset" in first.columns["phases"]
