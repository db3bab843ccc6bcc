"""The pages say what the code does: whatever has a name that people use stands on the page for it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer.main
from pydantic import BaseModel

from drivers import DRIVERS
from kapmonitor.__main__ import command_line
from kapmonitor.app.kinds import link_kinds
from kapmonitor.config import Config, Dashboard, Room, defaults_dir, examine
from tests.pages import DOCS, PAGES, ROOT, anchors, row, sections, text_of, words

# The configuration


INSIDE: dict[type[BaseModel], str] = {Room: "a room", Dashboard: "`[dashboard]`"}


def keys(model: type[BaseModel], table: str) -> Iterator[tuple[str, str, object]]:
    """Every key below `model`: the heading of its table, the key, its default."""
    for name, field in model.model_fields.items():
        inner = [each for each in (field.annotation, *get_args(field.annotation)) if _is_model(each)]
        if model is not Config:
            yield table, name, field.default
        for each in inner:
            listed = each is not field.annotation
            top = f"`[[{name}]]`" if listed else f"`[{name}]`"
            yield from keys(each, top if model is Config else f"`{name}` of {INSIDE[model]}")


def _is_model(what: object) -> bool:
    return isinstance(what, type) and issubclass(what, BaseModel)


@pytest.mark.parametrize(("table", "key", "default"), list(keys(Config, "")))
def test_every_configuration_key_is_explained_with_its_default(table: str, key: str, default: object) -> None:
    line = row(sections("setting-up.md")[table], key)
    if isinstance(default, str | bool | int):
        assert str(default).lower() in line.lower()


@pytest.mark.parametrize("name", ["clinic.example.toml", "simulated.toml"])
def test_the_example_configurations_have_no_mistake(name: str) -> None:
    assert examine(defaults_dir() / name, link_kinds())[1] == []


def test_every_environment_variable_is_explained() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "kapmonitor").rglob("*.py"))
    found = set(re.findall(r"\bKAPMONITOR_[A-Z_]+\b", source))
    assert found
    assert found <= words(sections("setting-up.md")["Environment"])


# The command line


def test_every_command_and_option_is_explained() -> None:
    group: Any = typer.main.get_command(command_line())
    options = {option for command in _commands(group) for option in _options(command)}
    there = text_of(DOCS / "setting-up.md")
    assert options <= words(there)
    for verb in group.commands:
        assert f"`kapmonitor {verb}" in there


def _commands(group: Any) -> Iterator[Any]:
    yield group
    for command in getattr(group, "commands", {}).values():
        yield from _commands(command)


def _options(command: Any) -> list[str]:
    return [option for each in command.params if each.param_type_name == "option" for option in each.opts]


@pytest.mark.parametrize("driver", list(DRIVERS))
def test_every_driver_has_its_row_and_its_section(driver: str) -> None:
    there = sections("devices.md")
    row(text_of(DOCS / "devices.md"), driver)
    assert there[driver].strip()


# All pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere_in_the_repository(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", text_of(page)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", sorted((DOCS / "decisions").glob("*.md")), ids=lambda page: page.stem)
def test_every_decision_has_a_date_and_its_three_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    number = page.name[:4]
    assert re.match(rf"# {number} .+\n\nDate: 20\d\d-\d\d-\d\d\. Status: ", text)
    assert re.findall(r"^## (.*)$", text, flags=re.MULTILINE) == ["Context", "Decision", "Consequences"]


PLACES = {"dev", "tmp", "etc", "opt", "usr", "var", "api", "room", "sessions", "static", "ws"}
"""Where a path in a page may begin: ports, trials, a system's settings, and addresses of the dashboard."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_place_that_only_its_writer_has(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"(?<![\w.}./:*-])/([a-z]+)/", text)) <= PLACES
    for name in re.findall(r"\.\./([\w./-]+)", text):
        assert (page.parent.parent / name).exists(), name


# What can go wrong


def test_every_hazard_names_a_test_that_is_there() -> None:
    """Or says in words that nothing shows its control yet. A scenario that differs shows nothing."""
    page = (DOCS / "risk" / "hazards.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if re.match(r"\| H\d+", line)]
    assert rows
    for line in rows:
        shown = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", line)
        scripts = re.findall(r"`(tests/scenarios/[\w-]+)\.jsonl`", line)
        assert shown or scripts or "**not yet**" in line, line
        for script in scripts:
            assert '"differs"' not in (ROOT / f"{script}.expected.jsonl").read_text(encoding="utf-8"), script
        _all_there(shown)


def test_every_failure_of_bluetooth_names_a_test_that_is_there() -> None:
    """Or says that nothing shows it."""
    table = (DOCS / "risk" / "bluetooth.md").read_text(encoding="utf-8").split("|---|")[-1]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    assert len(rows) >= 19
    for line in rows:
        shown = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", line)
        assert shown or "**not shown**" in line, line
        _all_there(shown)


def _all_there(tests: list[tuple[str, str]]) -> None:
    for path, name in tests:
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^(?:async )?def {name}\(", source, flags=re.MULTILINE), f"{path}::{name}"


def test_devices_without_alarms_of_their_own_are_known() -> None:
    """For each driver the page says whether the device itself still calls when this software does not."""
    table = text_of(DOCS / "devices.md")
    head = next(line for line in table.splitlines() if line.startswith("| driver"))
    column = [cell.strip() for cell in head.split("|")].index("alarms of its own")
    for driver in DRIVERS:
        assert row(table, driver).split("|")[column].strip()


def test_the_order_of_rooms_is_told_as_it_is_checked() -> None:
    """By decision 0001, from the top to the bottom."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    page = (DOCS / "decisions" / "0001-rooms-and-import-order.md").read_text(encoding="utf-8")
    told = re.split(r"\s*→\s*", page.split("```")[1].strip())
    assert told == layers
