"""`kapmonitor decode`: what scripts that read its lines rely on."""

from __future__ import annotations

import json
import os
import threading
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from kapmonitor.codecs import FORMATS
from kapmonitor.commands import decode as module
from kapmonitor.commands.decode import decode, decode_command
from kapmonitor.errors import ConfigError


def run(format_name: str, data: bytes, *, hex_lines: bool = False) -> tuple[int, list[Any]]:
    out = StringIO()
    code = decode(format_name, BytesIO(data), out, hex_lines=hex_lines)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_raw_packet_is_the_whole_input() -> None:
    code, rows = run("heart-rate", bytes.fromhex("165c8c02"))
    assert code == 0
    assert rows == [
        {"quantity": "heart_rate", "value": 92, "unit": "/min", "quality": "valid"},
        {"quantity": "rr_interval", "value": 636.72, "unit": "ms", "quality": "valid"},
    ]


def test_a_newline_byte_in_a_raw_packet_is_data() -> None:
    assert run("heart-rate", b"\x10\x4b\x0a\x03")[1][1]["value"] == 759.77


def test_whole_numbers_are_printed_without_a_fraction() -> None:
    out = StringIO()
    decode("plx-continuous", BytesIO(bytes.fromhex("0062004800")), out, hex_lines=False)
    assert out.getvalue().splitlines() == [
        '{"quantity": "spo2", "value": 98, "unit": "%", "quality": "valid"}',
        '{"quantity": "pulse_rate", "value": 72, "unit": "/min", "quality": "valid"}',
    ]


def test_a_blood_pressure_is_a_line_for_each_of_its_numbers_and_null_says_why() -> None:
    code, rows = run("blood-pressure", b"def6f416f3ff07e4070114082b00b2f2018000", hex_lines=True)
    assert code == 0
    assert [(row["quantity"], row["value"], row["unit"]) for row in rows] == [
        ("systolic", 127, "mmHg"),
        ("diastolic", 79, "mmHg"),
        ("mean_pressure", None, "mmHg"),
        ("pulse_rate", 69, "/min"),
    ]
    assert (rows[2]["quality"], rows[2]["reason"]) == ("not_available", "not_a_number")
    assert "reason" not in rows[0]


def test_a_cuff_pressure_is_converted_to_mmhg() -> None:
    code, rows = run("cuff-pressure", b"016ff0ff07ff07", hex_lines=True)
    assert code == 0
    assert rows == [
        {"quantity": "cuff_pressure", "value": 83.3, "unit": "mmHg", "quality": "valid", "line": 1}
    ]


def test_lines_are_numbered_as_in_the_file_and_empty_ones_say_nothing() -> None:
    code, rows = run("heart-rate", b"063c\n\n  \r\n063d\r\n063e", hex_lines=True)
    assert code == 0
    assert [(row["line"], row["value"]) for row in rows] == [(1, 60), (4, 61), (5, 62)]


@pytest.mark.parametrize(
    "line",
    ["165c8c02", "165C8C02", "16 5c 8c 02", "16:5C:8C:02", "16-5c-8c-02", "0x165c8c02", "(0x) 16-5C-8C-02"],
)
def test_hexadecimal_is_read_as_tools_write_it(line: str) -> None:
    assert run("heart-rate", line.encode(), hex_lines=True)[1][0]["value"] == 92


@pytest.mark.parametrize("line", [b"06 3", b"6 3c", b"heart", b"0x", b"\xff\xfe", b"06,3c;"])
def test_a_line_that_is_no_bytes_is_an_error_and_decoding_goes_on(line: bytes) -> None:
    code, rows = run("heart-rate", line + b"\n063c\n", hex_lines=True)
    assert code == 1
    assert rows[0]["error"] in ("format", "length")
    assert rows[0]["line"] == 1
    assert rows[0]["detail"]
    assert (rows[1]["value"], rows[1]["line"]) == (60, 2)


def test_bytes_that_mean_nothing_are_an_error_in_their_place() -> None:
    code, rows = run("blood-pressure", b"00780050005d00\n010203040506\n00780050005d00\n", hex_lines=True)
    assert code == 1
    assert [row.get("error") for row in rows] == [None, None, None, "length", None, None, None]
    assert rows[3]["line"] == 2


def test_a_value_that_cannot_be_is_understood_and_null() -> None:
    code, rows = run("heart-rate", b"04ff", hex_lines=True)
    assert code == 0
    assert rows == [
        {
            "quantity": "heart_rate",
            "value": None,
            "unit": "/min",
            "quality": "invalid",
            "reason": "out_of_range",
            "line": 1,
        }
    ]


@pytest.mark.parametrize("hex_lines", [False, True])
@pytest.mark.parametrize("format_name", FORMATS)
def test_nothing_in_nothing_out(format_name: str, *, hex_lines: bool) -> None:
    assert run(format_name, b"", hex_lines=hex_lines) == (0, [])


def test_more_than_a_packet_can_hold_is_refused_without_reading_to_the_end() -> None:
    with Path("/dev/zero").open("rb") as endless:
        out = StringIO()
        assert decode("heart-rate", endless, out, hex_lines=False) == 1
    assert json.loads(out.getvalue())["error"] == "length"


def test_an_overlong_line_is_one_error_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_LINE", 16)
    code, rows = run("heart-rate", b"00" * 40 + b"\n063c\n", hex_lines=True)
    assert code == 1
    assert [(row.get("error"), row["line"]) for row in rows] == [("format", 1), (None, 2)]


