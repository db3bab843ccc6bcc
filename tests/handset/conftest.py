"""The brokers of tests/brokers.py as fixtures."""

from __future__ import annotations

from tests.brokers import mosquitto

__all__ = ["mosquitto"]
