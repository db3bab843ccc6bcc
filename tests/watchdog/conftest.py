"""The brokers of tests/brokers.py as fixtures."""

from __future__ import annotations

from tests.brokers import broker, mosquitto

__all__ = ["broker", "mosquitto"]
