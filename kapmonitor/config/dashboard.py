"""Where the dashboard is served, and that nothing of it goes over a network unencrypted."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from kapmonitor.toml import Table, is_table

HIGHEST_PORT = 65535
OTHERS = 0o007


def mistakes_in_dashboard(table: Table) -> list[str]:
    """What is wrong with `[dashboard]` where each key has the right shape."""
    dashboard = table.get("dashboard")
    if not is_table(dashboard):
        return []
    tls = dashboard.get("tls")
    files = tls if is_table(tls) else {}
    found = _mistakes_in_bind(str(dashboard.get("bind", "127.0.0.1:8000")), bool(files), dashboard)
    for key in ("certificate", "key", "authority"):
        path = files.get(key)
        if isinstance(path, str):
            found += _mistakes_in_file(f"dashboard.tls.{key}", Path(path), secret=key == "key")
    return found


def _mistakes_in_bind(bind: str, tls: bool, dashboard: Table) -> list[str]:  # noqa: FBT001 - whether there is one
    host, _, port = bind.rpartition(":")
    if not host or not port.isdigit() or int(port) > HIGHEST_PORT:
        return [f'dashboard.bind = {bind!r}: needs an address and a port, such as "127.0.0.1:8000"']
    if not (tls or dashboard.get("https") or _is_this_machine(host.strip("[]"))):
        remedy = (
            "give it dashboard.tls (kapmonitor certificate), or put a TLS proxy before it (dashboard.https)"
        )
        return [f"dashboard.bind = {bind!r}: passwords would go over the network unencrypted; {remedy}"]
    return []


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _mistakes_in_file(key: str, path: Path, *, secret: bool) -> list[str]:
    try:
        path.read_bytes()
        mode = path.stat().st_mode
    except OSError as error:
        remedy = "check the path and its rights, or make one with kapmonitor certificate"
        return [f"{key}: {path} cannot be read ({error.strerror}); {remedy}"]
    if secret and mode & OTHERS:
        return [f"{key}: {path} can be read by everybody on this machine; chmod 600"]
    return []
