"""mosquitto 2.0: its configuration, its list of rights and its file of passwords, as text."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kapmonitor.mqtt.brokers.rights import User

_ITERATIONS = 1000  # of PBKDF2; the passwords are random, 192 bits, so nobody guesses them whatever this is
_CONFIGURATION = """\
# Made by `kapmonitor broker-config`: the whole configuration of mosquitto 2.0 or newer. Who may do what
# stands in kapmonitor.acl, the passwords, hashed, in kapmonitor.passwords. Make it anew rather than edit it.

# Encrypted; the certificate carries the names that clients connect to. There is no other way in.
listener {port}{address}
certfile {certificates}/server.crt
keyfile {certificates}/server.key
tls_version tlsv1.2
{client_certificates}
# Nobody without a log-in, and nothing that kapmonitor.acl does not name.
allow_anonymous false
password_file {folder}/kapmonitor.passwords
acl_file {folder}/kapmonitor.acl

# What is retained, and what waits for a pager that is away, survives a restart and a power cut: written one
# second after it changed at the latest (after 30 minutes, without the two lines).
persistence true
persistence_location {data}/
autosave_on_changes true
autosave_interval 1

# An alarm does not wait for a packet to fill.
set_tcp_nodelay true

# Limits: no document is nearly so large; no client that hangs holds memory without bounds; a pager that is
# away finds at most this many pages, and is forgotten when it has not come for two weeks.
message_size_limit 65536
max_packet_size 131072
max_inflight_messages 20
max_queued_messages 10000
max_queued_bytes 16777216
max_connections 1000
persistent_client_expiration 14d

log_dest {log}
log_type error
log_type warning
log_type notice
{user}"""
_CLIENT_CERTIFICATES = """
# A client shows a certificate of our own authority; its name there is the user, and no password is asked for.
cafile {certificates}/ca.crt
require_certificate true
use_identity_as_username true
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where mosquitto finds its files and listens; `user` is who it runs as, empty for its own."""

    folder: Path
    data: Path = Path("/var/lib/mosquitto")
    port: int = 8883
    address: str = ""
    log: str = "syslog"
    user: str = ""
    client_certificates: bool = False


def configuration(place: Place) -> str:
    """The text of `mosquitto.conf`."""
    certificates = place.folder / "certificates"
    asked = _CLIENT_CERTIFICATES.format(certificates=certificates) if place.client_certificates else ""
    return _CONFIGURATION.format(
        port=place.port,
        address=f" {place.address}" if place.address else "",
        certificates=certificates,
        client_certificates=asked,
        folder=place.folder,
        data=place.data,
        log=place.log,
        user=f"user {place.user}\n" if place.user else "",
    )


def rights(users: Sequence[User]) -> str:
    """The text of the ACL file. A topic that stands nowhere in it is refused."""
    lines = ["# Made by `kapmonitor broker-config`. Who may do what; what is not named is refused."]
    for user in users:
        lines += ["", f"user {user.name}"]
        lines += [f"topic read {each}" for each in user.read]
        lines += [f"topic write {each}" for each in user.write]
    return "\n".join(lines) + "\n"


def passwords(users: Sequence[User]) -> str:
    """The text of the password file, hashed as mosquitto_passwd does (PBKDF2 with SHA-512)."""
    return "".join(f"{user.name}:{_hashed(user.password)}\n" for user in users)


def _hashed(password: str) -> str:
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
