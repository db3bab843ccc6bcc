"""JSON Schema of every document, by its topic, for whoever writes the other end. Pure.

The files in `docs/schemas/` are these; `python -m kapmonitor.schemas docs/schemas` writes them anew.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from kapmonitor import documents, pages

DOCUMENTS: Mapping[str, type[documents.Document]] = {
    "service-heartbeat": documents.Heartbeat,
    "device-info": documents.DeviceInfo,
    "place-question": documents.PlaceQuestion,
    "session-meta": documents.SessionMeta,
    "session-state": documents.SessionState,
    "session-vitals": documents.Vitals,
    "session-nibp": documents.Nibp,
    "session-snapshot": documents.Snapshot,
    "session-wave": documents.Wave,
    "alarm": documents.Alarm,
    "alarm-event": documents.AlarmEvent,
    "pager-page": pages.Page,
    "pager-receipt": pages.Receipt,
}
"""The name of a schema's file (without `.schema.json`) and the document that it describes."""


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its file; fields that a reader does not know are allowed in all of them."""
    return {f"{name}.schema.json": _schema(name, kind) for name, kind in DOCUMENTS.items()}


def text(schema: Mapping[str, Any]) -> str:
    """A schema as its file has it."""
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2).decode() + "\n"


def _schema(name: str, kind: type[documents.Document]) -> dict[str, Any]:
    made = msgspec.json.schema(kind)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, **made}


def write(folder: Path) -> None:
    """Write every schema into `folder`."""
    for name, schema in schemas().items():
        (folder / name).write_text(text(schema), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
