"""One supervisor per device: find, connect, watch for silence, reconnect, and say what is wrong.

Each try to talk to the device is a task of its own. The supervisor can therefore give up on a try that
hangs, wherever it hangs; a try that was given up and comes back to life later belongs to an old generation,
and nothing it says is taken.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence

from kapmonitor.clock import Clock
from kapmonitor.device import AnyDriver, Connector
from kapmonitor.errors import KapmonitorError, LinkError, NeedsPairingError
from kapmonitor.model import (
    BloodPressure,
    DeviceData,
    DeviceReport,
    DeviceState,
    Observation,
    Origin,
)

logger = logging.getLogger(__name__)

CONNECT_WITHIN_S = 60.0
"""A try to connect that takes longer has hung, and so has the transport's own watchdog."""
LET_GO_WITHIN_S = 3.0
"""How long a cancelled try may take to leave the device safe (stop a cuff) and close its link."""
SHORTEST_WAIT_S = 0.01
"""Less than that to a deadline may be less than a clock can tell: it would be waited for again and again."""
BACK_OFF_S = (0.25, 5.0)
PAIRING_BACK_OFF_S = 30.0
"""A device that refuses us is asked rarely: one failed pairing too many costs some devices their bond."""


_PAIR = (
    "Put the device into pairing mode. "
    "If it is still refused after a minute, have its old pairing removed: kapmonitor unpair."
)


_WORN = "Check that the device is worn and measuring."


class _SilentError(LinkError):
    """The link is open, but what should come by itself does not come; `advice` is for staff."""

    def __init__(self, text: str, advice: str) -> None:
        super().__init__(text)
        self.advice = advice


