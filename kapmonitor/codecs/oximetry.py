"""What every oximeter's numbers mean together: without a value for SpO2 the others have none either."""

from __future__ import annotations

from functools import lru_cache

from kapmonitor.model import Quality, Reading, missing, reading


@lru_cache(maxsize=4096)  # many frames a second say the same numbers
def numbers(
    reason: str | None,
    spo2: float | None,
    pulse_rate: float | None,
    perfusion_index: float | None = None,
    doubt: str | None = None,
) -> tuple[Reading, ...]:
    """SpO2 (%), pulse rate (/min) and, where the device has one, perfusion index (%), in this order.

    `reason`: why there are none. None as a number: the device sent none (`not_available`). `doubt`: why the
    numbers are only questionable.
    """
    oxygen = _number("spo2", spo2, doubt) if reason is None else missing("spo2", reason)
    others = {"pulse_rate": pulse_rate}
    if perfusion_index is not None:
        others["perfusion_index"] = perfusion_index
    if oxygen.value is None:
        return (oxygen, *(Reading(name, None, oxygen.quality, oxygen.reason) for name in others))
    return (oxygen, *(_number(name, value, doubt) for name, value in others.items()))


def _number(quantity: str, value: float | None, doubt: str | None) -> Reading:
    if value is None:
        return missing(quantity, "not_available")
    if doubt is None:
        return reading(quantity, value)
    return reading(quantity, value, Quality.QUESTIONABLE, doubt)
