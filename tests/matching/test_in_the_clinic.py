"""Two rooms whose oximeters were swapped: both alarm, and neither does once they are back."""

from __future__ import annotations

from msgspec.structs import replace

from kapmonitor.clinic import Clinic
from kapmonitor.documents import AlarmEvent
from kapmonitor.model import DeviceData, DeviceKind, Route
from kapmonitor.session.commands import StartSession
from tests.house import House
from tests.matching.people import with_pleth
from tests.sessions import NURSE

NAME = "devices-mismatch"


class Ward(House):
    """Two rooms with oximeters that send a pleth; `swapped`: each is on the finger of the other's patient."""

    swapped = False

    def _bedside(self, clinic: Clinic | None) -> None:
        assert clinic is not None
        for room, bed in self.beds.items():
            for one in bed.second(self.clock.at):
                if not isinstance(one, DeviceData) or one.kind is DeviceKind.CUFF:
                    continue
                here = one.kind is DeviceKind.STRAP or not self.swapped
                number = room[-1] if here else {"1": "2", "2": "1"}[room[-1]]
                clinic.take(
                    replace(with_pleth(one, bed, round(self.clock.at)), device=f"{one.kind}-{number}")
                )

    def events(self) -> list[tuple[str, str, str]]:
        """(room, event, priority) of each event of the alarm."""
        found = [each.payload for each in self.said if isinstance(each.payload, AlarmEvent)]
        return [(each.room, each.event, each.priority) for each in found if each.name == NAME]


async def test_two_swapped_oximeters_alarm_in_both_rooms_until_they_are_back() -> None:
    ward = Ward(scenarios=("uneventful", "uneventful"))
    for room in ward.rooms:
        ward.clinic.start(StartSession(room=room, route=Route.INTRAMUSCULAR, drill=True), by=NURSE)
    await ward.wait(1)
    assert ward.events() == []
    ward.swapped = True
    await ward.wait(0.5)
    assert sorted(ward.events()) == [("room-1", "start", "high"), ("room-2", "start", "high")]
    ward.said.clear()
    ward.swapped = False
    await ward.wait(0.5)
    assert sorted(each[:2] for each in ward.events()) == [("room-1", "end"), ("room-2", "end")]
