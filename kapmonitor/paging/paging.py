"""The one door of paging: alarms, receipts and time go in; pages, facts and alarm documents come out.

Deterministic, without clock or link: `Moment`s are of real time, whatever the speed of a demo. What comes
out waits in `drain`: facts are made durable first, then the pages go out; an escalation runs from the moment
that its page was made, not from any broker's word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from kapmonitor import documents
from kapmonitor.documents import Alarm, AlarmEvent, Message
from kapmonitor.errors import RefusedError
from kapmonitor.model import Moment
from kapmonitor.pages import Presence, Receipt, Refusal, RefusedMessageError
from kapmonitor.paging import writing
from kapmonitor.paging.calling import Calling
from kapmonitor.paging.calls import Asked
from kapmonitor.paging.duty import Duty, Holder, Request
from kapmonitor.paging.facts import DutyChanged, Fact, Remembered
from kapmonitor.paging.former import Former
from kapmonitor.paging.phones import Phone, Seen
from kapmonitor.paging.post import Post


class Came(msgspec.Struct, frozen=True):
    """What has come since the last time: to be remembered, then published; `alarms` go out at once."""

    facts: Sequence[Fact]
    pages: Sequence[Message]
    alarms: Sequence[Message]


class Paging:
    """All calls of a site."""

    def __init__(self, holders: Sequence[Holder], run: str, origin: str = "live") -> None:
        """`holders`: the pagers in their order; `run`: unique to this start; `origin`: of test pages."""
        self.duty = Duty(holders)
        self._post = Post(run)
        self.calling = Calling(self.duty, self._post)
        self._origin = origin
        self._standing: dict[str, Alarm] = {}
        self._seen_by: dict[str, str] = {}
        self._former = Former((), ())

    def drain(self) -> Came:
        """What has come since the last call."""
        post, calling = self._post, self.calling
        came = Came(post.facts, post.messages, calling.alarms)
        post.facts, post.messages, calling.alarms = [], [], []
        return came

    # Alarms

    def seen(self, message: Message, moment: Moment) -> Message:
        """Take in a publication of the service; it comes back with what pagers know of the alarm."""
        match message.topic.split("/"), message.payload:
            case ["alarm", _], Alarm() as alarm:
                self._standing[alarm.alarm] = alarm
                return documents.alarm(self.calling.changed(alarm, moment.at))
            case ["alarm", _, "event"], AlarmEvent() as event if self.duty.holders:
                self._happened(event, moment)
            case ["alarm", gone], None:
                self._seen_by.pop(gone, None)
                alarm_gone = self._standing.pop(gone, None)
                if alarm_gone is not None:
                    self.calling.over(alarm_gone, moment)
            case _:
                pass
        return message

    def _happened(self, event: AlarmEvent, moment: Moment) -> None:
        alarm = self._standing.get(event.alarm)
        if alarm is None:
            return
        if event.acknowledged or event.state == "inactive":
            self._seen_by[event.alarm] = alarm.acknowledged_by or ""
            self.calling.over(alarm, moment)
            if event.state == "inactive":
                del self._seen_by[event.alarm]
        elif (call := self._former.call(alarm)) is not None:
            self.calling.go_on(call, moment)
        elif event.page:
            reminding = self.duty.pager_of(self._seen_by.pop(event.alarm, ""))
            self.calling.call(alarm, moment, reminding)

    # What pagers say

    def receipt(self, pager: str, what: Receipt, moment: Moment) -> None:
        """A pager's receipt.

        Raises:
            RefusedMessageError: this pager does not exist, or was not sent that page.
        """
        self._must_be_known(pager)
        self.duty.heard_at[pager] = moment.at
        asked = self._post.receipt(pager, what, moment.at)
        if asked is None:
            return
        if what.status != "delivered":
            self._remember(DutyChanged(kind="tested", pager=pager, by=pager, at=moment.at))
        if asked.page.kind == "test":
            self._asked_to_take_over(asked, what, moment)
            return
        call = self.calling.calls.get(asked.page.alarm)
        if call is None:
            return
        current = call.asked.get(pager)
        if current is not None and current.page.seq == asked.page.seq:  # the same, asked again since
            current.take(what.status, moment.at)
        self.calling.look((call,), moment)

    def _asked_to_take_over(self, asked: Asked, what: Receipt, moment: Moment) -> None:
        if what.status == "accepted":
            change = self.duty.taken(asked.page.page_id, moment.at)
            if change is not None:
                self._remember(change)
        elif what.status == "rejected":
            self.duty.refused(asked.page.page_id)

    def status(self, pager: str, presence: Presence, moment: Moment, *, retained: bool = False) -> None:
        """A pager is there, or is not; `retained`: it said so some time ago.

        Raises:
            RefusedMessageError: there is no such pager.
        """
        self._must_be_known(pager)
        old = retained and self.duty.confirmed(pager)
        news = self.duty.heard(pager, moment.at, online=presence == "online")
        if presence == "online" and (news or not old):  # without news the pager may have begun anew
            self._post.hurry(pager)
        if news:
            self.calling.look(self.calling.urgent_first(), moment)

    def connected(self, now: float) -> None:
        """The service is on a broker: what was not confirmed goes out again."""
        self.duty.connected(now)
        self._post.hurry()

    # Phones in a pager's place

    def take(self, pager: str, person: str, key: str, moment: Moment, *, over: bool = False) -> None:
        """`person` has this pager on a phone from now on; `over`: also where another one has it now.

        Raises:
            UnknownError: there is no such pager.
            RefusedError: it is switched on by itself, or another phone has it.
        """
        self.duty.known(pager)
        if pager in self.duty.by_themselves(moment.at):
            raise RefusedError(f"{pager} is switched on by itself. Switch that off first, or take another.")
        held = self.duty.phones.taken.get(pager)
        if held is not None and (held.person, held.key) != (person, key) and not over:
            raise RefusedError(f"{held.person} has {pager} on a phone. Take it over, or take another.")
        for other in self.duty.phones.of(key):
            self.leave(other, person, key, moment)
        self._remember(DutyChanged(kind="taken", pager=pager, by=person, at=moment.at))
        self.duty.phones.take(pager, Phone(person, key, moment.at))

    def leave(self, pager: str, person: str, key: str, moment: Moment) -> None:
        """It is on no phone any more.

        Raises:
            RefusedError: it was not on this one.
        """
        self.duty.phones.held(pager, person, key)
        self._remember(DutyChanged(kind="left", pager=pager, by=person, at=moment.at))
        self.calling.look(self.calling.urgent_first(), moment)

    def phone_says(self, pager: str, phone: Phone, what: Seen, moment: Moment) -> None:
        """What the phone in that pager's place says of itself."""
        before = phone.online(moment.at)
        phone.said = what
        if not what.visible:
            return
        self.duty.heard_at[pager] = phone.confirmed_at = moment.at
        if not before:
            self._post.hurry(pager)
            self.calling.look(self.calling.urgent_first(), moment)

    @property
    def tests(self) -> Mapping[str, Asked]:
        """The newest test page of each pager."""
        return self._post.tests

    # Time

    def second(self, here: Mapping[str, float], moment: Moment) -> None:
        """What time alone does, at least once a second; `here`: by session, when somebody last said so."""
        for call in self.calling.calls.values():
            call.here_at = max(call.here_at, here.get(call.alarm.session, call.here_at))
        self.calling.second(moment)
        self._post.second(self.duty.online(moment.at), moment.at)

    # What people do about pagers

    def test(self, pager: str, moment: Moment, text: str, request: Request | None = None) -> str:
        """Ask whether somebody is there; with `request`, whether they take over. The page's id.

        Raises:
            UnknownError: there is no such pager.
            RefusedError: it is offline.
        """
        self.duty.known(pager)
        self.duty.must_be_online(pager, moment.at)
        page_id = self._post.page_id()
        self._post.send(writing.test(page_id, text, self._origin, moment), pager, moment.at, moment)
        if request is not None:
            self.duty.ask(page_id, request)
        return page_id

    def put_on_call(self, pager: str, by: str, moment: Moment) -> None:
        """From now on this one is asked first.

        Raises:
            UnknownError: there is no such pager.
        """
        self.duty.known(pager)
        self._remember(DutyChanged(kind="on-call", pager=pager, by=by, at=moment.at))

    # A restart

    def restore(self, what: Remembered) -> None:
        """What was there before a restart; alarms announced until `restored` go on where they were."""
        self._former = Former([(self._post.remember(each), each) for each in what.pages], self.duty.holders)
        for receipt in what.receipts:
            self._post.remember_receipt(receipt)
        for change in what.duty:
            self.duty.remember(change)

    def restored(self, moment: Moment) -> None:
        """All that was in force is announced: nobody is needed for the rest any more."""
        for asked in self._former.left():
            document = msgspec.structs.replace(
                asked.page, page_id=self._post.page_id(), kind="withdraw", sent_at=moment.ts
            )
            self._post.send(document, asked.pager, moment.at, moment)
        self._former = Former((), ())

    def _remember(self, change: DutyChanged) -> None:
        self.duty.remember(change)
        self._post.facts.append(change)

    def _must_be_known(self, pager: str) -> None:
        if pager not in self.duty.holders:
            raise RefusedMessageError(Refusal.PAGER, f"the configuration has no pager {pager}")
