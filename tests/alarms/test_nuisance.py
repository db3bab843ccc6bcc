"""A site's own figures about its alarms: each alarm counts once, and what is not known stays unknown."""

from __future__ import annotations

from typing import Any

from kapmonitor.alarms.nuisance import Happening, Share, nuisance

HOUR_US = 3600 * 1_000_000
NOW = 1000 * 24 * HOUR_US


def happened(session: str = "s-1", **more: Any) -> Happening:
    """A session that began three hours ago and lasted two."""
    fields: dict[str, Any] = {"drill": False, "started_us": NOW - 3 * HOUR_US, "ended_us": NOW - HOUR_US}
    return Happening(session=session, **fields | more)


def alarm(name: str, rule: str, after_s: float, **more: Any) -> Happening:
    return happened(alarm=name, rule=rule, at_us=NOW - 3 * HOUR_US + round(after_s * 1e6), **more)


def share(*rows: Happening, days: int = 30) -> Share:
    return nuisance(rows, days, NOW).sessions


def test_an_alarm_counts_once_with_the_rule_that_began_it_and_its_label() -> None:
    found = share(
        alarm("a1", "spo2-low", 60, label="real"),
        alarm("a1", "spo2-critical", 90, label="real"),
        alarm("a1", "spo2-critical", 100, acknowledged=True, label="real"),
        alarm("a1", "spo2-low", 160, acknowledged=True, label="real"),
        alarm("a2", "spo2-low", 300, label="artefact"),
        alarm("a3", "spo2-low", 400, label="expected"),
        alarm("a4", "spo2-low", 500),
    )
    [line] = found.rules
    assert (line.rule, line.alarms) == ("spo2-low", 4)
    assert (line.real, line.artefact, line.expected, line.unlabelled) == (1, 1, 1, 1)
    assert (found.sessions, found.room_hours, line.per_room_hour) == (1, 2.0, 2.0)
    assert line.seconds_to_acknowledge == 40.0


def test_the_median_is_of_those_that_somebody_acknowledged() -> None:
    [line] = share(
        *(alarm(f"a{n}", "help", 0) for n in range(4)),
        *(alarm(f"a{n}", "help", seconds, acknowledged=True) for n, seconds in enumerate((10, 20, 600))),
    ).rules
    assert line.seconds_to_acknowledge == 20.0
    [line] = share(alarm("a1", "help", 0)).rules
    assert line.seconds_to_acknowledge is None


def test_the_most_frequent_rule_stands_first() -> None:
    found = share(alarm("a1", "help", 0), alarm("a2", "spo2-low", 1), alarm("a3", "spo2-low", 2))
    assert [line.rule for line in found.rules] == ["spo2-low", "help"]


def test_quiet_sessions_count_for_the_hours() -> None:
    found = share(alarm("a1", "help", 0), happened("s-2"), happened("s-3", ended_us=None))
    assert (found.sessions, found.room_hours) == (3, 2 + 2 + 3)


def test_only_what_lies_in_the_days_counts() -> None:
    ten_days = 10 * 24 * HOUR_US
    before = {"started_us": NOW - ten_days, "ended_us": NOW - 156 * HOUR_US}
    found = share(
        happened("old", **before, alarm="a1", rule="help", at_us=NOW - ten_days),
        happened("older", started_us=NOW - ten_days, ended_us=NOW - ten_days + HOUR_US),
        days=7,
    )
    assert found.rules == []
    assert (found.sessions, found.room_hours) == (1, 12.0)


def test_drills_are_counted_apart() -> None:
    found = nuisance([happened(), happened("d-1", drill=True, alarm="a1", rule="help", at_us=NOW)], 1, NOW)
    assert (found.sessions.sessions, found.sessions.rules) == (1, [])
    assert (found.drills.sessions, [line.rule for line in found.drills.rules]) == (1, ["help"])


def test_without_sessions_there_is_no_rate() -> None:
    found = nuisance([], 30, NOW)
    assert (found.sessions.sessions, found.sessions.room_hours, found.sessions.rules) == (0, 0, [])
    at_once = happened(started_us=NOW, ended_us=None, alarm="a1", rule="help", at_us=NOW)
    assert share(at_once).rules[0].per_room_hour is None
