"""Where a broker is, and how we may talk to it: the URLs of `[mqtt] servers`."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from kapmonitor.errors import ConfigError

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Server:
    """One broker. Its text is `host:port` and never shows the password; `tls` is None for plain MQTT."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_servers(urls: Sequence[str], *, allow_plain: bool = False) -> tuple[Server, ...]:
    """The brokers that `urls` name, each as `mqtt://user:password@host:port` or `mqtts://…`.

    `mqtts` checks the broker's certificate and name. The authorities are the system's, or those in the file
    that the environment variable SSL_CERT_FILE names: a clinic's own.
    `mqtt` carries passwords and values in the clear, so to another machine it needs `allow_plain`.

    Raises:
        ConfigError: every mistake in every URL; without the URLs, since they hold passwords.
    """
    mistakes = [] if urls else ["mqtt.servers: names no broker; give at least one mqtt:// or mqtts:// URL"]
    servers: list[Server] = []
    for number, url in enumerate(urls):
        try:
            servers.append(_server(url, allow_plain=allow_plain))
        except ValueError as mistake:
            mistakes.append(f"mqtt.servers[{number}]: {mistake}")
    if mistakes:
        raise ConfigError(mistakes)
    return tuple(servers)


def _server(url: str, *, allow_plain: bool) -> Server:
    parts = _split(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    if parts.scheme == "mqtt" and not allow_plain and not _is_loopback(host):
        raise ValueError(
            f"mqtt:// to {host} would send the password and every value unencrypted; use mqtts://, "
            "or set mqtt.allow_plain = true where the network itself is protected"
        )
    return Server(
        host,
        port,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        tls=_tls() if parts.scheme == "mqtts" else None,
    )


def _tls() -> ssl.SSLContext:
    """Certificates are checked; ours is in the file that KAPMONITOR_MQTT_CERTIFICATE names, with its key."""
    context = ssl.create_default_context()
    own = os.environ.get("KAPMONITOR_MQTT_CERTIFICATE")
    if own:
        try:
            context.load_cert_chain(own)
        except OSError as error:
            raise ValueError(f"KAPMONITOR_MQTT_CERTIFICATE: {own} holds no certificate and key") from error
    return context


def _split(url: str) -> SplitResult:
    parts = _without_url_in_the_error(url)
    if parts.scheme not in _PORTS:
        raise ValueError("must begin with mqtt:// or mqtts://")
    if not parts.hostname:
        raise ValueError("names no host; write mqtt://user:password@host:port")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("has more than mqtt://user:password@host:port; a '/', '?' or '#' in the password")
    return parts


def _without_url_in_the_error(url: str) -> SplitResult:
    """`urlsplit`, port included, without its errors, which quote parts of the URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        port, parts = 0, None
    if parts is None or port == 0:
        raise ValueError(
            "is not mqtt://user:password@host:port with a port of 1 to 65535; "
            "in user and password write '/' as %2F, '?' as %3F, '#' as %23, '@' as %40, ':' as %3A"
        )
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
