"""The encrypted way in, as `broker-config` makes it: nobody is believed without the site's own authority."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from kapmonitor.certificates.authority import Authority, Certified
from kapmonitor.errors import ConfigError
from kapmonitor.mqtt.brokers.folder import BrokerFolder
from kapmonitor.mqtt.client import connect
from kapmonitor.mqtt.errors import BrokerError
from kapmonitor.mqtt.server import parse_servers
from tests.mqtt.sites import ROOT, SERVICE, GeneratedMosquitto, hearing


class Spoiled(GeneratedMosquitto):
    """Shows a certificate of its own choice."""

    async def start_with(self, shown: Certified) -> None:
        certificates = self.folder.folder / "certificates"
        (certificates / "server.crt").write_bytes(shown.certificate)
        (certificates / "server.key").write_bytes(shown.key)
        process = await asyncio.create_subprocess_exec(*self.commands()[0])
        self.processes.append(process)
        while not await _listens(self.port):
            assert process.returncode is None
            await asyncio.sleep(0.05)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@pytest.fixture
async def spoiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Spoiled]:
    made = Spoiled(tmp_path / "broker")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    try:
        yield made
    finally:
        await made.end()


async def refusal(site: GeneratedMosquitto) -> str:
    (server,) = parse_servers(site.urls(SERVICE))
    with pytest.raises(BrokerError) as refused:
        async with connect(server, "test"):
            pass
    return str(refused.value)


async def test_a_broker_with_our_authoritys_certificate_is_believed(spoiled: Spoiled) -> None:
    await spoiled.start_with(spoiled.folder.authority.server(["127.0.0.1"]))
    (server,) = parse_servers(spoiled.urls(SERVICE))
    async with connect(server, "test"):
        pass


async def test_an_expired_certificate_is_refused(spoiled: Spoiled) -> None:
    await spoiled.start_with(spoiled.folder.authority.server(["127.0.0.1"], days=-1))
    assert "cannot be trusted (certificate has expired)" in await refusal(spoiled)


async def test_a_certificate_that_is_its_own_authority_is_refused(spoiled: Spoiled) -> None:
    own = Authority(site="somebody").kept
    await spoiled.start_with(own)
    assert "self-signed certificate" in await refusal(spoiled)


async def test_another_authoritys_certificate_is_refused(spoiled: Spoiled) -> None:
    await spoiled.start_with(Authority(site="north-clinic").server(["127.0.0.1"]))
    assert "cannot be trusted" in await refusal(spoiled)


async def test_a_certificate_for_another_name_is_refused(spoiled: Spoiled) -> None:
    await spoiled.start_with(spoiled.folder.authority.server(["broker.south-clinic.example"]))
    assert "cannot be trusted" in await refusal(spoiled)


async def test_client_certificates_stand_for_the_log_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = GeneratedMosquitto(tmp_path / "broker")
    site.place = replace(site.place, client_certificates=True)
    site.file = site.folder.mosquitto(["127.0.0.1"], site.place)
    monkeypatch.setenv("SSL_CERT_FILE", str(site.authority))
    clients = site.folder.folder / "clients"
    monkeypatch.setenv("KAPMONITOR_MQTT_CERTIFICATE", str(clients / f"{SERVICE}.pem"))
    try:
        await site.start()
        async with hearing(site, SERVICE, "pager/+/receipt") as heard:
            monkeypatch.setenv("KAPMONITOR_MQTT_CERTIFICATE", str(clients / "nurse-1.pem"))
            (server,) = parse_servers(site.urls("nurse-2"))  # who it says to be counts for nothing
            async with connect(server, "test-nurse") as nurse:
                for pager in ("nurse-2", "nurse-1"):
                    await nurse.publish(f"{ROOT}/pager/{pager}/receipt", b"x", qos=1, retain=False)
            await heard.last("pager/nurse-1/receipt", b"x")
            assert heard.payloads("pager/nurse-2/receipt") == []
        monkeypatch.setenv("KAPMONITOR_MQTT_CERTIFICATE", "")
        with pytest.raises(BrokerError):
            async with connect(parse_servers(site.urls(SERVICE))[0], "test"):
                pass
    finally:
        await site.end()
    monkeypatch.setenv("KAPMONITOR_MQTT_CERTIFICATE", str(site.authority))
    with pytest.raises(ConfigError, match="holds no certificate and key"):
        parse_servers(["mqtts://127.0.0.1"])


def test_a_plain_way_to_another_machine_is_refused_unless_told() -> None:
    with pytest.raises(ConfigError, match="unencrypted"):
        parse_servers(["mqtt://nurse-1:x@10.0.0.5"])
    assert parse_servers(["mqtt://nurse-1:x@10.0.0.5"], allow_plain=True)


def test_made_again_it_keeps_authority_and_passwords_and_nobody_else_may_read_them(tmp_path: Path) -> None:
    first = BrokerFolder(tmp_path / "b", "north-clinic", ["nurse-1"])
    again = BrokerFolder(tmp_path / "b", "north-clinic", ["nurse-1", "nurse-2"])
    known = {each.name: each.password for each in again.users}
    assert {each.name: each.password for each in first.users}.items() <= known.items()
    assert len(set(known.values())) == len(known)
    assert first.authority.kept == again.authority.kept
    for path in (tmp_path / "b").rglob("*"):
        assert path.is_dir() or path.stat().st_mode & 0o077 == 0, path
