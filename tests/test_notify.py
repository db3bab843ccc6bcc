"""systemd hears of the service on a real datagram socket, and a service without systemd never notices."""

from __future__ import annotations

import logging
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from kapmonitor.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """What systemd puts into NOTIFY_SOCKET, and its own end."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@kapmonitor-{uuid.uuid4().hex}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        end.settimeout(10)
        yield name, end


def test_systemd_hears_every_word(manager: tuple[str, socket.socket]) -> None:
    name, end = manager
    notifier = Notifier({"NOTIFY_SOCKET": name})
    notifier.ready()
    notifier.alive()
    notifier.status("2 rooms\nREADY=1")
    notifier.stopping()
    heard = [end.recv(1000) for _ in range(4)]
    assert heard == [b"READY=1", b"WATCHDOG=1", b"STATUS=2 rooms READY=1", b"STOPPING=1"]


def test_without_systemd_nothing_happens() -> None:
    Notifier({}).ready()
    Notifier({"NOTIFY_SOCKET": ""}).alive()


def test_a_manager_that_is_gone_is_said_once_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            notifier.alive()
    assert caplog.text.count("systemd cannot be told") == 1


def test_a_manager_that_does_not_read_holds_nobody_up(manager: tuple[str, socket.socket]) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": manager[0]})
    for _ in range(10_000):
        notifier.alive()
