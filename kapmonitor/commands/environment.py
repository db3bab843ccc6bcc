"""What the environment says: where own files are kept, and who we are at a broker."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

from kapmonitor.mqtt.lanes import client_id

_log = logging.getLogger(__name__)


def state_folder(environment: Mapping[str, str]) -> Path:
    """Where the service keeps what is its own: systemd's StateDirectory, else the user's XDG state home."""
    state = environment.get("STATE_DIRECTORY")
    home = environment.get("XDG_STATE_HOME")
    return Path(state) if state else (Path(home) if home else Path.home() / ".local/state") / "kapmonitor"


def with_credentials(server: str, environment: Mapping[str, str]) -> str:
    """A broker's URL with KAPMONITOR_MQTT_USER and KAPMONITOR_MQTT_PASSWORD of the environment in it."""
    user, password = environment.get("KAPMONITOR_MQTT_USER"), environment.get("KAPMONITOR_MQTT_PASSWORD")
    if user is None:
        return server
    parts = urlsplit(server)
    secret = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    return parts._replace(netloc=f"{secret}@{parts.netloc.rpartition('@')[2]}").geturl()


def kept_client_id(folder: Path) -> str:
    """The service's MQTT client id, the same at every start: under it brokers keep what pagers say meanwhile.

    It is random, since whoever knows it can have a broker drop our connection. Where it cannot be kept, it is
    good for this start: answers that are given while the service is away are lost then, no pages.
    """
    path = folder / "mqtt-client-id"
    with suppress(OSError, UnicodeDecodeError):
        if re.fullmatch(r"[a-z0-9-]{1,23}", kept := path.read_text().strip()):
            return kept
    new = client_id("sure")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"{new}\n")
    except OSError as error:
        _log.warning("%s cannot be kept (%s): what pagers answer during a restart is lost", path, error)
    return new
