"""Many virtual straps on one radio, in a process of their own: `python -m tests.bench.strap_radio COUNT`.

Says the TCP port at which its HCI controller is for a central. For a line on standard input it falls silent,
connections open, and says how many notifications it has sent. Ends with its standard input.
"""

from __future__ import annotations

import asyncio
import sys

from bumble.gatt import Characteristic

from kapmonitor.clock import Clock
from kapmonitor.model import Route
from simulators.heart_rate_strap import HeartRateStrap
from simulators.physiology import Body
from simulators.radio import Radio


def address(number: int) -> str:
    """Where strap `number` is."""
    return f"C0:00:00:00:{number // 256:02X}:{number % 256:02X}"


class _CountingStrap(HeartRateStrap):
    """Counts the heart-rate notifications that somebody subscribed to."""

    sent = 0

    async def notify(self, characteristic: Characteristic[bytes], value: bytes) -> None:
        if characteristic is self._measurement:
            self.sent += len(self._listeners(characteristic))
        await super().notify(characteristic, value)


async def main(count: int) -> None:
    """Be `count` straps until standard input ends."""
    clock = Clock()
    straps = [
        _CountingStrap(Body(number, Route.INTRAMUSCULAR, clock.now()), clock, seed=number)
        for number in range(count)
    ]
    async with Radio() as radio:
        _say(await radio.serve_hci("127.0.0.1", 0))
        running = [
            asyncio.create_task(strap.run(radio, address(number))) for number, strap in enumerate(straps)
        ]
        orders = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
        )
        while await orders.readline():
            for strap in straps:
                strap.silence()
            _say(sum(strap.sent for strap in straps))
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
