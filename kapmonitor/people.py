"""Who may do what: the people of a clinic, their roles, and one table of what each role may do. Pure.

Everything that is done is done by a known person, or by the service itself where time or a rule asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from kapmonitor.errors import NotAllowedError


class Role(StrEnum):
    """What somebody is in this clinic."""

    PRESCRIBER = "prescriber"
    MEDICAL = "medical"
    THERAPIST = "therapist"
    VIEWER = "viewer"
    ADMINISTRATOR = "administrator"
    DISPLAY = "display"
    """Not a person: a screen on a wall or in a room that an administrator has paired."""
    SERVICE = "service"
    """Not a person: kapmonitor itself, where time or a rule asks for something."""


GIVEN = tuple(role for role in Role if role not in (Role.DISPLAY, Role.SERVICE))
"""The roles that a person can have."""


class Task(StrEnum):
    """What needs a permission, in words that finish "you may not ..."."""

    CALL_HELP = "call help"
    LOG = "log what happened"
    RUN_SESSION = "run a session"
    DOSE = "log a dose"
    ACKNOWLEDGE = "acknowledge an alarm"
    LABEL = "mark an alarm as real, artefact or expected"
    ATTEND = "say that medical staff are with the patient"
    PAUSE_AUDIO = "pause the sounds"
    INTERRUPT = "take the sensors off on purpose"
    INTERRUPT_EARLY = "take the sensors off in onset or peak"
    SWITCH_OFF = "switch an alarm rule off"
    MOVE_LIMIT = "move an alarm limit of a session"
    PASS_HARD_HOLD = "let a dose be given above the hard hold"  # noqa: S105 - no password, a permission
    MEASURE = "start the cuff"
    STOP_CUFF = "stop the cuff"
    TEST_PAGER = "send a test page"
    CHANGE_DUTY = "change who is on call"
    CARRY_PAGER = "carry a pager"
    READ_REPORT = "open the report of a session"
    SIGN_LIMITS = "sign the alarm limits"
    CHECK_DAY = "do the start-of-day check"
    ADMINISTER = "change how the clinic is set up"


_ROOM = frozenset({Role.PRESCRIBER, Role.MEDICAL, Role.THERAPIST, Role.SERVICE})
_CLINICAL = frozenset({Role.PRESCRIBER, Role.MEDICAL, Role.SERVICE})

MAY: Mapping[Task, frozenset[Role]] = {
    Task.CALL_HELP: _ROOM | {Role.VIEWER, Role.ADMINISTRATOR, Role.DISPLAY},
    Task.LOG: _ROOM,
    Task.RUN_SESSION: _CLINICAL,
    Task.DOSE: _CLINICAL,
    Task.ACKNOWLEDGE: _CLINICAL - {Role.SERVICE},
    Task.LABEL: _CLINICAL - {Role.SERVICE},
    Task.ATTEND: _CLINICAL - {Role.SERVICE},
    Task.PAUSE_AUDIO: _CLINICAL - {Role.SERVICE},
    Task.INTERRUPT: _ROOM - {Role.SERVICE},
    Task.INTERRUPT_EARLY: _CLINICAL - {Role.SERVICE},
    Task.SWITCH_OFF: _CLINICAL - {Role.SERVICE},
    Task.MOVE_LIMIT: _CLINICAL - {Role.SERVICE},
    Task.PASS_HARD_HOLD: frozenset({Role.PRESCRIBER}),
    Task.MEASURE: _CLINICAL,
    Task.STOP_CUFF: _ROOM,
    Task.TEST_PAGER: _ROOM - {Role.SERVICE} | {Role.ADMINISTRATOR},
    Task.CHANGE_DUTY: _CLINICAL - {Role.SERVICE},
    Task.CARRY_PAGER: _ROOM - {Role.SERVICE},
    Task.READ_REPORT: _ROOM | {Role.ADMINISTRATOR},
    Task.SIGN_LIMITS: _CLINICAL - {Role.SERVICE},
    Task.CHECK_DAY: _ROOM - {Role.SERVICE} | {Role.ADMINISTRATOR},
    Task.ADMINISTER: frozenset({Role.ADMINISTRATOR}),
}
"""Who may do it. Nobody who may look may be kept from calling help; a therapist never silences an alarm, but
may go to the restroom with a patient (not in onset or peak) and let the pressure out of a cuff that hurts."""


class Person(msgspec.Struct, frozen=True):
    """Somebody known: `id` as in the configuration, never a name."""

    id: str
    role: Role

    def may(self, task: Task) -> bool:
        """Whether this role may do it."""
        return self.role in MAY[task]

    def must_be_allowed(self, task: Task) -> None:
        """Nothing, if this role may do it.

        Raises:
            NotAllowedError: it may not; the text names the roles that may.
        """
        if not self.may(task):
            who = " or ".join(role.value for role in GIVEN if role in MAY[task])
            raise NotAllowedError(f"You may not {task.value}: that needs {who}.")


SERVICE = Person("service", Role.SERVICE)
"""Who does what nobody did."""


class User(msgspec.Struct, frozen=True):
    """Somebody who can log in. Of password and PIN only argon2 hashes are here; no PIN is an empty one.

    Who is `disabled` cannot log in any more; the record goes on naming them.
    """

    person: Person
    password_hash: str
    pin_hash: str = ""
    disabled: bool = False


class KeptLogin(msgspec.Struct, frozen=True):
    """A log-in as the record keeps it: `key` is the SHA-256 of the browser's token; times in seconds UTC.

    `began` with a password; `used` by a page, `touched` by a hand. `locked`: somebody has locked it.
    `recent`: who worked at this browser, the last one first.
    """

    key: str
    user: str
    began: float
    used: float
    touched: float
    locked: bool = False
    recent: tuple[str, ...] = ()


class Display(msgspec.Struct, frozen=True):
    """A screen that shows rooms without anybody logged in: one `room`, or (empty) all of them.

    `key` is the SHA-256 of its browser's token; `paired` in seconds UTC, `by` a user.
    """

    id: str
    room: str
    key: str
    paired: float
    by: str

    @property
    def person(self) -> Person:
        """What stands in the record where the screen itself does something."""
        return Person(self.id, Role.DISPLAY)
