"""docs/schemas/ has the schema of every document, as the code has it, and real documents pass them."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgspec
import pytest

from kapmonitor import documents, schemas
from kapmonitor.documents import Document, Message
from tests.mqtt import samples
from tests.pages import DOCS
from tests.test_pages import PAGE, RECEIPT

FOLDER = DOCS / "schemas"


def test_the_published_schemas_are_those_of_the_code() -> None:
    """After a change: `make schemas`."""
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert there == {name: schemas.text(schema) for name, schema in schemas.schemas().items()}


def test_every_kind_of_document_has_a_schema() -> None:
    assert set(Document.__subclasses__()) == set(schemas.DOCUMENTS.values())


def check(name: str, payload: bytes) -> None:
    schema: dict[str, Any] = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(payload), schema, jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("alarm", samples.alarm()),
        ("alarm-event", samples.event(1)),
        ("session-vitals", samples.vitals(1)),
        ("session-snapshot", samples.snapshot("s-1")),
    ],
)
def test_what_is_published_passes(name: str, message: Message) -> None:
    check(name, documents.encode(message.payload))


def test_pages_and_receipts_pass_and_nonsense_does_not() -> None:
    check("pager-page", msgspec.json.encode(PAGE))
    check("pager-receipt", json.dumps(RECEIPT).encode())
    with pytest.raises(jsonschema.ValidationError):
        check("pager-receipt", json.dumps({**RECEIPT, "status": "seen"}).encode())
