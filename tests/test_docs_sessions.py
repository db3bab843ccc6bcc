"""docs/sessions.md says what the session room does: phases, routes, gates, roles, commands and entries."""

from __future__ import annotations

from typing import cast, get_args

import msgspec
import pytest

from kapmonitor.model import Phase
from kapmonitor.people import MAY, Role, Task
from kapmonitor.session import commands, entries
from kapmonitor.session.commands import ADDRESSES, Command
from kapmonitor.session.desk import DESK
from kapmonitor.session.entries import AnyWhat, Item, kebab
from kapmonitor.session.gates import gates
from kapmonitor.session.phases import BY_HAND
from kapmonitor.session.questions import DOSE_GIVEN, DOSE_REASON
from kapmonitor.session.record import CHAPTERS
from kapmonitor.session.routes import RouteTable
from tests.pages import DOCS, row, sections, text_of, words
from tests.session.seat import Seat

PAGE = sections("sessions.md")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")[1:-1]]


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_is_told_with_where_it_leads_by_hand(phase: Phase) -> None:
    row(PAGE["Phases"], phase)
    table = PAGE["Phases"].split("| from |")[1]
    assert words(cells(row(table, phase))[1]) == set(BY_HAND[phase])


@pytest.mark.parametrize("field", msgspec.structs.fields(RouteTable), ids=lambda field: field.name)
def test_every_column_of_the_routes_is_told_with_its_default(field: msgspec.structs.FieldInfo) -> None:
    said = cells(row(PAGE["Routes"], field.name))[2]
    if isinstance(field.default, float):
        assert said == f"{field.default:g}"
    elif isinstance(field.default, tuple):
        times = cast("tuple[float, ...]", field.default)
        assert said == (", ".join(f"{each:g}" for each in times) or "none")


def test_every_gate_question_and_item_is_told() -> None:
    seat = Seat()
    for gate in gates(seat.session, seat.around, 0.0):
        row(PAGE["Gates"], gate.name)
    for item in get_args(Item):
        row(PAGE["The checklist"], item)
    assert {DOSE_GIVEN, f"{DOSE_REASON}1"} <= words(PAGE["The next thing to do"])


@pytest.mark.parametrize("task", list(Task))
def test_the_roles_are_told_as_they_are(task: Task) -> None:
    lines = PAGE["Roles"].splitlines()
    roles = [Role(each) for each in cells(next(line for line in lines if line.startswith("| may")))[1:]]
    told = cells(next(line for line in lines if line.startswith(f"| {task.value} |")))[1:]
    assert {role for role, cell in zip(roles, told, strict=True) if cell} == MAY[task] - {Role.SERVICE}


@pytest.mark.parametrize("address", list(ADDRESSES))
def test_every_command_is_told_with_its_fields_and_who_may(address: str) -> None:
    command = ADDRESSES[address]
    _, fields, who, _ = cells(row(PAGE["What people can say"], address))
    assert words(fields) == {field.name for field in msgspec.structs.fields(command)}
    assert DESK[command][0].value in who


def test_every_command_has_its_address_and_its_desk() -> None:
    assert set(ADDRESSES.values()) == set(DESK) == set(get_args(Command))
    structs = {each for each in vars(commands).values() if isinstance(each, type)}
    asked = {each for each in structs if issubclass(each, commands.SetPhase.__bases__[0])}
    assert asked - {commands.SetPhase.__bases__[0]} == {*get_args(Command), commands.StartSession}


def test_every_kind_of_entry_stands_in_one_chapter_and_on_the_page() -> None:
    kinds = [kind for chapter in CHAPTERS.values() for kind in chapter]
    assert sorted(kinds, key=str) == sorted(get_args(AnyWhat), key=str)
    structs = {each for each in vars(entries).values() if isinstance(each, type)}
    assert {each for each in structs if issubclass(each, entries.What)} == {*kinds, entries.What}
    for name, chapter in CHAPTERS.items():
        line = next(line for line in PAGE["The record"].splitlines() if line.startswith(f"| {name} |"))
        assert words(cells(line)[1]) == {kebab(kind.__name__) for kind in chapter}


def test_every_word_that_a_command_takes_is_told() -> None:
    there = words(text_of(DOCS / "sessions.md"))
    for choice in (entries.Preset, entries.InfusionAction, entries.LozengeAction, entries.Medicine):
        assert set(get_args(choice)) <= there
