"""Whether a real device can stand at the far end of a link: simulated until proven live."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from urllib.parse import urlsplit

from kapmonitor.model import Origin

_REAL_LINES = re.compile(r"^(/dev/tty[A-Z]\w*|/dev/cu\..+|COM\d+|\\\\\.\\COM\d+)$")
"""Serial lines that a kernel makes for hardware; pseudo-terminals are /dev/pts/N, /dev/ttyp0 and the like."""


def origin_of_port(port: str) -> Origin:
    """What a serial `port` leads to: live only for a hardware line or a host that is not this machine."""
    parts = urlsplit(port)
    if parts.hostname:
        return Origin.SIMULATED if _is_this_machine(parts.hostname) else Origin.LIVE
    real = port if port.upper().startswith(("COM", "\\\\")) else str(Path(port).resolve())
    return Origin.LIVE if _REAL_LINES.match(real) else Origin.SIMULATED


def origin_of_bluetooth(transport: str) -> Origin:
    """What a Bluetooth `transport` leads to: the machine's own radio (empty) or a dongle is real."""
    real = transport == "" or transport.startswith(("usb:", "serial:", "hci-socket:"))
    return Origin.LIVE if real else Origin.SIMULATED


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
