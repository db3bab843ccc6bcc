"""Typical bytes of every wire format: what a healthy person at rest makes a device send."""

from __future__ import annotations

from kapmonitor.codecs import (
    bci,
    contec_cms50d_bt,
    masimo_ascii,
    medlab_stx,
    nonin_ascii,
    nonin_ble,
    nonin_df2,
    nonin_df7,
    polar_pmd,
    viatom_o2ring,
    viatom_pc60,
)
from kapmonitor.codecs.blood_pressure import BloodPressureMeasurement, IntermediateCuffPressure
from kapmonitor.codecs.contec_cms50 import Sample, encode_5, encode_9
from kapmonitor.codecs.heart_rate import HeartRateMeasurement
from kapmonitor.codecs.pulse_oximeter import PlxContinuous, PlxSpotCheck
from kapmonitor.codecs.suntech import CuffPressure, Result, encode

_NOON = (2026, 11, 21, 12, 0, 0)


def _sample(number: int, perfusion_index: int | None = None) -> Sample:
    return Sample(
        pleth=number % 100,
        spo2=96 + number // 30 % 3,
        pulse_rate=70 + number // 20 % 3,
        signal=7,
        bar=number % 16,
        beep=number % 50 == 0,
        perfusion_index=perfusion_index,
    )


def _wave(samples: int, start: int = 0) -> list[int]:
    """So many samples of something that goes up and down, 0 to 99."""
    return [(start + each) % 100 for each in range(samples)]


FRAMES: dict[str, list[bytes]] = {
    "heart-rate": [
        HeartRateMeasurement(70 + number, contact=True, rr_1024=(850 + number,)).encode()
        for number in range(10)
    ],
    "plx-continuous": [
        PlxContinuous(97.0, 70.0 + number, measurement_status=0, sensor_status=0, amplitude=4.5).encode()
        for number in range(10)
    ],
    "plx-spot": [
        PlxSpotCheck(97.0, 70.0 + number, timestamp=_NOON, measurement_status=0, sensor_status=0).encode()
        for number in range(10)
    ],
    "blood-pressure": [
        BloodPressureMeasurement(
            120.0 + number, 78.0, 92.0, timestamp=_NOON, pulse_rate=71.0, user=1, status=0
        ).encode()
        for number in range(10)
    ],
    "cuff-pressure": [IntermediateCuffPressure(120.0 + number).encode() for number in range(10)],
    "contec-cms50-5": [encode_5(_sample(number)) for number in range(60)],
    "contec-cms50-9": [encode_9(_sample(number, 450)) for number in range(60)],
    "suntech": [
        *(encode(CuffPressure(20 * number)) for number in range(9)),
        encode(Result(systolic=121, diastolic=78, beats=20, pulse_rate=71, mean=93)),
    ],
    "nonin-df2": [nonin_df2.encode(each) for each in nonin_df2.packet(_wave(25), 97, 71)],
    "nonin-df7": [nonin_df7.encode(each) for each in nonin_df2.packet(_wave(25), 97, 71)],
    "nonin-ble": [
        nonin_ble.encode(nonin_ble.Measurement(nonin_ble.PLACED, 30, 450, number, 97, 70 + number))
        for number in range(10)
    ],
    "nonin-ascii": [nonin_ascii.encode(nonin_ascii.Line(97, 70 + number)) for number in range(10)],
    "masimo-ascii": [
        masimo_ascii.encode(masimo_ascii.Line(98.0, 70.0 + number, 3.6)) for number in range(10)
    ],
    "medlab-stx": [
        *(medlab_stx.encode(medlab_stx.CuffPressure(20 * number)) for number in range(9)),
        medlab_stx.encode(medlab_stx.Status(pressures=(121, 78, 93), pulse_rate=71)),
    ],
    "bci": [bci.encode(bci.Sample(each, 97, 71, 7)) for each in _wave(100)],
    "viatom-pc60": [
        *(viatom_pc60.encode(viatom_pc60.Pulse(tuple(_wave(5, number)))) for number in range(10)),
        viatom_pc60.encode(viatom_pc60.Numbers(97, 71, 36)),
    ],
    "viatom-o2ring": [
        viatom_o2ring.encode(viatom_o2ring.Live(97, 70 + number, 80, strength=10)) for number in range(10)
    ],
    "contec-cms50d-bt": [
        *(contec_cms50d_bt.encode(contec_cms50d_bt.Pulse(each)) for each in _wave(60)),
        contec_cms50d_bt.encode(contec_cms50d_bt.Numbers(71, 97, 4)),
    ],
    "polar-pmd": [polar_pmd.encode(polar_pmd.Ecg(tuple(_wave(73, number)))) for number in range(10)],
}
"""By the names of `kapmonitor.codecs.FORMATS`; each item is one frame or notification."""
