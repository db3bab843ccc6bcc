"""The clinic as it runs: seats, their devices, the monitors of open sessions, and what people do in them."""

from kapmonitor.clinic.clinic import KEPT_S, Clinic, OnEntry, nobody_asks
from kapmonitor.clinic.seats import Installed, Seat

__all__ = ["KEPT_S", "Clinic", "Installed", "OnEntry", "Seat", "nobody_asks"]
