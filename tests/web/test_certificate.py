"""TLS for the dashboard: made by one command, checked by another, good for whoever trusts only us."""

from __future__ import annotations

import json
import re
import ssl
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner
from websockets.asyncio.client import connect
from websockets.typing import Origin

from kapmonitor.__main__ import command_line
from kapmonitor.certificates.authority import Authority
from kapmonitor.certificates.files import authority_in, write_certified
from kapmonitor.certificates.look import mistakes_in, warnings_of
from kapmonitor.errors import ConfigError, KapmonitorError
from kapmonitor.web import Tls, create_app
from tests.web.clinic import Clinic
from tests.web.conftest import PASSWORD, access_of, running
from tests.web.phone import KEY, Call

CONFIG = """
[site]
id = "north-clinic"
[dashboard]
bind = "0.0.0.0:8443"
hosts = ["monitor.clinic.example", "192.0.2.7"]
{more}
"""


def kapmonitor(*arguments: str) -> str:
    """What a command prints; its own errors are raised."""
    result = CliRunner().invoke(command_line(arguments), list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def config(folder: Path, more: str = "") -> str:
    path = folder / "clinic.toml"
    path.write_text(CONFIG.format(more=more))
    return str(path)


def test_the_command_makes_what_the_configuration_then_takes(tmp_path: Path) -> None:
    bare = config(tmp_path)
    with pytest.raises(
        ConfigError, match=r"0\.0\.0\.0:8443'?: passwords would go over the network unencrypted"
    ):
        kapmonitor("check-config", bare)
    out = tmp_path / "tls"
    printed = kapmonitor("certificate", "--config", bare, "--out", str(out))
    line = re.search(r"^tls = \{.*\}$", printed, flags=re.MULTILINE)
    assert line is not None
    assert "good. 0 rooms" in kapmonitor("check-config", config(tmp_path, line[0]))
    modes = {path.relative_to(out): path.stat().st_mode & 0o777 for path in out.rglob("*") if path.is_file()}
    assert len(modes) == 4
    assert set(modes.values()) == {0o600}

    authority = (out / "certificates/ca.crt").read_bytes()
    kapmonitor("certificate", "--config", bare, "--out", str(out))
    assert (out / "certificates/ca.crt").read_bytes() == authority
    (out / "authority/ca.key").unlink()
    with pytest.raises(KapmonitorError, match="bring it back for a moment"):
        kapmonitor("certificate", "--config", bare, "--out", str(out))


def test_files_that_will_not_do_are_named(tmp_path: Path) -> None:
    authority, now = Authority(site="test"), datetime.now(UTC)
    for name, made in (
        ("good", authority.server(["a.example"])),
        ("soon", authority.server(["a.example"], days=9)),
        ("ended", authority.server(["a.example"], days=-3)),
    ):
        write_certified(tmp_path, name, made)
    path = {name: tmp_path / f"{name}" for name in ("good", "soon", "ended")}

    def mistakes(certificate: str, key: str) -> list[str]:
        return mistakes_in(path[certificate].with_suffix(".crt"), path[key].with_suffix(".key"), now)

    assert mistakes("good", "good") == []
    assert "is the key of another certificate" in mistakes("good", "soon")[0]
    assert "ended on" in mistakes("ended", "ended")[0]
    assert "is no certificate" in mistakes_in(tmp_path / "good.key", tmp_path / "good.key", now)[0]
    assert "is no key" in mistakes_in(tmp_path / "good.crt", tmp_path / "good.crt", now)[0]
    good, soon = path["good"].with_suffix(".crt"), path["soon"].with_suffix(".crt")
    assert warnings_of(good, ["a.example"], now) == []
    assert "does not name b.example" in warnings_of(good, ["a.example", "b.example"], now)[0]
    assert "ends on" in warnings_of(soon, ["a.example"], now)[0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('tls = { certificate = "no.crt", key = "no.key" }', r"dashboard\.tls\.key: no\.key cannot be read"),
        ('tls = { certificate = "no.crt" }', r"dashboard\.tls\.key: is missing"),
        ("tls = true", r"dashboard\.tls = True"),
    ],
)
def test_mistakes_in_the_keys_are_named(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        kapmonitor("check-config", config(tmp_path, more))


def test_a_key_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    write_certified(tmp_path, "x", Authority(site="test").server(["monitor.clinic.example"]))
    (tmp_path / "x.key").chmod(0o644)
    more = f'tls = {{ certificate = "{tmp_path}/x.crt", key = "{tmp_path}/x.key" }}'
    with pytest.raises(ConfigError, match="can be read by everybody on this machine; chmod 600"):
        kapmonitor("check-config", config(tmp_path, more))


async def test_a_phone_works_over_tls_with_the_authority_that_it_was_given(
    tmp_path: Path, clinic: Clinic, password_hash: str
) -> None:
    authority = authority_in(tmp_path, "test")
    write_certified(tmp_path, "x", authority.server(["127.0.0.1"]))
    call, given = Call(), authority.kept.certificate
    app = create_app(
        clinic.feed, clinic.staff, access_of(password_hash), pagers=call.pagers, phones=call.pagers.phones,
        https=True, authority=given,
    )  # fmt: skip
    tls = Tls(tmp_path / "x.crt", tmp_path / "x.key")
    async with running(app, tls=tls) as url:
        assert url.startswith("https://127.0.0.1:")
        async with httpx2.AsyncClient(base_url=url, verify=False) as stranger:
            fetched = await stranger.get("ca.pem")
            assert (fetched.content, fetched.headers["content-type"]) == (given, "application/x-x509-ca-cert")
        trusting = ssl.create_default_context(cadata=fetched.text)
        headers = {"origin": url.rstrip("/")}
        async with httpx2.AsyncClient(base_url=url, verify=trusting, headers=headers) as client:
            answer = await client.post("login", data={"user": "staff", "password": PASSWORD})
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("__Host-kap=")
            assert "; secure" in cookie.lower()
            taken = await client.post("api/v1/pagers/phone-1/take", json={"key": KEY})
            assert taken.status_code == 204
        async with connect(
            f"{url.replace('https', 'wss', 1)}ws/pager",
            ssl=trusting,
            additional_headers={"Cookie": cookie.partition(";")[0]},
            origin=Origin(url.rstrip("/")),
        ) as socket:
            await socket.send(json.dumps({"kind": "hello", "pager": "phone-1", "key": KEY}))
            assert json.loads(await socket.recv())["kind"] == "heartbeat"
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(f"{url.replace('https', 'wss', 1)}ws/pager", ssl=ssl.create_default_context())


async def test_a_pair_that_does_not_fit_is_said_before_anything_is_served(
    tmp_path: Path, clinic: Clinic
) -> None:
    authority = Authority(site="test")
    write_certified(tmp_path, "x", authority.server(["127.0.0.1"]))
    write_certified(tmp_path, "y", authority.server(["127.0.0.1"]))
    app = create_app(clinic.feed, clinic.staff, access_of(""))
    with pytest.raises(ConfigError, match="make one with kapmonitor certificate"):
        async with running(app, tls=Tls(tmp_path / "x.crt", tmp_path / "y.key")):
            pass
