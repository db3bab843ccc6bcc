"""The flight recorder: one recording a session, of what its devices sent and what its monitor was told.

Between sessions the beginning of every open connection and its last seconds are kept in memory, so that a
recording that begins later can still show a driver how the conversation began.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from kapmonitor.device import Connector, LinkKind
from kapmonitor.flight.file import first_line, packed
from kapmonitor.flight.records import Attached, Came, LeftOut, LinkRecord, Opened, Ordered, Part, Record
from kapmonitor.flight.tap import tapped
from kapmonitor.flight.writer import Writer
from kapmonitor.model import Origin

logger = logging.getLogger(__name__)

BLOCK_S = 5.0
BLOCK_BYTES = 1_000_000
"""A block is closed after so many seconds, or bytes before compression."""
SESSION_BYTES = 200_000_000
"""A session's recording may be so large; then the bytes of devices with waveforms are left out."""
ALL_BYTES = 5_000_000_000
"""All recordings together; then the oldest are deleted."""
HEAD, TAIL = 300, 500
"""Of a connection that is open before its session: how many records of its beginning and of now are kept."""
WAVES_PER_S = 5.0
"""A device that sends more often than this sends waveforms: no number needs it."""


class Flight:
    """The recording of one session, as long as it is open in this process."""

    def __init__(self, session: str, writer: Writer, most: int = SESSION_BYTES) -> None:
        """`most`: bytes on the disk from which on waveform-bearing bytes are left out."""
        self.session = session
        self._writer = writer
        self._most = most
        self._buffer = bytearray()
        self._began_at = 0.0
        self._beginning = b""
        self._dropped = 0
        self._failed = False
        self._left_out: set[str] = set()

    def begin(self, part: Part) -> None:
        """A session is there, or there again after a restart; a short recording has at least that."""
        self._beginning = first_line(part.session, part.software, part.moment.utc)
        self.put(part)
        self.seal(part.moment.at)

    def put(self, record: Record) -> None:
        """One more record. What cannot be recorded costs the recording, never the session."""
        if self._failed:
            return
        try:
            self._buffer += packed(record)
        except Exception:
            self._failed = True
            logger.exception("%s: the flight recorder failed; nothing more is recorded", self.session)

    def second(self, now: float) -> None:
        """A second is over: a block that is old or large enough goes to the disk."""
        if now - self._began_at >= BLOCK_S or len(self._buffer) >= BLOCK_BYTES:
            self.seal(now)

    def seal(self, now: float, *, last: bool = False) -> None:
        """Close the block, the last one for now; what a slow disk does not take is counted."""
        self._began_at = now
        if not self._buffer:
            return
        records = bytes(self._buffer)
        self._buffer.clear()
        if self._dropped:
            records = packed(LeftOut(now, "", "the disk was too slow", self._dropped)) + records
        if self._writer.put(self.session, self._beginning, records, last=last):
            self._dropped = 0
        else:
            self._dropped += len(records)

    def passed(self, record: LinkRecord, line: Line) -> None:
        """Something passed over a link of this session."""
        if line.flight is not self:
            line.flight = self
            self.put(Attached(record.at, line.id, line.driver, line.origin()))
            for each in line.so_far(record):
                self.put(each)
        if isinstance(record, Came) and self._full and self._without(line, record.at):
            return
        self.put(record)

    @property
    def _full(self) -> bool:
        return self._writer.sizes.get(self.session, 0) >= self._most

    def _without(self, line: Line, now: float) -> bool:
        if line.id not in self._left_out and line.often:
            self._left_out.add(line.id)
            self.put(LeftOut(now, line.id, f"the recording is larger than {self._most // 10**6} MB"))
        return line.id in self._left_out


class Line:
    """One device's link: who it is, and how the connection that is open now began."""

    def __init__(self, ident: str, driver: str, origin: Callable[[], Origin]) -> None:
        self.id = ident
        self.driver = driver
        self.origin = origin
        self.flight: Flight | None = None
        self._head: list[LinkRecord] = []
        self._tail: deque[LinkRecord] = deque(maxlen=TAIL)

    def remember(self, record: LinkRecord) -> None:
        """Something passed, whether or not there is a session."""
        if isinstance(record, Opened):
            self._head.clear()
            self._tail.clear()
        if len(self._head) < HEAD:
            self._head.append(record)
        else:
            self._tail.append(record)

    def so_far(self, now: LinkRecord) -> list[LinkRecord]:
        """What was remembered before `now`, which may have been remembered itself."""
        return [each for each in (*self._head, *self._tail) if each is not now]

    @property
    def often(self) -> bool:
        """Whether it sends so often that it must send waveforms."""
        if len(self._tail) < TAIL:
            return False
        return len(self._tail) > WAVES_PER_S * (self._tail[-1].at - self._tail[0].at)


class FlightRecorder:
    """The recordings of all sessions. `close` it at the end."""

    def __init__(
        self,
        folder: Path,
        now: Callable[[], float],
        *,
        session_bytes: int = SESSION_BYTES,
        all_bytes: int = ALL_BYTES,
    ) -> None:
        """`now`: the service's monotonic clock; the bounds as `SESSION_BYTES` and `ALL_BYTES`."""
        self._writer = Writer(folder, all_bytes)
        self._now = now
        self._session_bytes = session_bytes
        self._lines: dict[str, Line] = {}
        self._flights: dict[str, Flight] = {}
        self.session_of: Callable[[str], str | None] = lambda _: None
        """Which session a device measures in now; set it once there is a clinic."""

    def tapped(
        self,
        device: str,
        driver: str,
        kind: LinkKind,
        connect: Connector[object],
        origin: Callable[[], Origin],
    ) -> Connector[object]:
        """`connect` for this device, with everything on its links recorded."""
        self._lines[device] = Line(device, driver, origin)
        return tapped(device, kind, connect, self._now, self._passed)

    def ordered(self, device: str, trigger: str) -> None:
        """A cuff is about to be told to start, or (no `trigger`) to stop."""
        if device in self._lines:
            self._passed(Ordered(self._now(), device, trigger))

    def begin(self, part: Part) -> Flight:
        """The recording of a session that is there, or there again after a restart."""
        flight = self._flights[part.session] = Flight(part.session, self._writer, self._session_bytes)
        flight.begin(part)
        return flight

    def end(self, flight: Flight, now: float) -> None:
        """The session is over; it may be reopened."""
        flight.seal(now, last=True)
        self._flights.pop(flight.session, None)

    def again(self, flight: Flight) -> None:
        """It was reopened."""
        self._flights[flight.session] = flight

    def close(self) -> None:
        """Write everything; this waits for the disk."""
        for flight in self._flights.values():
            flight.seal(self._now(), last=True)
        self._writer.close()

    def path(self, session: str) -> Path:
        """Where a session's recording is."""
        return self._writer.path(session)

    def _passed(self, record: LinkRecord) -> None:
        line = self._lines[record.device]
        line.remember(record)
        session = self.session_of(record.device)
        flight = self._flights.get(session) if session is not None else None
        if flight is not None:
            flight.passed(record, line)
        else:
            line.flight = None


@asynccontextmanager
async def recording(folder: Path, now: Callable[[], float]) -> AsyncGenerator[FlightRecorder]:
    """A recorder; at the end it waits, beside the event loop, until all is on the disk."""
    recorder = FlightRecorder(folder, now)
    try:
        yield recorder
    finally:
        await asyncio.to_thread(recorder.close)
