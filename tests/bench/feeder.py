"""The far end of many oximeters, in a process of its own: `python -m tests.bench.feeder PORTS FRAMES`.

Opens PORTS pseudo-terminals and names them on standard output. Each line of standard input is a number of
seconds: for so long every port gets 60 five-byte frames a second, the ports one after the other within each
sixtieth, as devices that know nothing of each other would send. Every FRAMES frames a port's SpO2 changes
between 94 and 91 %. Each such run ends with one line of JSON: `Fed`. Ends with its standard input.
"""

from __future__ import annotations

import os
import sys
import time
import tty
from contextlib import suppress

import msgspec

from kapmonitor.codecs.contec_cms50 import RATE_HZ, Sample, encode_5

SPO2 = (94, 91)
"""The second is below the limit of `spo2-low`."""


class Fed(msgspec.Struct):
    """One run: frames sent; (port, monotonic s) of each change of SpO2; how late each hundredth frame was, s.

    A change counts from the second frame that says it: the driver believes nothing that one frame says alone.
    Whoever only sleeps and writes is late when the machine is: that much of a latency is not ours.
    """

    sent: int = 0
    changes: list[tuple[int, float]] = []
    late_s: list[float] = []


class _Port:
    """One oximeter that nobody wears."""

    def __init__(self, first_change: int) -> None:
        self.master, slave = os.openpty()  # the slave stays open: a port that nobody has open has no device
        tty.setraw(slave)
        os.set_blocking(self.master, False)  # a device sends on, whether its bytes find room or not
        self.name = os.ttyname(slave)
        self.frames = first_change
        self.low = False

    def send(self, change_every: int) -> float | None:
        """Send the next frame; the time, just before, where it is the second with a new SpO2."""
        self.frames += 1
        self.low ^= self.frames % change_every == 0
        frame = encode_5(Sample(pleth=self.frames % 100, spo2=SPO2[self.low], pulse_rate=72, signal=7))
        now = time.monotonic()
        with suppress(BlockingIOError):
            os.write(self.master, frame)
        return now if self.frames % change_every == 1 else None


def feed(ports: list[_Port], seconds: float, change_every: int) -> Fed:
    """Frames for all `ports`, evenly spread over time."""
    fed, started = Fed(), time.monotonic()
    step = 1 / RATE_HZ / len(ports)
    for number in range(round(seconds * RATE_HZ) * len(ports)):
        due = started + number * step
        early = due - time.monotonic()
        if early > 0:
            time.sleep(early)
        if number % 100 == 0:
            fed.late_s.append(time.monotonic() - due)
        which = number % len(ports)
        changed_at = ports[which].send(change_every)
        fed.sent += 1
        if changed_at is not None:
            fed.changes.append((which, changed_at))
    return fed


def main(count: int, change_every: int) -> None:
    """Be `count` oximeters."""
    # The changes are spread, too.
    ports = [_Port(number * change_every // count) for number in range(count)]
    _say([port.name for port in ports])
    for line in sys.stdin:
        _say(feed(ports, float(line), change_every))


def _say(what: object) -> None:
    sys.stdout.write(msgspec.json.encode(what).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
