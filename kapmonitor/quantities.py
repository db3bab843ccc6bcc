"""What is measured: one row per quantity drives codecs, screen, alarms and documents.

Names, units and possible ranges are those of docs/formats.md. A possible range is what a sensor can mean,
not what is healthy: limits for alarms live in `kapmonitor.alarms`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """One measured quantity.

    `low`..`high` is the possible range in `unit`, both ends possible. `decimals` is what is worth printing.
    `fresh_s` is how old a value may be and still be shown as current, in seconds; 0 = not shown live.
    """

    name: str
    unit: str
    low: float
    high: float
    label: str
    decimals: int = 0
    fresh_s: float = 5.0

    def possible(self, value: float) -> bool:
        """Whether `value` (in `unit`) is one that a body and a sensor can have."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class WaveformKind:
    """A sampled signal; `unit` is the samples' unit, `device` where only the device knows."""

    name: str
    unit: str
    label: str


QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (
        Quantity("heart_rate", "/min", 20, 250, "Heart rate"),
        Quantity("pulse_rate", "/min", 20, 250, "Pulse rate"),
        Quantity("spo2", "%", 1, 100, "SpO2"),
        Quantity("perfusion_index", "%", 0, 100, "Perfusion index", decimals=2),
        Quantity("rr_interval", "ms", 200, 3000, "RR interval", decimals=2),
        Quantity("systolic", "mmHg", 40, 280, "Systolic", fresh_s=900.0),
        Quantity("diastolic", "mmHg", 20, 200, "Diastolic", fresh_s=900.0),
        Quantity("mean_pressure", "mmHg", 20, 280, "Mean pressure", fresh_s=900.0),
        Quantity("cuff_pressure", "mmHg", 0, 330, "Cuff pressure", fresh_s=2.0),
        Quantity("battery", "%", 0, 100, "Battery", fresh_s=0.0),
    )
}

WAVEFORMS: dict[str, WaveformKind] = {
    "pleth": WaveformKind("pleth", "device", "Pleth"),
    "ecg": WaveformKind("ecg", "µV", "ECG"),
}