def test_lines_are_answered_as_they_come_while_the_input_stays_open() -> None:
    """So that a live device can be piped in."""
    source_end, feed = os.pipe()
    seen, out_end = os.pipe()
    with (
        os.fdopen(source_end, "rb") as source,
        os.fdopen(feed, "wb", buffering=0) as device,
        os.fdopen(seen) as screen,
        os.fdopen(out_end, "w") as out,
    ):
        worker = threading.Thread(
            target=decode, args=("heart-rate", source, out), kwargs={"hex_lines": True}, daemon=True
        )
        worker.start()
        device.write(b"063c\n")
        assert json.loads(screen.readline())["value"] == 60
        device.write(b"063d\n")
        assert json.loads(screen.readline())["value"] == 61
        device.close()
        worker.join()


def test_a_raw_stream_is_answered_as_it_comes() -> None:
    source_end, feed = os.pipe()
    seen, out_end = os.pipe()
    with (
        os.fdopen(source_end, "rb") as source,
        os.fdopen(feed, "wb", buffering=0) as device,
        os.fdopen(seen) as screen,
        os.fdopen(out_end, "w") as out,
    ):
        worker = threading.Thread(
            target=decode, args=("suntech", source, out), kwargs={"hex_lines": False}, daemon=True
        )
        worker.start()
        device.write(bytes.fromhex("3e0523"))
        device.write(bytes.fromhex("009a3e05"))
        assert json.loads(screen.readline())["value"] == 35
        device.write(bytes.fromhex("b90004"))
        assert json.loads(screen.readline())["value"] == 185
        device.close()
        worker.join()


def test_a_frame_split_over_lines_belongs_to_the_line_that_completes_it() -> None:
    code, rows = run("suntech", b"3e 05 23\n00 9a 3e\n\n05 b9 00 04\n", hex_lines=True)
    assert code == 0
    assert [(row["value"], row["line"]) for row in rows] == [(35, 2), (185, 4)]


def test_frames_joined_on_a_line_are_all_read() -> None:
    code, rows = run("contec-cms50-5", b"854230486184432f4961\n", hex_lines=True)
    assert {row["line"] for row in rows} == {1}
    assert code == 0
    assert len([row for row in rows if row["quantity"] == "spo2"]) == 2


@pytest.mark.parametrize("hex_lines", [False, True])
def test_the_unfinished_end_of_a_stream_is_reported(*, hex_lines: bool) -> None:
    data = b"3e0523009a\n3e05b9\n"
    code, rows = run("suntech", data if hex_lines else bytes.fromhex(data.decode()), hex_lines=hex_lines)
    assert code == 1
    assert rows[0]["value"] == 35
    assert rows[1]["error"] == "length"
    assert rows[1].get("line") == (2 if hex_lines else None)


def test_a_damaged_frame_costs_no_good_one() -> None:
    code, rows = run("suntech", b"3e0523009b\n3e05b90004\n", hex_lines=True)
    assert code == 1
    assert rows[0]["error"] == "checksum"
    assert rows[-1]["value"] == 185


def test_an_answer_without_a_number_is_understood_and_prints_nothing() -> None:
    assert run("suntech", b"3e044b73", hex_lines=True) == (0, [])


def test_a_stored_measurement_does_not_look_like_one_of_now() -> None:
    stored = b"3e1873004a001e00000000000000310755005800000000ea"
    code, rows = run("suntech", stored, hex_lines=True)
    assert code == 0
    assert {(row["quality"], row.get("reason")) for row in rows} == {("questionable", "stored")}


@pytest.mark.parametrize("hex_lines", [False, True])
@pytest.mark.parametrize("format_name", FORMATS)
@given(data=st.binary(max_size=60))
def test_any_input_gives_lines_and_an_exit_code(format_name: str, data: bytes, *, hex_lines: bool) -> None:
    code, rows = run(format_name, data.hex("\n", 7).encode() if hex_lines else data, hex_lines=hex_lines)
    assert code == any("error" in row for row in rows)


@given(data=st.binary(max_size=60))
def test_any_text_in_place_of_hexadecimal_gives_lines_and_an_exit_code(data: bytes) -> None:
    code, rows = run("contec-cms50-9", data, hex_lines=True)
    assert code == any("error" in row for row in rows)


app = typer.Typer()
app.command("decode")(decode_command)


def test_the_command_reads_a_file_or_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "strap.hex"
    file.write_text("063c\n")
    for arguments, typed in (
        (["heart-rate", str(file), "--hex"], ""),
        (["--hex", "heart-rate"], "063c\n"),
        (["heart-rate", "-", "--hex"], "063c"),
    ):
        result = CliRunner().invoke(app, arguments, input=typed)
        assert result.exit_code == 0
        assert json.loads(result.stdout)["value"] == 60


def test_the_command_ends_with_1_after_an_error_line() -> None:
    result = CliRunner().invoke(app, ["heart-rate", "--hex"], input="00\n")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == "length"


def test_the_command_lists_the_formats() -> None:
    result = CliRunner().invoke(app, ["--list"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(FORMATS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "FORMAT"),
        (["heart-beat"], "heart-beat"),
        (["heart-beat", "/nowhere"], "heart-beat"),
        (["heart-rate", "/nowhere/strap.bin"], "/nowhere/strap.bin"),
        (["heart-rate", "/"], "directory"),
    ],
)
def test_wrong_use_is_one_clear_line_and_2(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(app, arguments)
    error = result.exception
    assert isinstance(error, ConfigError)
    assert error.exit_code == 2
    assert words in str(error)
    assert len(str(error).splitlines()) == 1
    assert result.stdout == ""
