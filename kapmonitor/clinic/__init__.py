"""The clinic as it runs: seats, their devices, the monitors of open sessions, and what people do in them."""

from kapmonitor.clinic.clinic import Clinic
from kapmonitor.clinic.seating import KEPT_S
from kapmonitor.clinic.seats import Installed, Seat
from kapmonitor.clinic.voice import OnEntry, nobody_asks

__all__ = ["KEPT_S", "Clinic", "Installed", "OnEntry", "Seat", "nobody_asks"]
