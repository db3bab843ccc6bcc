"""Calls for help from rooms without a session: out at once, and in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kapmonitor.app.caretaker import Caretaker
from kapmonitor.clock import Clock
from kapmonitor.documents import Message
from kapmonitor.model import Moment
from kapmonitor.people import Person, Task
from kapmonitor.ports import Audit, Publish


class RoomCalls:
    """Implements `kapmonitor.ports.RoomCalls`."""

    def __init__(
        self,
        caretaker: Caretaker,
        clock: Clock,
        publish: Publish,
        keep: Callable[[Moment], None],
        audit: Audit | None,
    ) -> None:
        """`keep` has what the caretaker remembers written."""
        self._caretaker = caretaker
        self._clock = clock
        self._publish = publish
        self._keep = keep
        self._audit = audit

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
        self._keep(moment)

    def _note(self, action: str, room: str, seat: str, by: Person) -> None:
        if self._audit is not None:
            self._audit.note(action, f"{room}/{seat}", by=by.id)
