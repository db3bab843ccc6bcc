"""config/mosquitto as a clinic installs it: it starts, encrypts, and lets nobody do what is not theirs."""

from __future__ import annotations

import asyncio
import getpass
import subprocess
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kapmonitor.mqtt.client import Connection, connect
from kapmonitor.mqtt.errors import BrokerError
from kapmonitor.mqtt.publisher import Publisher
from kapmonitor.mqtt.server import Server, parse_servers
from tests.brokers import find, free_port
from tests.mqtt.listener import listen
from tests.mqtt.samples import alarm, payload
from tests.mqtt.waiting import eventually, running

CONFIG = Path(__file__).parents[2] / "config" / "mosquitto"
ROOT = "kap/v1/north-clinic"


@dataclass(frozen=True)
class Clinic:
    """A running broker; every password is the user's name backwards."""

    plain_port: int
    tls_port: int
    certificate: Path

    def url(self, user: str) -> str:
        return f"mqtt://{user}:{user[::-1]}@127.0.0.1:{self.plain_port}"

    def server(self, user: str) -> Server:
        return parse_servers([self.url(user)])[0]


def certified(folder: Path) -> Path:
    """A certificate for `localhost`, which is its own authority, with its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, traditional = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    (folder / "server.key").write_bytes(key.private_bytes(pem, traditional, serialization.NoEncryption()))
    (folder / "server.crt").write_bytes(certificate.public_bytes(pem))
    return folder / "server.crt"


def installed(folder: Path) -> tuple[Clinic, Path]:
    """The two files and what their head tells to make, under `folder` instead of /etc and /var."""
    certificate = certified(folder)
    passwords = folder / "kapmonitor.passwords"
    passwords.touch()
    for user in ("kapmonitor", "reader", "nurse-1"):
        subprocess.run([find("mosquitto_passwd"), "-b", str(passwords), user, user[::-1]], check=True)
    clinic = Clinic(free_port(), free_port(), certificate)
    text = (CONFIG / "kapmonitor.conf").read_text()
    for there, here in {
        "/etc/mosquitto/certs": str(folder),
        "/etc/mosquitto/kapmonitor.acl": str(CONFIG / "kapmonitor.acl"),
        "/etc/mosquitto": str(folder),
        "/var/lib/mosquitto": str(folder),
        "listener 8883": f"listener {clinic.tls_port} 127.0.0.1",
        "listener 1883": f"listener {clinic.plain_port}",
        "log_dest syslog": f"log_dest file {folder}/mosquitto.log",
    }.items():
        assert there in text
        text = text.replace(there, here)
    file = folder / "mosquitto.conf"
    file.write_text(f"{text}\nuser {getpass.getuser()}\n")
    return clinic, file


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[Clinic]:
    made, file = installed(tmp_path)
    process = await asyncio.create_subprocess_exec(
        find("mosquitto"), "-c", str(file), stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        while not await answers(made.server("kapmonitor")):
            assert process.returncode is None, (tmp_path / "mosquitto.log").read_text()
            await asyncio.sleep(0.02)
        yield made
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def answers(server: Server) -> bool:
    try:
        async with connect(server, "test-start"):
            return True
    except BrokerError:
        return False


async def heard_by(clinic: Clinic, listener: str, writer: str, *topics: str) -> list[str]:
    """Which of `topics`, written by `writer`, `listener` hears; `writer` may write to the last one."""
    async with AsyncExitStack() as stack:
        live = await stack.enter_async_context(listen(clinic.url(listener), f"{ROOT}/#"))
        connection: Connection = await stack.enter_async_context(connect(clinic.server(writer), "writer"))
        for topic in topics:
            await connection.publish(f"{ROOT}/{topic}", b"x", qos=1, retain=False)
        await live.last(topics[-1], b"x")
        return [each.topic.removeprefix(f"{ROOT}/") for each in live.heard]


async def test_the_service_publishes_and_a_reader_reads(clinic: Clinic) -> None:
    publisher = Publisher([clinic.url("kapmonitor")], "north-clinic", origin="live")
    async with listen(clinic.url("reader")) as live, running(publisher):
        publisher.publish(alarm())
        await live.last("alarm/spo2-low-1", payload(alarm()))
        await live.last("service/status", b"online")
        await eventually(lambda: publisher.statistics.waiting == 0)
        assert publisher.problems() == []


async def test_a_reader_can_write_nothing(clinic: Clinic) -> None:
    async with connect(clinic.server("reader"), "forger") as forger:
        await forger.publish(f"{ROOT}/alarm/a", b"forged", qos=1, retain=True)
        await forger.publish(f"{ROOT}/pager/nurse-1/receipt", b"forged", qos=1, retain=False)
    assert await heard_by(clinic, "reader", "kapmonitor", "alarm/b") == ["alarm/b"]


async def test_a_pager_answers_for_itself_alone(clinic: Clinic) -> None:
    written = ("alarm/a", "pager/nurse-2/receipt", "pager/nurse-1/page", "pager/nurse-1/receipt")
    assert await heard_by(clinic, "kapmonitor", "nurse-1", *written) == ["pager/nurse-1/receipt"]


async def test_a_pager_hears_its_pages_and_whether_anybody_calls(clinic: Clinic) -> None:
    written = (
        "session/s-1/vitals",
        "pager/nurse-2/page",
        "alarm/a",
        "service/heartbeat",
        "pager/nurse-1/page",
    )
    heard = await heard_by(clinic, "nurse-1", "kapmonitor", *written)
    assert heard == ["alarm/a", "service/heartbeat", "pager/nurse-1/page"]


async def test_the_service_cannot_forge_a_receipt(clinic: Clinic) -> None:
    written = ("pager/nurse-1/receipt", "pager/nurse-1/page")
    assert await heard_by(clinic, "reader", "kapmonitor", *written) == ["pager/nurse-1/page"]


@pytest.mark.parametrize("login", ["", "kapmonitor:wrong@", "nobody:nothing@"])
async def test_nobody_comes_in_without_their_password(clinic: Clinic, login: str) -> None:
    (server,) = parse_servers([f"mqtt://{login}127.0.0.1:{clinic.plain_port}"])
    with pytest.raises(BrokerError, match="refuses the log-in"):
        async with connect(server, "test"):
            pass


async def test_the_encrypted_way_in_works_for_who_knows_the_authority(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(clinic.certificate))
    url = f"mqtts://kapmonitor:rotinompak@localhost:{clinic.tls_port}"
    publisher = Publisher([url], "north-clinic", origin="live")
    async with listen(clinic.url("reader")) as live, running(publisher):
        publisher.publish(alarm())
        await live.last("alarm/spo2-low-1", payload(alarm()))


@pytest.mark.parametrize(("host", "known"), [("localhost", False), ("127.0.0.1", True)])
async def test_an_unknown_authority_or_another_name_is_refused_before_the_password_is_sent(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, host: str, *, known: bool
) -> None:
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(clinic.certificate))
    publisher = Publisher([f"mqtts://kapmonitor:secret@{host}:{clinic.tls_port}"], "x", origin="live")
    async with running(publisher):
        await eventually(publisher.problems)
    assert "cannot be trusted" in publisher.problems()[0]


async def test_a_port_without_tls_is_not_spoken_to_in_the_clear(clinic: Clinic) -> None:
    publisher = Publisher([f"mqtts://kapmonitor:x@localhost:{clinic.plain_port}"], "x", origin="live")
    async with running(publisher):
        await eventually(publisher.problems)
    assert not publisher.connected
