"""Telling systemd how the process is: sd_notify(3) in a few lines, on the datagram socket that it names.

Without NOTIFY_SOCKET in the environment nothing is told and nothing happens.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping

_log = logging.getLogger(__name__)


class Notifier:
    """Sends state to the service manager. Never blocks and never raises: monitoring does not depend on it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment` has NOTIFY_SOCKET: a path, or `@name` in the abstract namespace."""
        self._address = environment.get("NOTIFY_SOCKET")
        self._failed = False

    def ready(self) -> None:
        """What has to run runs."""
        self._tell("READY=1")

    def alive(self) -> None:
        """To be called again before WatchdogSec is over; else the process is killed and started anew."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """An orderly end has begun."""
        self._tell("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._tell(f"STATUS={' '.join(text.split())}")

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.settimeout(0)
                out.sendto(state.encode(), address)
        except OSError as error:
            if not self._failed:
                _log.warning("systemd cannot be told %s (%s: %s)", state, self._address, error)
            self._failed = True
        else:
            self._failed = False
