"""Who the service is at a broker: the same after every start, known to nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kapmonitor.commands.environment import kept_client_id


def test_the_client_id_is_random_and_stays(tmp_path: Path) -> None:
    first, other = tmp_path / "first", tmp_path / "other"
    known = kept_client_id(first)
    assert kept_client_id(first) == known
    assert kept_client_id(other) != known
    assert (first / "mqtt-client-id").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damaged", [b"", b"\xff\xfe", b"# not an id", b"a" * 24])
def test_a_damaged_one_is_made_anew(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "mqtt-client-id").write_bytes(damaged)
    made = kept_client_id(tmp_path)
    assert made.startswith("kap-sure-")
    assert kept_client_id(tmp_path) == made


def test_where_it_cannot_be_kept_the_service_starts_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert kept_client_id(tmp_path / "file").startswith("kap-sure-")
    assert "cannot be kept" in caplog.text
