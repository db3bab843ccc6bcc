"""The brokers of tests/brokers.py as fixtures."""

from __future__ import annotations

from tests.brokers import broker, mosquitto, nats

__all__ = ["broker", "mosquitto", "nats"]
