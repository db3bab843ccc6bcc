"""What a script lets go wrong with the service's Bluetooth adapter: it hangs, or is full."""

from __future__ import annotations

from collections.abc import Collection
from math import inf

from kapmonitor.clock import Clock
from simulators.physiology import Body
from simulators.radio import Radio


async def suffer(radio: Radio, bodies: Collection[Body], clock: Clock) -> None:
    """Disturb the adapters on `radio`, which all `bodies` use, as their scripts say; over if none does."""
    while any(body.may_hold("adapter_hang") or body.may_hold("slots_exhausted") for body in bodies):
        now = clock.now()
        hung = any(body.holds("adapter_hang", now) for body in bodies)
        slots = min(body.least("slots_exhausted", now) for body in bodies)
        for central in radio.centrals:
            central.hung = hung
            central.slots = None if slots == inf else round(slots)
        await clock.sleep(1.0)
