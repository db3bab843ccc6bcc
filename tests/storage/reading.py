"""Looks into a record from outside, as another program would."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "record.db")) as connection:
        return connection.execute(query).fetchall()


def column(folder: Path, query: str) -> list[Any]:
    return [row[0] for row in rows(folder, query)]
