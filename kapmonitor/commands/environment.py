"""What the environment says: where own files are kept, and the log-in at a broker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit


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
