"""The service's own alarms, and calls for help from rooms without a session: said as they come, and kept."""

from __future__ import annotations

from collections.abc import Iterable

from kapmonitor.alarms.announce import Whose
from kapmonitor.alarms.service import Problem, Rooms
from kapmonitor.app.caretaker import Caretaker
from kapmonitor.clock import Clock
from kapmonitor.documents import Message
from kapmonitor.model import Moment
from kapmonitor.people import Person, Task
from kapmonitor.ports import Publish
from kapmonitor.storage.record import Record


class OwnAlarms:
    """A shell around the `Caretaker`. Implements `kapmonitor.ports.RoomCalls`."""

    def __init__(
        self, site: str, whose: Whose, clock: Clock, publish: Publish, record: Record | None
    ) -> None:
        """`whose`: origin and drill of the site; `record`: where they and who called are kept."""
        self._caretaker = Caretaker(site, whose, clock.moment())
        self._site = site
        self._clock = clock
        self._publish = publish
        self._record = record

    async def restore(self, moment: Moment) -> None:
        """Go on with those of an earlier run, if the record has any."""
        kept = None if self._record is None else await self._record.restart.service_alarms(self._site, moment)
        for message in () if kept is None else self._caretaker.resume(kept, moment):
            self._publish(message)

    def second(self, late_s: float, troubles: Iterable[Problem], rooms: Rooms) -> None:
        """Judge one second, `late_s` real seconds after it was due; `troubles` are those of other parts."""
        moment = self._clock.moment()
        self._say(self._caretaker.second(moment, late_s, troubles, rooms), moment)

    def acknowledge(self, alarm: str, seq: int, by: str) -> bool:
        """Somebody has seen it as it was at `seq`; False where it is none of these.

        Raises:
            RefusedError: it is over, or got worse.
        """
        if not self._caretaker.owns(alarm):
            return False
        moment = self._clock.moment()
        self._say(self._caretaker.acknowledge(alarm, seq, moment, by=by), moment)
        return True

    def call(self, room: str, seat: str, *, by: Person) -> None:
        """Somebody there calls for help: whoever may look may call."""
        by.must_be_allowed(Task.CALL_HELP)
        moment = self._clock.moment()
        self._say(self._caretaker.call_help(room, seat, moment), moment)
        self._note("help-called", room, seat, by)

    def here(self, room: str, seat: str, *, by: Person) -> bool:
        """Somebody is with who called; False where nobody calls there."""
        by.must_be_allowed(Task.ATTEND)
        moment = self._clock.moment()
        messages = self._caretaker.somebody_is_there(room, seat, moment)
        self._say(messages, moment)
        if messages:
            self._note("help-answered", room, seat, by)
        return bool(messages)

    def _say(self, messages: Iterable[Message], moment: Moment) -> None:
        for message in messages:
            self._publish(message)
        state = self._caretaker.to_keep()
        if self._record is not None and state is not None:
            self._record.save_service(self._site, state, moment)

    def _note(self, action: str, room: str, seat: str, by: Person) -> None:
        if self._record is not None:
            self._record.audit.note(action, f"{room}/{seat}", by=by.id)
