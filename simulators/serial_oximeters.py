"""Simulated oximeters that send by themselves on a serial line, under the drivers' names."""

from __future__ import annotations

from random import Random
from typing import ClassVar

from msgspec.structs import replace

from kapmonitor.clock import Clock
from kapmonitor.codecs import bci, masimo_ascii, nonin_ascii, nonin_df2, nonin_df7
from kapmonitor.device import ByteLink
from simulators.battery import Battery
from simulators.oximetry import DISTURBED_FROM, Oximetry, Seen
from simulators.physiology import Body

TALKS_EVERY_S = 0.1
"""Frames leave in pieces, as from a terminal's buffer."""


class _SerialOximeter:
    """Sends a second's frames in ten pieces; `frames` counts them.

    `RATE_HZ`: samples of the pleth a second, 0 = none.
    """

    RATE_HZ: ClassVar[int] = 0

    def __init__(self, body: Body, clock: Clock, seed: int = 0) -> None:
        """`seed` is for the noise of the pleth."""
        self.frames = 0
        self._body = body
        self._clock = clock
        self._oximetry = Oximetry(body)
        self._battery = Battery(body, "oximeter_battery", seed)
        self._noise = Random(seed)  # noqa: S311 - repeatable is what is wanted here, secret is not

    async def run(self, link: ByteLink) -> None:
        """Be this device until the link is lost (`LinkLostError`) or the task is cancelled."""
        second = self._clock.now()
        while True:
            wave = self._oximetry.wave(self._noise, second, self.RATE_HZ)
            frames = self.second(self._oximetry.second(second), wave)
            for piece in range(10):
                await self._clock.sleep(second + piece * TALKS_EVERY_S - self._clock.now())
                some = frames[piece * len(frames) // 10 : (piece + 1) * len(frames) // 10]
                if some and not self._body.holds("oximeter_silent", self._clock.now()):
                    await link.write(b"".join(some))
                    self.frames += len(some)
            second = max(second + 1.0, self._clock.now() - 1.0)  # after a standstill: not all of it

    def second(self, seen: Seen, wave: list[int]) -> list[bytes]:
        """The frames of one second, from what is seen and the samples of the pleth in it."""
        raise NotImplementedError


class NoninDf2(_SerialOximeter):
    """A Nonin in data format 2: three packets of 25 frames a second."""

    RATE_HZ = round(nonin_df2.RATE_HZ)

    def second(self, seen: Seen, wave: list[int]) -> list[bytes]:
        """One second."""
        spo2, rate, status = 127, 511, 0 if seen.finger else nonin_df2.SENSOR_ALARM
        if not seen.probe:
            status = nonin_df2.DISCONNECTED
        if seen.numbers is not None:
            spo2, rate = round(seen.numbers.spo2), round(seen.numbers.pulse_rate)
        elif seen.finger:
            status = nonin_df2.OUT_OF_TRACK
        if seen.motion >= DISTURBED_FROM:
            status |= nonin_df2.ARTIFACT
        if seen.numbers is not None:
            status |= nonin_df2.RED if seen.numbers.weak else nonin_df2.GREEN
        packets = [wave[at : at + nonin_df2.FRAMES] for at in range(0, len(wave), nonin_df2.FRAMES)]
        return [self.encode(each) for one in packets for each in self.packet(one, spo2, rate, status)]

    def packet(self, wave: list[int], spo2: int, rate: int, status: int) -> list[nonin_df2.Frame]:
        """The frames of a third of a second."""
        return nonin_df2.packet(wave, spo2, rate, status)

    def encode(self, frame: nonin_df2.Frame) -> bytes:
        """A frame of this format."""
        return nonin_df2.encode(frame)


class NoninDf7(NoninDf2):
    """The same in data format 7, with a finer pleth and a word for a low battery."""

    def packet(self, wave: list[int], spo2: int, rate: int, status: int) -> list[nonin_df2.Frame]:
        """The frames of a third of a second."""
        frames = super().packet(wave, spo2, rate, status)
        if self._battery.low(self._clock.now()):
            frames[nonin_df7.FLAGS] = replace(frames[nonin_df7.FLAGS], value=nonin_df7.LOW_BATTERY)
        return frames

    def encode(self, frame: nonin_df2.Frame) -> bytes:
        """A frame of this format."""
        return nonin_df7.encode(replace(frame, pleth=frame.pleth << 8))


class NoninAscii(_SerialOximeter):
    """A Nonin that writes a line a second."""

    def second(self, seen: Seen, wave: list[int]) -> list[bytes]:
        """One second."""
        del wave
        if seen.numbers is None:
            return [nonin_ascii.encode(nonin_ascii.Line())]
        line = nonin_ascii.Line(round(seen.numbers.spo2), round(seen.numbers.pulse_rate))
        return [nonin_ascii.encode(line)]


class MasimoAscii(_SerialOximeter):
    """A Masimo that writes a line a second."""

    def second(self, seen: Seen, wave: list[int]) -> list[bytes]:
        """One second."""
        del wave
        exceptions = masimo_ascii.MASIMO_SET
        if seen.numbers is None:
            off = masimo_ascii.SEARCHING if seen.finger else masimo_ascii.SENSOR_OFF
            off = off if seen.probe else masimo_ascii.NO_SENSOR
            return [masimo_ascii.encode(masimo_ascii.Line(exceptions=exceptions | off))]
        if seen.motion >= DISTURBED_FROM:
            exceptions |= masimo_ascii.LOW_SIGNAL
        now = seen.numbers
        if now.weak:
            exceptions |= masimo_ascii.LOW_PERFUSION
        line = masimo_ascii.Line(
            round(now.spo2), round(now.pulse_rate), round(now.perfusion_index, 2), exceptions
        )
        return [masimo_ascii.encode(line)]


class BciOximeter(_SerialOximeter):
    """A BerryMed: a hundred frames a second."""

    RATE_HZ = round(bci.RATE_HZ)

    def second(self, seen: Seen, wave: list[int]) -> list[bytes]:
        """One second."""
        return bci_frames(seen, wave)


def bci_frames(seen: Seen, wave: list[int]) -> list[bytes]:
    """A frame for each sample of the pleth; by cable and by Bluetooth they are the same."""
    now = seen.numbers
    spo2, rate = (127, 255) if now is None else (round(now.spo2), round(now.pulse_rate))
    return [
        bci.encode(
            bci.Sample(
                pleth=each if seen.finger else 0,
                spo2=spo2,
                pulse_rate=rate,
                signal=7,
                no_finger=seen.probe and not seen.finger,
                probe_unplugged=not seen.probe,
                searching=seen.finger and now is None,
            )
        )
        for each in wave
    ]
