"""When the watchdog says that nobody is monitoring, when it does not, and when it takes that back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from kapmonitor import documents
from kapmonitor.documents import Alarm, AlarmEvent, Message
from kapmonitor.model import Moment
from kapmonitor.watchdog.watch import Watch

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWN = "alarm/clinic-not-monitoring"


class Site:
    """A watch that is ticked twice a second, and a service that beats every 2 s while `up`."""

    def __init__(self, watch: Watch | None = None, start: float = 0.0) -> None:
        self.watch = watch or Watch("clinic")
        self.now = start
        self.up = True
        self.beats = 0
        self.said: list[Message] = []
        self.watch.begin(self.now)

    @property
    def moment(self) -> Moment:
        return Moment(self.now, NOON + timedelta(seconds=self.now))

    def run(self, seconds: float) -> list[Message]:
        came: list[Message] = []
        for _ in range(round(seconds * 2)):
            if self.up and self.now % 2 == 0:
                self.beats += 1
                came += self.hear(
                    "service/heartbeat", documents.Heartbeat(origin="live", seq=self.beats, ts="")
                )
            came += self.watch.tick(self.moment)
            self.now += 0.5
        self.said += came
        return came

    def hear(
        self, topic: str, payload: documents.Document | str | None, *, retained: bool = False
    ) -> list[Message]:
        return self.watch.take(topic, documents.encode(payload), self.moment, retained=retained)

    def session(self, ident: str, room: str, *, drill: bool = False) -> None:
        meta = documents.SessionMeta(
            origin="live", drill=drill, room=room, seat="a", phase="peak", started="2026-11-21T11:00:00.000Z"
        )
        self.hear(f"session/{ident}/meta", meta, retained=True)


def events(messages: list[Message]) -> list[str]:
    return [each.payload.event for each in messages if isinstance(each.payload, AlarmEvent)]


def alarm(messages: list[Message]) -> Alarm:
    (found,) = [each.payload for each in messages if isinstance(each.payload, Alarm)]
    return found


def test_as_long_as_the_heart_beats_nothing_is_said() -> None:
    site = Site()
    assert site.run(3600) == []


def test_five_seconds_of_silence_are_a_high_alarm_that_names_the_rooms() -> None:
    site = Site()
    site.session("s-1", "room-3")
    site.session("s-2", "room-1")
    site.run(60)
    site.up = False
    assert site.run(3) == []
    came = site.run(2)
    found = alarm(came)
    assert (found.alarm, found.priority, found.kind, found.state) == (
        "clinic-not-monitoring",
        "high",
        "technical",
        "active",
    )
    assert (found.session, found.room, found.since) == ("", "", "2026-11-21T12:00:58.000Z")
    assert "no sign of life" in found.text
    assert found.text.endswith("Rooms: room-1, room-3")
    assert found.advice
    assert [each.topic for each in came] == [OWN, f"{OWN}/event"]
    assert came[0].how.retain
    assert msgspec.to_builtins(came[1].payload)["page"] is True


def test_a_service_that_never_came_is_an_alarm_too() -> None:
    site = Site()
    site.up = False
    site.hear("service/status", "offline", retained=True)  # of yesterday: no reason for haste
    assert site.run(10) == []
    assert alarm(site.run(1)).text.endswith("No open session is known.")


def test_a_service_that_the_broker_calls_offline_is_missed_sooner() -> None:
    site = Site()
    site.run(60)
    site.up = False
    site.hear("service/status", "offline")
    assert site.run(2.5) == []
    assert "kapmonitor has stopped" in alarm(site.run(0.5)).text


def test_a_late_last_will_of_a_service_that_lives_is_no_alarm() -> None:
    site = Site()
    site.run(60)
    site.hear("service/status", "offline")
    site.hear("service/status", "online")
    assert site.run(60) == []
    site.hear("service/status", "offline")
    assert site.run(60) == []


def test_it_is_over_when_the_heart_beats_again_and_emptied_ten_minutes_later() -> None:
    site = Site()
    site.run(60)
    site.up = False
    site.run(20)
    site.up = True
    assert events(site.run(4)) == []
    came = site.run(1)
    assert (events(came), alarm(came).state) == (["end"], "inactive")
    (emptied,) = site.run(700)
    assert (emptied.topic, emptied.payload) == (OWN, None)


def test_a_service_that_dies_at_every_start_is_one_alarm() -> None:
    site = Site()
    site.up = False
    site.run(10)
    for _ in range(10):
        site.up = True
        site.run(3)
        site.up = False
        site.hear("service/status", "offline")
        site.run(3)
    assert events(site.said) == ["start"]


def test_it_is_said_again_every_thirty_seconds() -> None:
    site = Site()
    site.up = False
    came = site.run(101)
    assert events(came) == ["start"]
    assert len(came) == 2 + 3
    assert {each.topic for each in came} == {OWN, f"{OWN}/event"}


def test_a_service_that_is_hardly_back_may_empty_it_and_a_dead_one_may_not() -> None:
    site = Site()
    site.up = False
    site.run(20)
    (again,) = site.hear(OWN, None)
    assert alarm([again]).state == "active"
    site.up = True
    site.run(1)
    assert site.hear(OWN, None) == []


def test_after_a_restart_of_the_watchdog_the_alarm_goes_on() -> None:
    former = Site()
    former.session("s-1", "room-1")
    former.up = False
    kept = alarm(former.run(12))
    site = Site(start=60)
    site.up = False
    site.hear(OWN, kept, retained=True)
    again = alarm(site.run(40))
    assert (again.seq, again.since) == (kept.seq, kept.since)
    site.up = True
    over = alarm(site.run(6))
    assert (over.state, over.seq) == ("inactive", kept.seq + 1)


@pytest.mark.parametrize("since", ["", "yesterday", "2026-11-21T12:00:00", "2099-01-01T00:00:00.000Z"])
def test_a_kept_alarm_with_an_impossible_time_is_taken_over_all_the_same(since: str) -> None:
    former = Site()
    former.up = False
    kept = msgspec.structs.replace(alarm(former.run(12)), since=since)
    site = Site()
    site.up = False
    site.hear(OWN, kept, retained=True)
    assert alarm(site.run(31)).since == "2026-11-21T12:00:00.000Z"


def test_what_was_over_before_a_restart_is_emptied_and_the_next_one_is_newer() -> None:
    former = Site()
    former.up = False
    former.run(12)
    former.up = True
    kept = alarm(former.run(6))
    site = Site()
    site.hear(OWN, kept, retained=True)
    assert [each.payload for each in site.run(700)] == [None]
    site.up = False
    assert alarm(site.run(6)).seq > kept.seq


def test_a_watchdog_that_slept_itself_waits_and_sees() -> None:
    site = Site()
    site.run(60)
    site.now += 600
    assert site.run(60) == []


def test_silence_while_there_was_no_broker_proves_nothing() -> None:
    site = Site()
    site.run(60)
    site.now += 600
    site.watch.begin(site.now)
    assert site.run(60) == []


def test_it_is_a_drill_only_if_every_session_is_one() -> None:
    found: list[Any] = []
    for drills in ([True, True], [True, False], []):
        site = Site()
        for number, drill in enumerate(drills):
            site.session(f"s-{number}", f"room-{number}", drill=drill)
        site.up = False
        found.append(alarm(site.run(12)).drill)
    assert found == [True, False, False]


def test_a_session_that_has_ended_is_no_longer_named() -> None:
    site = Site()
    site.session("s-1", "room-1")
    site.hear("session/s-1/meta", None)
    site.up = False
    assert alarm(site.run(12)).text.endswith("No open session is known.")


def test_what_others_write_there_is_no_heartbeat_and_harms_nothing() -> None:
    site = Site()
    site.up = False
    for topic in ("service/heartbeat", "service/status", "session/s-1/meta", OWN, "service/x", "alarm/x"):
        for payload in (b"", b"\xff", b"[]", b'{"seq": "one"}'):
            site.watch.take(topic, payload, site.moment, retained=False)
    assert events(site.run(12)) == ["start"]
