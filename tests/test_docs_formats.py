"""docs/formats.md names every topic, field, format, quantity, reason and address there is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from kapmonitor import documents, pages
from kapmonitor.alarms.texts import CAUSES
from kapmonitor.app.pulse import Pulse
from kapmonitor.board import Board
from kapmonitor.clinic import Clinic
from kapmonitor.clock import Clock
from kapmonitor.codecs import FORMATS
from kapmonitor.codecs.blood_pressure import CuffStatus
from kapmonitor.codecs.plx_status import PRECEDENCE
from kapmonitor.codecs.suntech import ERRORS
from kapmonitor.config import load_routes, load_rules
from kapmonitor.model import Quality
from kapmonitor.quantities import QUANTITIES
from kapmonitor.web import Access, LiveFeed, create_app
from tests.pages import ROOT, row, sections, words


def topics() -> Iterator[tuple[documents.Message, Any]]:
    """What `documents` and `pages` publish, made of placeholders, and the type of its document."""
    for function in [*vars(documents).values(), *vars(pages).values()]:
        if not inspect.isfunction(function) or get_type_hints(function).get("return") != documents.Message:
            continue
        hints = get_type_hints(function)
        kind = next((each for each in _alternatives(hints.get("document")) if _is_struct(each)), None)
        placeholders = {
            name: _placeholder(name, hints[name]) for name in inspect.signature(function).parameters
        }
        yield function(**placeholders), kind


def _placeholder(name: str, hint: object) -> object:
    kind = next((each for each in _alternatives(hint) if _is_struct(each)), None)
    if kind is not None:
        return kind(**{field.name: f"{{{field.name}}}" for field in msgspec.structs.fields(kind)})
    return f"{{{name.removesuffix('_id')}}}"


def _alternatives(hint: object) -> tuple[Any, ...]:
    return (hint, *get_args(hint))


def _is_struct(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


@pytest.mark.parametrize("message", list({message.topic: message for message, _ in topics()}.values()))
def test_every_topic_is_in_the_table_as_it_is_published(message: documents.Message) -> None:
    line = row(sections("formats.md")["MQTT"], message.topic)
    assert line.split("|")[2:4] == [f" {message.how.qos} ", " yes " if message.how.retain else " no "]


@pytest.mark.parametrize(("message", "kind"), [pair for pair in topics() if pair[1] is not None])
def test_every_field_of_every_document_is_explained(message: documents.Message, kind: Any) -> None:
    common = msgspec.structs.fields(documents.Document)
    here = sections("formats.md")
    assert {field.name for field in common} <= words(here["Every document"])
    assert _fields(kind) - {field.name for field in common} <= words(here[f"`{message.topic}`"])


def _fields(kind: Any) -> set[str]:
    """The fields of a struct and of the structs in it, as far as they are no documents of their own."""
    found = set()
    for field in msgspec.structs.fields(kind):
        found.add(field.name)
        for inner in _alternatives(field.type):
            if _is_struct(inner) and not issubclass(inner, documents.Document):
                found |= _fields(inner)
    return found


@pytest.mark.parametrize("name", list(FORMATS))
def test_every_format_of_decode_is_listed(name: str) -> None:
    row(sections("formats.md")["`kapmonitor decode FORMAT [FILE]`"], name)


@pytest.mark.parametrize("name", list(QUANTITIES))
def test_every_quantity_is_listed_with_unit_and_range(name: str) -> None:
    quantity = QUANTITIES[name]
    line = row(sections("formats.md")["Quantities"], name)
    assert f"| {quantity.unit} | {quantity.low:g} to {quantity.high:g} |" in line


def test_every_quality_and_reason_is_explained() -> None:
    reasons = {*CAUSES, *ERRORS.values(), *(why for _, _, why in PRECEDENCE)}
    reasons |= {(flag.name or "").lower() for flag in CuffStatus}
    reasons |= {word for path in (ROOT / "kapmonitor/codecs").glob("*.py") for word in _literal_reasons(path)}
    assert reasons <= words(sections("formats.md")["Reasons"])
    assert set(Quality) <= words(sections("formats.md")["Qualities"])


def _literal_reasons(path: Path) -> list[str]:
    source = path.read_text(encoding="utf-8")
    return re.findall(r'(?:missing\("\w+", |failed\(|QUESTIONABLE, )"(\w+)"', source)


def test_every_address_of_the_dashboard_is_listed() -> None:
    clock, rules = Clock(), load_rules()
    clinic = Clinic([], [], rules, load_routes(), clock, lambda _: None, lambda *_: None)
    feed = LiveFeed(Board([], {}), clock, Pulse(list), site="test")
    routes: Any = create_app(feed, clinic, Access([])).routes
    rows = [line for line in sections("formats.md")["HTTP"].splitlines() if line.startswith("|")]
    listed = {word.split("/…")[0] for line in rows for word in words(line.split("|")[1])}
    assert {route.path for route in routes} <= listed
