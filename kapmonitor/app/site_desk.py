"""How the site stands, for the administration's page: what all the parts say, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kapmonitor.alarms.compared import Difference, differences, lines
from kapmonitor.app.limits import PROPOSALS, LimitSet
from kapmonitor.clinic import Clinic
from kapmonitor.clock import Clock
from kapmonitor.config import parse_rules
from kapmonitor.errors import ConfigError, RefusedError
from kapmonitor.model import rfc3339
from kapmonitor.mqtt.publisher import Publisher
from kapmonitor.people import Person, Task
from kapmonitor.ports import ANSWERED_WITHIN_S
from kapmonitor.standing import (
    CheckView,
    DeviceLine,
    Heard,
    LimitsView,
    Part,
    Point,
    Signature,
    in_a_line,
    points,
)
from kapmonitor.storage.errors import StorageError
from kapmonitor.storage.record import Record
from kapmonitor.storage.signatures import SignedRules

CHECKED = "start-of-day"
"""The word of the check in the audit log."""


class SiteDesk:
    """Implements `kapmonitor.ports.SiteDesk`."""

    def __init__(
        self,
        clinic: Clinic,
        publisher: Publisher,
        limits: LimitSet,
        clock: Clock,
        reachable: Callable[[], bool | None],
        record: Record | None,
    ) -> None:
        """`reachable`: whether somebody has answered a page this shift; None: there are no pagers."""
        self._clinic = clinic
        self._publisher = publisher
        self._limits = limits
        self._clock = clock
        self._reachable = reachable
        self._record = record
        self._signed_here = False

    def problems(self) -> list[str]:
        """What staff should know of the limits, until somebody signs them here."""
        return [note for note in self._limits.notes if not (self._signed_here and note == PROPOSALS)]

    def devices(self) -> Sequence[DeviceLine]:
        """Every configured device, in the order of the configuration."""
        return self._clinic.devices()

    def parts(self) -> Sequence[Part]:
        """Recording and broker, in the words that staff read in the bar."""
        record = self._record
        broker = " ".join(self._publisher.problems())
        stopped = "Nothing is being recorded here." if record is None else record.stopped
        return [
            Part("recording", stopped is None, stopped or ""),
            Part("broker", self._publisher.connected and not broker, broker),
        ]

    async def limits(self) -> LimitsView:
        """The limits in force, beside the set that was signed last."""
        record, limits = self._record, self._limits
        own = None if record is None else await record.signatures.of(limits.hash)
        last = None if record is None else await record.signatures.last()
        return LimitsView(
            hash=limits.hash,
            signed=_signature(own),
            last=_signature(last),
            differences=None if last is None else self._against(last),
            rules=lines(limits.rules),
        )

    async def sign(self, digest: str, name: str, *, by: Person) -> None:
        """Keep who answers for the limits in force: the record has it before this returns."""
        by.must_be_allowed(Task.SIGN_LIMITS)
        if digest != self._limits.hash:
            raise RefusedError(
                "These are not the limits in force any more. Load the page anew and look again."
            )
        record = self._kept()
        record.signatures.sign(SignedRules(name, self._clock.utc(), self._limits.text))
        record.audit.note("limits-signed", digest, by=by.id, detail=name)
        if not await record.durable(ANSWERED_WITHIN_S):
            raise RefusedError(
                "The record takes nothing at the moment: the limits count as unsigned. Sign again later."
            )
        self._signed_here = True

    async def check(self) -> CheckView:
        """What can be judged without ears, and the newest check that was noted."""
        return await self._view(await self._points(None))

    async def checked(self, sound: Heard, *, by: Person, address: str = "") -> CheckView:
        """Note it; what is open does not keep anybody from noting it."""
        by.must_be_allowed(Task.CHECK_DAY)
        found = await self._points(sound)
        record = self._kept()
        record.audit.note(CHECKED, "site", by=by.id, address=address, detail=in_a_line(found))
        await record.durable(ANSWERED_WITHIN_S)
        return await self._view(found)

    async def _points(self, sound: Heard | None) -> tuple[Point, ...]:
        own = None if self._record is None else await self._record.signatures.of(self._limits.hash)
        signed, answered = own is not None, self._reachable()
        return points(self.devices(), self.parts(), signed=signed, reachable=answered, sound=sound)

    async def _view(self, found: tuple[Point, ...]) -> CheckView:
        try:
            noted = [] if self._record is None else await self._record.audit.newest(1, action=CHECKED)
        except StorageError:  # that it cannot be read is a point of its own
            noted = []
        return CheckView(found, noted[0].ts, noted[0].by, noted[0].detail) if noted else CheckView(found)

    def _against(self, last: SignedRules) -> tuple[Difference, ...] | None:
        try:
            return differences(self._limits.rules, parse_rules(last.text))
        except ConfigError:
            return None

    def _kept(self) -> Record:
        if self._record is None:
            raise RefusedError("Nothing is being recorded here.")
        return self._record


def _signature(signed: SignedRules | None) -> Signature | None:
    return None if signed is None else Signature(signed.name, rfc3339(signed.signed))
