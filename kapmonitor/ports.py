"""The small interfaces by which web and mqtt reach what the app built, without knowing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.moving import Changes
from kapmonitor.alarms.nuisance import Label, Nuisance
from kapmonitor.alarms.shown import ShownRule
from kapmonitor.alarms.state import EngineState
from kapmonitor.documents import Message, Value
from kapmonitor.model import Moment, Origin, Waveform
from kapmonitor.pages import Page
from kapmonitor.paging.phones import Seen
from kapmonitor.paging.view import PagerView
from kapmonitor.people import Display, KeptLogin, Person, User
from kapmonitor.session.commands import Command, StartSession
from kapmonitor.session.entries import Entry
from kapmonitor.session.form import Form
from kapmonitor.session.history import History, Trend
from kapmonitor.session.past import AlarmLine, Earlier, Summary, WhatIf
from kapmonitor.session.record import Record as SessionRecord
from kapmonitor.session.session import Session
from kapmonitor.session.view import SessionView
from kapmonitor.standing import CheckView, DeviceLine, Heard, LimitsView, Part

ANSWERED_WITHIN_S = 5.0
"""The longest that an answer to a person waits for the disk (s); no alarm waits for it."""


class Listener(Protocol):
    """Whoever wants to hear what others publish below the site's root. None of it blocks."""

    patterns: Mapping[str, int]
    """What is subscribed to below the site's root, with its QoS: at 1 it may wait while we are away."""

    def connected(self) -> None:
        """We are on a broker; what it keeps comes next."""
        ...

    def take(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """A message on `topic` (below the site's root); `retained`: the broker had kept it."""
        ...


class PagerDesk(Protocol):
    """What people may have done about pagers; every method raises `RefusedError` with the reason."""

    def pagers(self) -> Sequence[PagerView]:
        """All of them, in the order in which they are asked now."""
        ...

    def test(self, pager: str, *, by: Person) -> None:
        """Ask whether somebody answers on this pager."""
        ...

    def hand_over(self, pager: str, *, by: Person, minutes: float | None = None) -> None:
        """Ask it to take over, or to cover for so many minutes; done once it has accepted."""
        ...

    def put_on_call(self, pager: str, *, by: Person) -> None:
        """It is asked first from now on."""
        ...


class PhoneLine(Protocol):
    """The line to a phone's open page; none of it blocks."""

    def page(self, page: Page) -> None:
        """Something for its screen; the same page may come again."""
        ...

    def lost(self, by: str) -> None:
        """It is this pager no longer: `by` has taken or left it; empty: another window of it is open."""
        ...


class Take(Protocol):
    """Where what a pager says comes in, whichever way it came."""

    def __call__(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """A message on `topic`, below the site's root."""
        ...


class Standing(NamedTuple):
    """What a pager should show; `complete`: what it has beside these is over."""

    pages: Sequence[Page]
    complete: bool


class PhoneDesk(Protocol):
    """Phones in a pager's place. `key` is what only one browser knows; `RefusedError` has the reason."""

    def take(self, pager: str, key: str, *, by: Person, over: bool = False) -> None:
        """This browser is that pager from now on; `over`: also where another phone is it now."""
        ...

    def leave(self, pager: str, key: str, *, by: Person) -> None:
        """This browser is that pager no longer."""
        ...

    def join(self, pager: str, key: str, line: PhoneLine, *, by: Person) -> Standing:
        """The page of the browser that has taken this pager is open, and `line` leads to it."""
        ...

    def says(self, pager: str, line: PhoneLine, what: Seen) -> None:
        """What an open page says of itself."""
        ...

    def receipt(self, pager: str, line: PhoneLine, payload: bytes) -> None:
        """A receipt, as it came."""
        ...

    def gone(self, pager: str, line: PhoneLine) -> None:
        """The page is closed, or its line is lost."""
        ...


Publish = Callable[[Message], None]
"""Hands one publication to every lane and the board; never blocks, never raises."""


class Commands(Protocol):
    """What a known person may have the service do. `by` is who; `key` an idempotency key, done only once.

    Every method raises `RefusedError` with the reason when it cannot be done, `NotAllowedError` when it is
    not for this role; nothing is half done then.
    """

    def start(self, what: StartSession, *, by: Person, key: str = "") -> str:
        """Open a session on a seat; the id of the new session."""
        ...

    async def do(self, session: str, command: Command, *, by: Person, key: str = "") -> None:
        """Carry out one command of a session; where it is for a cuff, once that has answered."""
        ...

    def acknowledge(self, alarm: str, seq: int, *, by: Person) -> None:
        """Acknowledge one alarm as it was seen, i.e. at `seq`; never what came after."""
        ...

    def view(self, session: str) -> SessionView:
        """Everything about a session that is open, or ended within the last ten minutes."""
        ...

    def entries(self, session: str) -> Sequence[Entry]:
        """The record of such a session, in order."""
        ...

    def limits(self, session: str) -> Sequence[ShownRule]:
        """The alarm rules of such a session, in the order of the file."""
        ...

    async def what_if(self, session: str, changes: Changes) -> WhatIf:
        """What would have alarmed in the last hour of an open session with other limits."""
        ...

    async def record(self, session: str) -> SessionRecord:
        """Everything that was entered in a session, open or ended, by chapter, and what its alarms did."""
        ...

    async def form(self, session: str) -> Form:
        """The form of the esketamine programme of such a session, as far as it can be filled."""
        ...

    async def earlier(self, session: str) -> Sequence[Earlier]:
        """Earlier sessions with the same client code, to compare with: never a limit."""
        ...

    async def settled(self) -> bool:
        """Wait until what was just done is durable, at most 5 s: only who asked for it waits, no alarm does.

        False: it is done and goes on, and is recorded when that is possible; at once, where the disk fails.
        """
        ...

    async def label(self, alarm: str, label: Label, *, by: Person) -> None:
        """What an alarm was, of an open or an ended session; what was said last counts."""
        ...

    async def nuisance(self, days: int) -> Nuisance:
        """What the alarms of the last `days` were worth; anybody may ask."""
        ...


class Record(Protocol):
    """Where what happens is kept. What writes neither waits nor fails."""

    def begin(self, session: Session, origin: Origin) -> None:
        """A session is open, or open again."""
        ...

    def save(
        self,
        session: Session,
        state: EngineState,
        transitions: Iterable[Transition],
        entries: Iterable[Entry],
        moment: Moment,
    ) -> None:
        """What a session's alarm engine remembers, and the transitions and entries that led there."""
        ...

    def vitals(self, session: str, values: Mapping[str, Value], moment: Moment) -> None:
        """Once a second: the numbers of a session, as shown and as read."""
        ...

    def wave(self, session: str, device: str, piece: Waveform, moment: Moment) -> None:
        """Samples of a device, of which the last came at `moment`."""
        ...

    def end(self, session: Session, moment: Moment, by: str) -> None:
        """A session is over."""
        ...

    def forget(self, session: str) -> None:
        """A session that is over cannot be reopened any more."""
        ...

    def label(self, alarm: str, label: Label, by: str, moment: Moment) -> None:
        """Somebody says what an alarm was."""
        ...

    async def knows(self, alarm: str) -> bool:
        """Whether there is such an alarm (`RefusedError` where nothing can be read)."""
        ...

    async def nuisance(self, days: int, now: datetime) -> Nuisance:
        """What the alarms of the `days` before `now` were worth (`RefusedError`: it cannot be read)."""
        ...

    async def durable(self, within_s: float = 0.1) -> bool:
        """Wait, at most `within_s`, until all of that is on the disk; whether it is."""
        ...


class Past(Protocol):
    """What the record has of sessions, open and ended. Every method raises `StorageError` if it cannot tell.

    The text of that error is for staff. Nobody may conclude from it that there is nothing.
    """

    def head(self) -> str:
        """The head of the record's chain of hashes, for reports and the heartbeat; empty where unknown."""
        ...

    async def session(self, name: str, moment: Moment) -> Session | None:
        """One session, its times on the clock of `moment`; None where there is none."""
        ...

    async def history(self, name: str, moment: Moment) -> History | None:
        """All of one session: entries, numbers, waveforms, alarms; None where there is none."""
        ...

    async def trend(
        self, session: str, quantity: str, since: datetime, until: datetime, buckets: int = 1000
    ) -> Trend:
        """One quantity between two times (UTC) in equal parts; an empty part stays empty."""
        ...

    async def sessions(self, since: datetime | None = None, limit: int = 100) -> list[Summary]:
        """The newest sessions, newest first; those that were opened at `since` (UTC) or later."""
        ...

    async def earlier(
        self, client: str, before: datetime, limit: int = 5, *, drill: bool = False
    ) -> list[Earlier]:
        """Sessions of this client code that were opened before, newest first: to compare, never a limit."""
        ...

    async def alarms_of(self, name: str) -> list[AlarmLine]:
        """All that happened to the alarms of a session, in order."""
        ...

    async def labels_of(self, name: str) -> dict[str, Label]:
        """What staff said last of each alarm of a session, by alarm; without those nobody has marked."""
        ...

    async def started_with(self, key: str) -> str | None:
        """The session that was started by the command with this idempotency key, if there is one.

        A record that cannot be read is no reason to refuse a start: the patient is there.
        """
        ...


class Reports(Protocol):
    """The reports of sessions, for people."""

    async def page(self, session: str, *, by: Person, address: str = "") -> str:
        """The report of a session as HTML; its style sheet is asked for at its own address.

        That `by` has opened it, from `address`, is noted.

        Raises `NotAllowedError` when it is not for this role, `UnknownError` where there is no such session,
        `StorageError` where the record cannot be read.
        """
        ...

    async def pdf(self, session: str, *, by: Person, address: str = "") -> bytes:
        """The same as a PDF: takes seconds. Raises `NotInstalledError` where the extra for it is missing."""
        ...

    def style(self, session: str, mark: str) -> str:
        """The style sheet of that page; `mark` stands at the head of every printed page."""
        ...


class Known(NamedTuple):
    """Everybody who can log in, every log-in, and every display, as they were kept."""

    users: Sequence[User] = ()
    logins: Sequence[KeptLogin] = ()
    displays: Sequence[Display] = ()


class Entrance(Protocol):
    """Where it is kept who can log in, who is logged in, and which screens show something without."""

    def keep(self, what: User | KeptLogin | Display) -> None:
        """It is so from now on; neither waits nor fails."""
        ...

    def forget(self, what: KeptLogin | Display) -> None:
        """It is gone."""
        ...

    async def known(self) -> Known | None:
        """All of it; None where the record cannot be read."""
        ...


class Noted(NamedTuple):
    """One line of the audit log: who did what to what, when and from where, and what came of it."""

    id: int
    ts: str
    by: str
    action: str
    what: str
    detail: str
    address: str


class AuditTrail(Protocol):
    """What the audit log says."""

    async def newest(
        self, limit: int, before: int | None = None, *, by: str = "", action: str = ""
    ) -> list[Noted]:
        """The newest lines first, those of an `id` below `before`; of one user or one action where said.

        Raises `StorageError` where the record cannot be read.
        """
        ...


class RoomCalls(Protocol):
    """Calls for help from seats that have no session."""

    def call(self, room: str, seat: str, *, by: Person) -> None:
        """Somebody there calls for help; who calls again is heard again."""
        ...

    def here(self, room: str, seat: str, *, by: Person) -> bool:
        """Somebody is with who called, which ends the call; False where nobody calls there."""
        ...


class SiteDesk(Protocol):
    """How the site stands, and what is answered for before a day begins."""

    def devices(self) -> Sequence[DeviceLine]:
        """Every configured device, in the order of the configuration."""
        ...

    def parts(self) -> Sequence[Part]:
        """Recording and broker."""
        ...

    async def limits(self) -> LimitsView:
        """The limits in force, who answers for them, and what is other than in the set signed last."""
        ...

    async def sign(self, digest: str, name: str, *, by: Person) -> None:
        """`name` answers for the limits with this hash; refused where they are not the ones in force."""
        ...

    async def check(self) -> CheckView:
        """The start-of-day check, as far as the service can judge it, and the last one that was noted."""
        ...

    async def checked(self, sound: Heard, *, by: Person, address: str = "") -> CheckView:
        """The check as it is now, with what was heard at a screen, stands in the audit log."""
        ...


class Audit(Protocol):
    """Where it is noted who did what: what leaves no entry in a session."""

    def note(self, action: str, what: str, *, by: str, address: str = "", detail: str = "") -> None:
        """`by` (a user's id) did `action` to `what`, from `address`; neither waits nor fails.

        `action` is one word with hyphens, e.g. `log-in`, `export`. No client codes, passwords or free text.
        """
        ...


class Health(Protocol):
    """How the service itself is."""

    def monitoring(self) -> bool:
        """Whether patients are being monitored: what devices say is judged, second by second."""
        ...

    def problems(self) -> list[str]:
        """What staff should know of the service itself, one plain sentence each; empty while all is well."""
        ...
