"""Other people's decoders of the same bytes, side by side with ours where they are installed.

None of them is a dependency of ours; docs/performance.md says how to install them for a comparison. bumble is
there anyway: the tests use it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.bench.report import Report

Decode = Callable[[bytes], object]


def of_notifications(wire: str, report: Report) -> dict[str, Decode]:
    """Functions that decode one notification of the format `wire`, by the package they come from."""
    return _found(_NOTIFICATIONS.get(wire, {}), report)


def of_streams(wire: str, report: Report) -> dict[str, Decode]:
    """Functions that take in the next bytes of a stream that is framed as `wire` is."""
    return _found(_STREAMS.get(wire, {}), report)


def of_sfloats(report: Report) -> dict[str, Callable[[int], object]]:
    """Functions that decode one SFLOAT word."""
    return _found({"labmcp-ble-health": lambda: _labmcp().decode_sfloat}, report)


def of_rmssd(report: Report) -> dict[str, Callable[[list[float]], object]]:
    """Functions that make RMSSD, among other figures, of a minute's RR intervals in ms."""
    return _found({"heartpy": _heartpy, "labmcp-ble-health": _labmcp_hrv}, report)


def _found(makers: dict[str, Callable[[], Any]], report: Report) -> dict[str, Any]:
    """What the installed ones among `makers` make; the others are noted."""
    found = {}
    for package, make in makers.items():
        try:
            found[package] = make()
        except ImportError as error:
            report.note(f"not installed, so not compared: {package} ({error})")
    return found


def _labmcp() -> Any:
    return import_module("labmcp_ble_health.driver")


def _labmcp_hrv() -> Callable[[list[float]], object]:
    statistics = _labmcp().hrv_statistics
    return lambda rr_ms: statistics([each / 1000 for each in rr_ms])


def _heartpy() -> Callable[[list[float]], object]:
    analysis, numpy = import_module("heartpy.analysis"), import_module("numpy")

    def measures(rr_ms: list[float]) -> object:
        differences = numpy.diff(rr_ms)
        return analysis.calc_ts_measures(rr_ms, numpy.abs(differences), differences**2)

    return measures


def _bleakheart() -> Decode:
    strap = import_module("bleakheart").HeartRate(None, callback=lambda _: None)
    decode: Decode = strap._decode
    return decode


def _bumble() -> Decode:
    decode: Decode = import_module(
        "bumble.profiles.heart_rate_service"
    ).HeartRateService.HeartRateMeasurement.from_bytes
    return decode


def _berry() -> Decode:
    decode: Decode = import_module("berry_oximeter.parser").BCIProtocolParser().add_data
    return decode


_NOTIFICATIONS: dict[str, dict[str, Callable[[], Decode]]] = {
    "heart-rate": {
        "bleakheart": _bleakheart,
        "bumble": _bumble,
        "labmcp-ble-health": lambda: _labmcp().parse_heart_rate_measurement,
    },
    "plx-continuous": {"labmcp-ble-health": lambda: _labmcp().parse_plx_continuous},
    "plx-spot": {"labmcp-ble-health": lambda: _labmcp().parse_plx_spot_check},
    "blood-pressure": {"labmcp-ble-health": lambda: _labmcp().parse_blood_pressure_measurement},
}
_STREAMS: dict[str, dict[str, Callable[[], Decode]]] = {
    # BCI's frames: five bytes, bit 7 on the first only, as Contec's; the bits mean other things.
    "contec-cms50-5": {"berry-oximeter": _berry},
}
