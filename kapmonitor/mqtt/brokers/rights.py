"""Who may read and write what on a broker; whatever is not named here is refused."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from kapmonitor.documents import root
from kapmonitor.mqtt.discovery import CONFIGS, HERE

SERVICE = "kapmonitor"
READER = "reader"
HOME_ASSISTANT = f"{HERE}#"
_OWN = ("service/#", "device/#", "place/#", "session/#", "alarm/#", "pager/+/page")


def _new() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class User:
    """One log-in; `read` and `write` are MQTT topic patterns. The password is new unless given."""

    name: str
    read: tuple[str, ...]
    write: tuple[str, ...]
    password: str = field(default_factory=_new, repr=False)


def users(site: str, pager_ids: Sequence[str]) -> list[User]:
    """The service, somebody who only reads, and each pager.

    The service reads receipts and cannot forge them.
    """
    tree = root(site)
    own = tuple(f"{tree}/{below}" for below in _OWN)
    service = User(SERVICE, (f"{tree}/#", HOME_ASSISTANT), (*own, CONFIGS))
    return [service, User(READER, (f"{tree}/#", HOME_ASSISTANT), ()), *pagers(site, pager_ids)]


def pagers(site: str, pager_ids: Sequence[str]) -> list[User]:
    """Each pager, bound to its own topics. It reads neither values nor alarms, nor what another is told.

    Which site it is at it may find out from what services say of themselves.
    """
    return [_pager(root(site), each) for each in pager_ids]


def _pager(tree: str, pager: str) -> User:
    own = f"{tree}/pager/{pager}"
    return User(
        pager,
        read=("kap/v1/+/service/status", "kap/v1/+/service/heartbeat", f"{own}/page", f"{own}/status"),
        write=(f"{own}/receipt", f"{own}/status"),
    )
