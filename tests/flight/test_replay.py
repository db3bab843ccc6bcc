"""`kapmonitor replay`: the same bytes give the same events, and other limits show what they change."""

from __future__ import annotations

import json
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

import drivers
from kapmonitor.__main__ import command_line
from kapmonitor.clock import Clock
from kapmonitor.codecs.contec_cms50 import START, Sample, encode_5, encode_command
from kapmonitor.commands.replay import driver_of
from kapmonitor.config import defaults_dir
from kapmonitor.errors import ConfigError
from kapmonitor.flight.file import Damage, RecordingError, block, first_line, packed, read
from kapmonitor.flight.records import (
    Attached,
    Came,
    Closed,
    LeftOut,
    LinkRecord,
    Opened,
    Part,
    Record,
    Took,
    Wrote,
)
from kapmonitor.model import Origin
from kapmonitor.replay import replay
from kapmonitor.replay.conversation import converse
from tests.flight.ward import Recorded, a_session
from tests.sessions import NOON

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return a_session(tmp_path_factory.mktemp("ward"))


def records(path: Path) -> list[Record]:
    return [each for each in read(path.read_bytes()) if not isinstance(each, Damage)]


def rewritten(everything: Sequence[Record]) -> bytes:
    [part] = [each for each in everything if isinstance(each, Part)]
    return first_line(part.session, part.software, part.moment.utc) + block(b"".join(map(packed, everything)))


def run(*arguments: object) -> Any:
    return CliRunner().invoke(command_line(), ["replay", *map(str, arguments)])


def test_the_session_was_worth_recording(recorded: Recorded) -> None:
    path, events = recorded
    assert {"start", "escalate", "acknowledge", "end"} <= {each.event for each in events}
    assert {"spo2-low", "spo2-unavailable"} <= {each.name for each in events}
    took = [each for each in records(path) if isinstance(each, Took)]
    assert {each.device for each in took} == {"oximeter-1", "cuff-1", "strap-1"}
    assert any(each.pressures and each.pressures[0].systolic.value for each in took)


def test_the_same_bytes_give_the_same_events_to_the_instant(recorded: Recorded) -> None:
    path, events = recorded
    replayed = replay(path.read_bytes(), "it", driver_of)
    assert replayed.notes == []
    assert replayed.now == replayed.then
    told = [(each.alarm, each.event, each.ts, each.value) for each in events]
    assert [(each.instance, each.event, each.moment.ts, each.value) for each in replayed.now] == told


def test_the_command_prints_the_events_and_says_that_they_are_the_same(recorded: Recorded) -> None:
    path, events = recorded
    result = run(path)
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["alarm"] for line in lines] == [each.name for each in events]
    assert list(lines[0]) == [
        "at", "ts", "alarm", "rule", "priority", "event", "state", "acknowledged", "value", "page", "origin",
    ]  # fmt: skip
    assert {line["origin"] for line in lines} == {"replay"}
    assert "the same as recorded" in result.stderr


