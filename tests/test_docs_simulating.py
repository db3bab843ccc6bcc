"""docs/simulating.md names what there is: scenarios, keys and events."""

from __future__ import annotations

import msgspec
import pytest

from simulators.events import EVENT_KINDS, SIZES
from simulators.person import RESPONSES
from simulators.scenario import Head, find, names
from simulators.timeline import Entry
from tests.pages import DOCS, row, sections, words

PAGE = "simulating.md"


@pytest.mark.parametrize("name", names())
def test_every_scenario_is_in_the_table_and_says_what_it_shows(name: str) -> None:
    row(sections(PAGE)["The scenarios"], name)
    scenario = find(name)
    assert scenario.title
    assert scenario.shows.endswith(".")


def test_every_key_is_explained() -> None:
    there = sections(PAGE)["Write one"]
    for kind in (Head, Entry):
        for key in msgspec.structs.fields(kind):
            row(there, key.encode_name)
    assert set(RESPONSES) <= words(there)


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_every_event_is_explained_with_its_range(kind: str) -> None:
    line = row(sections(PAGE)["Write one"], kind)
    size = SIZES.get(kind)  # type: ignore[call-overload] # a str of the table itself
    if size is not None:
        assert f"{size.low:g} to {size.high:g}" in line


def test_the_table_names_no_scenario_that_is_not_there() -> None:
    lines = sections(PAGE)["The scenarios"].splitlines()
    told = {word for line in lines if line.startswith("| `") for word in words(line.split("|")[1])}
    assert told == set(names())
    assert (DOCS / PAGE).exists()