class Supervisor:
    """Keeps one device talking. `run()` ends only by cancellation."""

    def __init__(
        self,
        device: str,
        driver: AnyDriver,
        connect: Connector[object],
        clock: Clock,
        origin: Callable[[], Origin],
        on_data: Callable[[DeviceData], None],
        on_report: Callable[[DeviceReport], None],
    ) -> None:
        """`connect` opens the link; `origin` says what stands at its far end; no callback may block."""
        self.device = device
        self.driver = driver
        self._connect = connect
        self._clock = clock
        self._origin_now = origin
        self._origin = origin()
        self._on_data = on_data
        self._on_report = on_report
        self._generation = 0
        self._opened = asyncio.Event()
        self._heard: dict[str, float] = {}
        self._errors_before = driver.errors
        self._was_live: bool | None = None
        self._abandoned: set[asyncio.Task[None]] = set()
        self.state = DeviceState.SEARCHING

    async def run(self) -> None:
        """Try, and try again after 0.25 to 5 s, each wait longer than the last, until cancelled."""
        self._say(DeviceState.SEARCHING, "looking for the device")
        failures = 0
        while True:
            failures = 0 if await self._try_once() else failures + 1
            await self._clock.sleep(self._pause(failures))

    async def _try_once(self) -> bool:
        """One connection, from its opening to its end; whether anything was heard on it."""
        self._generation += 1
        self._opened.clear()
        self._heard.clear()
        self._errors_before = self.driver.errors
        attempt = asyncio.create_task(self._attempt(self._generation), name=f"{self.device} attempt")
        try:
            await self._watch(attempt)
        except NeedsPairingError as error:
            self._say(DeviceState.NEEDS_PAIRING, str(error), _PAIR)
        except _SilentError as error:
            self._say(DeviceState.STALE, str(error), error.advice)
        except KapmonitorError as error:
            self._lost(str(error))
        except Exception:
            # A driver's bug costs this device, never the service; the traceback is for us.
            logger.exception("%s: the driver failed", self.device)
            self._lost("the driver failed; see the log")
        finally:
            await self._let_go(attempt)
        return bool(self._heard)

    async def _attempt(self, generation: int) -> None:
        async with self._connect() as link:
            self._origin = self._origin_now()
            self._opened.set()
            await self.driver.run(link, lambda observations: self._take(generation, observations))
        raise LinkError("the device ended the conversation")

    async def _watch(self, attempt: asyncio.Task[None]) -> None:
        """Until the attempt ends by itself; raise `LinkError` where it hangs or the device is silent."""
        self._say(DeviceState.CONNECTING, "connecting")
        opened = asyncio.create_task(self._opened.wait(), name=f"{self.device} opened")
        try:
            await self._first_of(attempt, opened, within_s=CONNECT_WITHIN_S)
        finally:
            opened.cancel()
        if attempt.done():
            _raise_outcome(attempt)
        if not self._opened.is_set():
            raise LinkError(f"no connection after {CONNECT_WITHIN_S:g} s")
        self._open()
        await self._watch_for_silence(attempt)

    async def _watch_for_silence(self, attempt: asyncio.Task[None]) -> None:
        opened_at = self._clock.now()
        deadlines = self.driver.silence_s
        while not attempt.done():
            now = self._clock.now()
            left = [each_s - (now - self._heard.get(name, opened_at)) for name, each_s in deadlines.items()]
            if left and min(left) <= 0:
                raise self._silent(max(deadlines.values()))
            await self._first_of(attempt, within_s=max(SHORTEST_WAIT_S, min(left, default=60.0)))
        _raise_outcome(attempt)

    def _silent(self, seconds: float) -> _SilentError:
        if self.driver.errors == self._errors_before:
            return _SilentError(f"connected, but silent for {seconds:g} s", _WORN)
        advice = "Check that the device is set to the format of its driver, and its line to the right speed."
        return _SilentError("connected, but what it sends is not understood", advice)

    async def _first_of(self, *tasks: asyncio.Task[object], within_s: float) -> None:
        await asyncio.wait(
            tasks, timeout=max(0.0, within_s) / self._clock.speed, return_when=asyncio.FIRST_COMPLETED
        )

    async def _let_go(self, attempt: asyncio.Task[None]) -> None:
        """End the attempt; one that does not end is left behind, where it can do no harm."""
        attempt.cancel()
        await asyncio.wait({attempt}, timeout=LET_GO_WITHIN_S)
        if not attempt.done():
            logger.error("%s: a connection hangs and was left behind", self.device)
            self._generation += 1
            self._abandoned.add(attempt)
            attempt.add_done_callback(self._abandoned.discard)
        elif not attempt.cancelled():
            attempt.exception()  # seen; asyncio would else complain

    def _take(self, generation: int, observations: Sequence[Observation]) -> None:
        if generation != self._generation:
            return
        now = self._clock.now()
        self._errors_before = self.driver.errors
        for one in observations:
            if not isinstance(one, BloodPressure):
                self._heard[one.quantity] = now
        self._live(now)
        if observations:
            self._on_data(DeviceData(self.device, self.driver.kind, self._origin, observations))

    def _open(self) -> None:
        """The link is there, though nothing came yet. Where nothing comes by itself, an answer says so."""
        if self.driver.silence_s and self.state is DeviceState.CONNECTING:
            self.state = DeviceState.STALE
            self._report("connected, nothing came yet", _WORN)

    def _live(self, now: float) -> None:
        self._heard.setdefault("link", now)
        if self.state is not DeviceState.LIVE:
            self._say(DeviceState.LIVE, "working")

    def _lost(self, text: str) -> None:
        advice = "Check power, cable and distance. It is looked for again by itself."
        self._say(DeviceState.LOST, text, advice)

    def _say(self, state: DeviceState, text: str, advice: str = "") -> None:
        self.state = state
        self._log(state, text)
        self._report(text, advice)

    def _report(self, text: str, advice: str) -> None:
        self._on_report(DeviceReport(self.device, self.driver.kind, self.state, text, advice))

    def _log(self, state: DeviceState, text: str) -> None:
        """One line when a device goes, one when it is back; nothing in between."""
        live = state is DeviceState.LIVE
        if live and self._was_live is not True:
            logger.info("%s: %s", self.device, "is there" if self._was_live is None else "is back")
            self._was_live = True
        elif (
            state in (DeviceState.LOST, DeviceState.STALE, DeviceState.NEEDS_PAIRING)
            and self._was_live is not False
        ):
            logger.warning("%s: is not there: %s", self.device, text)
            self._was_live = False

    def _pause(self, failures: int) -> float:
        if self.state is DeviceState.NEEDS_PAIRING:
            return PAIRING_BACK_OFF_S
        shortest, longest = BACK_OFF_S
        # Jitter, so that a room full of devices does not come back in step.
        return min(longest, shortest * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def _raise_outcome(attempt: asyncio.Task[None]) -> None:
    """Raise what ended `attempt`; not a cancellation from below, which would end the supervisor."""
    if attempt.cancelled():
        raise LinkError("the connection was broken off")
    attempt.result()
