"""Who may do what: what a clinic relies on is written out here, not read from the table under test."""

from __future__ import annotations

import pytest

from kapmonitor.errors import NotAllowedError
from kapmonitor.people import MAY, SERVICE, Person, Role, Task


def test_every_task_has_its_row() -> None:
    assert set(MAY) == set(Task)
    assert all(MAY.values())


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SERVICE])
def test_whoever_may_look_may_call_help(role: Role) -> None:
    Person("anyone", role).must_be_allowed(Task.CALL_HELP)


@pytest.mark.parametrize("task", [Task.ACKNOWLEDGE, Task.ATTEND, Task.SWITCH_OFF])
@pytest.mark.parametrize("role", [Role.THERAPIST, Role.VIEWER, Role.ADMINISTRATOR, Role.SERVICE])
def test_only_medical_roles_silence(task: Task, role: Role) -> None:
    """Not a therapist, and not the software either."""
    with pytest.raises(NotAllowedError, match="needs prescriber or medical"):
        Person("somebody", role).must_be_allowed(task)


def test_the_hard_hold_is_the_prescribers() -> None:
    assert Person("p", Role.PRESCRIBER).may(Task.PASS_HARD_HOLD)
    assert not Person("n", Role.MEDICAL).may(Task.PASS_HARD_HOLD)
    assert not SERVICE.may(Task.PASS_HARD_HOLD)


def test_a_viewer_only_looks_and_calls_help() -> None:
    assert {task for task in Task if Person("v", Role.VIEWER).may(task)} == {Task.CALL_HELP}


def test_a_therapist_logs_but_does_not_run_the_session() -> None:
    therapist = Person("t", Role.THERAPIST)
    assert therapist.may(Task.LOG)
    assert not therapist.may(Task.RUN_SESSION)
    assert not therapist.may(Task.DOSE)
