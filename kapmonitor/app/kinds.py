"""What kind of link each driver talks on: all that a configuration is checked against.

Apart from `equipment`, which brings the whole clinic: a pager, a watchdog, `check-config` start without it.
"""

from __future__ import annotations

import drivers
from kapmonitor.device import LinkKind


def link_kinds() -> dict[str, LinkKind]:
    """Every driver there is, and what kind of link it talks on."""
    return {name: drivers.load(name).link_kind for name in drivers.DRIVERS}
