"""A simulated Contec CMS50 finger oximeter on the finger of a simulated body, older or newer stream."""

from __future__ import annotations

import asyncio
from math import ceil
from random import Random
from typing import Literal

from kapmonitor.clock import Clock
from kapmonitor.codecs.contec_cms50 import (
    FREE_FEEDBACK,
    RATE_HZ,
    START,
    STOP,
    Sample,
    commands,
    encode_5,
    encode_9,
)
from kapmonitor.device import ByteLink
from kapmonitor.errors import DecodeError
from simulators.oximetry import Oximetry, Seen
from simulators.physiology import Body

Variant = Literal["5", "9"]

STREAMS_S = 30.0
"""How long a newer device sends after `START`; the shortest seen (MarkMLl/Contec_cms50dplus)."""
A_HAIR = 1e-6
"""Of a frame: woken just in time, rounding must not make the frame late."""
CATCHES_UP_S = 2.0
"""After a longer standstill of the machine the frames in between were never sent."""


class ContecCms50:
    """Sends 60 frames a second on its link; `frames` counts them."""

    def __init__(self, body: Body, clock: Clock, seed: int = 0, variant: Variant = "5") -> None:
        """`variant`: "5" sends by itself, "9" only after `START`; `seed` is for the noise of the pleth."""
        self.frames = 0
        self._body = body
        self._clock = clock
        self._asks = variant == "9"
        self._encode = encode_9 if variant == "9" else encode_5
        self._noise = Random(seed)  # noqa: S311 - repeatable is what is wanted here, secret is not
        self._streams_until = 0.0
        self._oximetry = Oximetry(body)
        self._shown = Sample(finger_out=True)
        self._measured_at = float("-inf")
        self._framed_at = clock.now()
        self._said = b""

    async def run(self, link: ByteLink) -> None:
        """Be this device until the link is lost (`LinkLostError`) or the task is cancelled."""
        tasks = {asyncio.create_task(self._listen(link)), asyncio.create_task(self._send(link))}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, link: ByteLink) -> None:
        reader = commands()
        while True:
            for command in reader.feed(await link.read()):
                if isinstance(command, DecodeError) or not self._asks:
                    continue
                if command == START:
                    self._streams_until = self._clock.now() + STREAMS_S
                elif command == STOP:
                    self._streams_until = 0.0
                    await link.write(FREE_FEEDBACK)

    async def _send(self, link: ByteLink) -> None:
        """Counts frames from one start, so that late wake-ups never add up; faster clocks send several."""
        started, sent, step = self._clock.now(), 0, max(1, ceil(self._clock.speed))
        while True:
            now = self._clock.now()
            due = int((now - started) * RATE_HZ + A_HAIR)
            sent = max(sent, due - int(CATCHES_UP_S * RATE_HZ * self._clock.speed))
            if self._asks and now > self._streams_until:
                sent = due
            frames = [self._frame(started + number / RATE_HZ) for number in range(sent + 1, due + 1)]
            sent = due
            if frames and not self._body.holds("oximeter_silent", now):
                await link.write(b"".join(frames))
                self.frames += len(frames)
            await self._clock.sleep(started + (due + step) / RATE_HZ - self._clock.now())

    def _frame(self, at: float) -> bytes:
        if not self._said or not self._oximetry.stuck(at):
            self._said = self._fresh(at)
        return self._said

    def _fresh(self, at: float) -> bytes:
        if at - self._measured_at >= 1.0:
            self._shown = display(self._oximetry.second(at), index=self._asks)
            self._measured_at = at
        beep = bool(self._body.beats(self._framed_at, at))
        self._framed_at = at
        pleth = 0
        if not (self._shown.finger_out or self._shown.probe_error):
            pleth = min(127, round(118 * self._body.pleth(at) + self._noise.uniform(0, 4)))
        shown = self._shown
        return self._encode(
            Sample(
                pleth=pleth,
                bar=pleth // 8,
                beep=beep and not shown.finger_out,
                spo2=shown.spo2,
                pulse_rate=shown.pulse_rate,
                signal=shown.signal,
                finger_out=shown.finger_out,
                probe_error=shown.probe_error,
                searching=shown.searching,
                perfusion_index=shown.perfusion_index,
            )
        )


def display(seen: Seen, *, index: bool) -> Sample:
    """What the display shows of `seen`; with `index` the perfusion index too. It has no word for motion."""
    if not seen.finger:
        return Sample(finger_out=seen.probe, probe_error=not seen.probe)
    signal = round(7 - 4 * seen.motion)
    if seen.numbers is None:
        return Sample(searching=True, signal=signal)
    return Sample(
        spo2=round(seen.numbers.spo2),
        pulse_rate=round(seen.numbers.pulse_rate),
        signal=signal,
        perfusion_index=round(100 * seen.numbers.perfusion_index) if index else None,
    )
