"""That the benchmarks run, count what is lost, and say so. How fast anything is, no test asks."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kapmonitor.codecs import FORMATS
from kapmonitor.errors import DecodeError
from tests.bench.__main__ import BENCHMARKS, main
from tests.bench.frames import FRAMES
from tests.bench.options import Options
from tests.bench.report import Report, Result, percentile

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the run writes its results."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def results(folder: Path) -> list[Result]:
    return msgspec.json.decode((folder / "bench.json").read_bytes(), type=list[Result])


@pytest.mark.parametrize("wire", FORMATS)
def test_every_format_is_measured_with_frames_that_mean_something(wire: str) -> None:
    reader = FORMATS[wire].reader()
    for frame in FRAMES[wire]:
        (message,) = reader.feed(frame)
        assert not isinstance(message, DecodeError)
        assert FORMATS[wire].observe(message)


def test_the_pure_benchmarks_write_one_row_for_each_figure(folder: Path) -> None:
    assert main(["--quick", "--only", "decode", "--only", "smoothing", "--only", "monitors"]) == 0
    found = results(folder)
    names = [each.name for each in found]
    assert len(set(names)) == len(names)
    assert {f"decode {wire}" for wire in FORMATS} <= set(names)
    assert all(each.value > 0 and each.unit for each in found)
    assert all((each.target is None) == (each.ok is None) for each in found)


def test_no_frame_and_no_alarm_is_lost_between_terminals_and_alarm_events(folder: Path) -> None:
    """Real pseudo-terminals, fed by another process; the first pieces of the run with a hundred."""
    assert main(["--quick", "--only", "oximeters"]) == 0
    lost = [each for each in results(folder) if each.unit.startswith("lost of")]
    assert len(lost) == 4
    assert all(each.ok and each.value == 0 for each in lost)


@pytest.mark.parametrize(
    "name",
    [
        "durable",
        *(
            pytest.param(name, marks=pytest.mark.soak)
            for name in ("straps", "mqtt", "pages", "record", "service", "screens")
        ),
    ],
)
def test_the_benchmarks_of_whole_parts_still_run(folder: Path, name: str) -> None:
    """And lose nothing on their way, small as they are here."""
    assert main(["--quick", "--only", name]) == 0
    assert results(folder)


def test_a_missed_target_is_shown_and_no_failure(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def slow(_: Options, report: Report) -> None:
        report.add("how long it takes", 12.0, "ms", 10.0)

    monkeypatch.setitem(BENCHMARKS, "decode", slow)
    assert main(["--only", "decode"]) == 0
    assert results(folder) == [Result("how long it takes", 12.0, "ms", 10.0, ok=False)]
    assert "1 over target: how long it takes" in capsys.readouterr().out


def test_a_lost_frame_and_a_benchmark_that_breaks_fail_the_run_and_keep_the_rest(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def leaky(_: Options, report: Report) -> None:
        report.add_lost("frames", 100, 99)

    def broken(_: Options, report: Report) -> None:
        del report
        raise RuntimeError("the port is gone")

    monkeypatch.setitem(BENCHMARKS, "decode", leaky)
    monkeypatch.setitem(BENCHMARKS, "smoothing", broken)
    assert main(["--only", "smoothing", "--only", "decode"]) == 1
    assert results(folder) == [Result("frames", 1, "lost of 100", 0, ok=False)]
    said = capsys.readouterr().out
    assert "FAILED frames: 100 sent, 99 arrived" in said
    assert "FAILED smoothing: RuntimeError: the port is gone" in said


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile(list(range(1, 101)), 99) == 99
    assert percentile([5.0], 99) == 5.0
