"""The page about the record names every table, every column and every kind of entry."""

from __future__ import annotations

from typing import get_args

import pytest
from sqlalchemy import Table

from kapmonitor.session.entries import AnyWhat
from kapmonitor.storage.tables import metadata
from tests.pages import row, sections


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_and_column_is_explained(table: Table) -> None:
    there = sections("record.md")[f"`{table.name}`"]
    for column in table.columns:
        row(there, column.name)


@pytest.mark.parametrize("kind", get_args(AnyWhat), ids=lambda kind: kind.__name__)
def test_every_kind_of_entry_is_explained(kind: type[AnyWhat]) -> None:
    row(sections("record.md")["`session_entry`"], str(kind.__struct_config__.tag))
