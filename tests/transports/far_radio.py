"""A process of its own with a simulated strap in it; prints the port where its radio can be had.

`python -m tests.transports.far_radio PORT ADDRESS`
"""

from __future__ import annotations

import asyncio
import sys

from kapmonitor.clock import Clock
from simulators.heart_rate_strap import HeartRateStrap
from simulators.radio import Radio
from tests.bluetooth import person


async def main(port: int, address: str) -> None:
    clock = Clock()
    async with Radio() as radio:
        print(await radio.serve_hci("127.0.0.1", port), flush=True)  # noqa: T201 - how the test learns it
        await HeartRateStrap(person(clock), clock, seed=1).run(radio, address)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
