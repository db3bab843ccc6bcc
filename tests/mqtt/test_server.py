"""Broker URLs: what is taken, what is refused with a reason, and that passwords stay out of sight."""

from __future__ import annotations

import pytest

from kapmonitor.errors import ConfigError
from kapmonitor.mqtt.server import Server, parse_servers


def mistakes(*urls: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_servers(urls)
    return str(caught.value)


def test_a_url_names_host_port_user_and_password() -> None:
    assert parse_servers(["mqtt://service:s3cret@127.0.0.1:1884"]) == (
        Server("127.0.0.1", 1884, "service", "s3cret"),
    )


def test_ports_and_log_in_may_be_left_out() -> None:
    plain, secure = parse_servers(["mqtt://localhost", "mqtts://broker.clinic"])
    assert (plain.port, plain.user, plain.tls) == (1883, None, None)
    assert secure.port == 8883
    assert secure.tls is not None
    assert secure.tls.check_hostname


def test_special_characters_are_percent_encoded() -> None:
    (server,) = parse_servers(["mqtt://a%40b:p%2F%3A%23@[::1]:1883"])
    assert (server.user, server.password, str(server)) == ("a@b", "p/:#", "[::1]:1883")


def test_plain_mqtt_to_another_machine_needs_to_be_allowed() -> None:
    assert "mqtt.allow_plain" in mistakes("mqtt://10.0.0.5")
    assert parse_servers(["mqtt://10.0.0.5"], allow_plain=True) == (Server("10.0.0.5", 1883),)


@pytest.mark.parametrize(
    "url",
    [
        "http://u:topsecret@h",
        "mqtt://u:topsecret@",
        "mqtt://u:topsecret@h:99999",
        "mqtt://u:topsecret@h:0",
        "mqtt://u:topsecret@localhost/path",
        "mqtt://u:top/secret@localhost",
        "mqtt://u:top#secret@localhost",
        "mqtt://u:topsecret@[::1",
        "",
    ],
)
def test_a_wrong_url_is_named_by_its_place_without_its_password(url: str) -> None:
    said = mistakes("mqtt://localhost", url)
    assert said.startswith("mqtt.servers[1]: ")
    assert "secret" not in said


def test_every_mistake_is_reported_in_one_go() -> None:
    assert len(mistakes("http://h", "mqtt://h:x").splitlines()) == 2
    assert "no broker" in mistakes()


def test_a_server_never_shows_its_password() -> None:
    (server,) = parse_servers(["mqtts://service:topsecret@broker"])
    assert "topsecret" not in f"{server} {server!r}"