def test_other_limits_show_what_they_would_have_changed(recorded: Recorded, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    shipped = (defaults_dir() / "alarms.toml").read_text(encoding="utf-8")
    head, rule, tail = shipped.partition('rule = "spo2-critical"')
    assert "limit = 88" in tail
    other.write_text(head + rule + tail.replace("limit = 88", "limit = 85", 1), encoding="utf-8")
    result = run(recorded[0], "--config", other)
    assert result.exit_code == 0, result.stderr
    gone = [line for line in result.stdout.splitlines() if line.startswith("- ")]
    assert any('"spo2-critical"' in line for line in gone)
    assert not any(line.startswith("+") and '"spo2-critical"' in line for line in result.stdout.splitlines())
    assert any(line.startswith("  ") for line in result.stdout.splitlines())


def test_the_limits_of_then_change_nothing(recorded: Recorded) -> None:
    result = run(recorded[0], "--config", defaults_dir() / "alarms.toml")
    assert result.exit_code == 0, result.stderr
    assert {line[:2] for line in result.stdout.splitlines()} == {"  "}


def test_other_bytes_are_told_from_when_on_and_what_they_change(recorded: Recorded, tmp_path: Path) -> None:
    everything = records(recorded[0])
    well = encode_5(Sample(spo2=97, pulse_rate=70, pleth=50))
    changed = [
        replace(each, data=well) if isinstance(each, Came) and each.device == "oximeter-1" else each
        for each in everything
    ]
    path = tmp_path / "other.kapflight"
    path.write_bytes(rewritten(changed))
    result = run(path)
    assert result.exit_code == 1
    assert "oximeter-1 (contec-cms50) says otherwise from" in result.stderr
    assert 'missing: {"at"' in result.stderr
    assert '"spo2-critical"' not in result.stdout


def test_bytes_that_were_left_out_are_taken_from_what_the_driver_said_then(recorded: Recorded) -> None:
    everything = records(recorded[0])
    at = next(each.at for each in everything[len(everything) // 2 :] if isinstance(each, Came))
    kept = [
        each
        for each in everything
        if not (isinstance(each, Came) and each.device == "oximeter-1" and each.at >= at)
    ]
    place = next(n for n, each in enumerate(kept) if isinstance(each, Took) and each.moment.at >= at)
    kept.insert(place, LeftOut(at, "oximeter-1", "the recording is larger than 200 MB"))
    replayed = replay(rewritten(kept), "it", driver_of)
    assert replayed.now == replayed.then
    assert len(replayed.notes) == 1
    assert "the bytes of oximeter-1 are not in the recording from" in replayed.notes[0]


def test_a_file_that_ends_in_the_middle_is_replayed_as_far_as_it_goes(
    recorded: Recorded, tmp_path: Path
) -> None:
    data = recorded[0].read_bytes()
    path = tmp_path / "torn.kapflight"
    path.write_bytes(data[: len(data) * 2 // 3])
    result = run(path)
    assert result.exit_code == 0, result.stderr
    assert "the file ends in the middle of a block" in result.stderr
    assert '"spo2-critical"' in result.stdout


def test_only_the_service_reads_it_and_no_client_stands_in_it(recorded: Recorded) -> None:
    path, _ = recorded
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    [part] = [each for each in records(path) if isinstance(each, Part)]
    assert b"C-17" not in packed(part)
    assert b"4711" not in b"".join(map(packed, records(path)))


def test_a_session_is_found_by_its_name(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, _ = recorded
    folder = tmp_path / "kapmonitor" / "north" / "flights"
    folder.mkdir(parents=True)
    (folder / path.name).write_bytes(path.read_bytes())
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert run(path.stem).exit_code == 0
    left = [each for each in folder.parent.rglob("*") if each.is_file() and each.stat().st_size]
    noted = b"".join(each.read_bytes() for each in left if each.suffix != ".kapflight")
    assert b"replay" in noted
    assert path.stem.encode() in noted
    result = run("room-9-a-20260101-000000")
    assert isinstance(result.exception, ConfigError)
    assert "is no file, and no session with a recording in" in str(result.exception)


@pytest.mark.parametrize("content", [b"", b"garbage\n" * 100, b"\0" * 5000, b'{"at": 0}\n'])
def test_what_is_no_recording_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(content)
    error = run(path).exception
    assert isinstance(error, RecordingError)
    assert error.exit_code == 2
    assert "is no recording of a session" in str(error)


def test_a_recording_without_its_beginning_says_so(recorded: Recorded) -> None:
    data = recorded[0].read_bytes()
    with pytest.raises(RecordingError, match="nothing of the session can be read"):
        replay(data[:300], "it", driver_of)


def test_a_driver_that_is_no_more_is_named() -> None:
    with pytest.raises(RecordingError, match="'nellcor', which is not here"):
        driver_of("nellcor", Clock())
    assert set(drivers.DRIVERS)  # the others are


def test_a_word_that_a_driver_no_longer_says_makes_nothing_late() -> None:
    """Three settings of a line are tried in the 3 s of silence after which it is closed: which came first?"""
    frames = encode_5(Sample(spo2=97, pulse_rate=70, pleth=50)) * 15
    start = encode_command(START)
    passed: list[LinkRecord] = [
        Opened(0.0, "oximeter-1"),
        Came(0.5, "oximeter-1", frames),
        Closed(4.0, "oximeter-1"),
        Opened(5.0, "oximeter-1"),
        Wrote(6.0, "oximeter-1", start),
        Closed(8.0, "oximeter-1"),
        Opened(9.0, "oximeter-1"),
        Wrote(9.0, "oximeter-1", start),
        Came(9.5, "oximeter-1", frames),
    ]
    attached = Attached(0.0, "oximeter-1", "contec-cms50", Origin.LIVE)
    said = converse(attached, passed, driver_of, NOON)
    assert [round(each.at, 1) for each in said] == [0.5, 9.5]
