"""The live feed: one picture for all clients, encoded once; a slow client costs nobody anything.

A picture goes out once a second, and at once when something other than a value changed. Waveforms go out ten
times a second. What a client has not taken is replaced (picture) or dropped, oldest first (waveforms).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from kapmonitor import documents
from kapmonitor.board import Board
from kapmonitor.clock import Clock
from kapmonitor.ports import Health
from kapmonitor.web.frames import LiveFrame, WaveBlock, encode_picture, encode_waves
from kapmonitor.web.screens import Report, Screen
from kapmonitor.web.views import EVERYTHING, View

PICTURE_S = 1.0
WAVES_S = 0.1
SPACING_S = 0.05
WAVE_FRAMES_KEPT = 20
JUMP_S = 0.5
"""Samples that are this far (s) from where they were due are after a gap; `lane.js` says the same."""
BLOCKS_KEPT_A_PLACE = 10
"""Some seconds of two waveforms, should nothing be sent for so long."""
ROUTINE = (
    "vitals",
    "snapshot",
    "heartbeat",
    "wave/pleth",
    "wave/ecg",
)  # topics that the next picture is soon enough for


class Client:
    """What waits for one open page: the newest picture and at most two seconds of waveforms."""

    def __init__(self, view: Callable[[], View] = lambda: EVERYTHING) -> None:
        """`view`: how much of the picture it gets; asked anew for each."""
        self.view = view
        self._picture: bytes | None = None
        self._waves: deque[bytes] = deque(maxlen=WAVE_FRAMES_KEPT)
        self._something = asyncio.Event()
        self.dropped = 0
        self.report = Report()

    @property
    def waiting(self) -> int:
        """Frames not taken yet; never more than `WAVE_FRAMES_KEPT` + 1."""
        return len(self._waves) + (self._picture is not None)

    def offer_picture(self, frame: bytes) -> None:
        """The newest picture; one that was not taken is worthless now."""
        self.dropped += self._picture is not None
        self._picture = frame
        self._something.set()

    def offer_waves(self, frame: bytes) -> None:
        """More samples; the oldest go where there is no room."""
        self.dropped += len(self._waves) == WAVE_FRAMES_KEPT
        self._waves.append(frame)
        self._something.set()

    async def next(self) -> bytes:
        """The next frame to send, pictures first; waits for one."""
        await self._something.wait()
        frame, self._picture = self._picture or self._waves.popleft(), None
        if not self.waiting:
            self._something.clear()
        return frame


class LiveFeed:
    """Feeds the board and all open pages. `message` and `wave` are called from the loop and never block."""

    def __init__(
        self,
        board: Board,
        clock: Clock,
        health: Health,
        *,
        site: str,
        simulated: bool = False,
        timezone: str = "UTC",
    ) -> None:
        """`clock` stamps the documents; `simulated` marks every page before any document does.

        `timezone` (IANA) is that of times on the screen.
        """
        self.board = board
        self.clock = clock
        self.health = health
        self.site = site
        self.simulated = simulated
        self.timezone = timezone
        self.clients: set[Client] = set()
        self.frames = 0
        self.dropped = 0
        places = sum(len(room.seats) for room in board.rooms)
        self._blocks: deque[WaveBlock] = deque(maxlen=BLOCKS_KEPT_A_PLACE * max(1, places))
        self._newest: dict[tuple[str, str], WaveBlock] = {}
        self._urgent = asyncio.Event()

    def message(self, message: documents.Message) -> None:
        """Take in one publication; pages see anything but routine values at once."""
        self.board.apply(message)
        if not message.topic.endswith(ROUTINE):
            self._urgent.set()

    def wave(self, session: str, quantity: str, values: Sequence[float], rate_hz: float, at: float) -> None:
        """Samples of a session's waveform; `at`, the time of the first, in `clock.now()` seconds.

        A serial oximeter sends one at a time: those that follow each other become one block of the frame.
        """
        if not self.clients or not len(values):
            return
        newest = self._newest.get((session, quantity))
        if newest is not None and newest.goes_on(at, rate_hz, JUMP_S * self.clock.speed):
            newest.values.extend(values)
        else:
            block = self._newest[session, quantity] = WaveBlock(session, quantity, at, rate_hz, list(values))
            self._blocks.append(block)

    def screens(self) -> list[Screen]:
        """What every open page says of itself."""
        return [client.report.screen for client in self.clients]

    @contextmanager
    def client(self, view: Callable[[], View] = lambda: EVERYTHING) -> Generator[Client]:
        """An open page; it gets a picture at once."""
        client = Client(view)
        client.offer_picture(encode_picture(self._picture(), view()))
        self.clients.add(client)
        try:
            yield client
        finally:
            self.clients.discard(client)
            self.dropped += client.dropped

    async def run(self) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()
        picture_at = loop.time()
        while True:
            await self._wait(WAVES_S)
            self._send_waves()
            if self._urgent.is_set() or loop.time() >= picture_at:
                self._urgent.clear()
                self._send_picture()
                picture_at = loop.time() + PICTURE_S
                await asyncio.sleep(SPACING_S)  # so that a flood of alarms becomes 20 pictures a second

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._urgent.wait()
        except TimeoutError:
            pass

    def _send_waves(self) -> None:
        if not self._blocks:
            return
        frame = encode_waves(self._blocks)
        self._blocks.clear()
        self._newest.clear()
        for client in self.clients:
            if not client.view().room:  # waves are for those who look after all rooms
                client.offer_waves(frame)

    def _send_picture(self) -> None:
        if not self.clients:
            return
        picture, encoded = self._picture(), dict[View, bytes]()
        for client in self.clients:
            view = client.view()
            if view not in encoded:
                encoded[view] = encode_picture(picture, view)
            client.offer_picture(encoded[view])

    def _picture(self) -> LiveFrame:
        self.frames += 1
        return LiveFrame(
            seq=self.frames,
            site=self.site,
            speed=self.clock.speed,
            simulated=self.simulated,
            problems=self.health.problems(),
            picture=self.board.picture(self.clock.utc()),
            timezone=self.timezone,
        )
