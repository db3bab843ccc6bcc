"""One row of a file as a rule: every column that is wrong is named, not only the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, cast, get_args

import msgspec

from kapmonitor.alarms.kinds import Rule
from kapmonitor.alarms.rules import Row

KINDS: Mapping[str, type[Row]] = {
    str(kind.__struct_config__.tag): kind for kind in cast("tuple[type[Row], ...]", get_args(Rule))
}
"""The kinds of rules by the word in the column `kind`."""


def read(row: Mapping[str, Any]) -> tuple[Rule | None, list[str]]:
    """The rule, if every column has the right shape; else what is wrong with each."""
    kind = KINDS.get(str(row.get("kind")))
    if kind is None:
        return None, [f"kind = {row.get('kind')!r}: there is no such kind; kinds are {', '.join(KINDS)}"]
    try:
        rule = msgspec.convert(row, Rule)
    except msgspec.ValidationError:
        return None, [*_columns(row, kind)]
    mistakes = [
        f"{name} = {value!r}: is no number that it can have"
        for name, value in row.items()
        if not _finite(value)
    ]
    return (None, mistakes) if mistakes else (rule, [])


def _columns(row: Mapping[str, Any], kind: type[Row]) -> Iterator[str]:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name, field in fields.items():
        if field.required and name not in row:
            yield f"{name} is missing; add it"
    for name, value in row.items():
        if name == "kind":
            continue
        if name not in fields:
            yield f"{name}: there is no such column; columns of {row['kind']} are {', '.join(fields)}"
            continue
        try:
            msgspec.convert(value, fields[name].type)
        except msgspec.ValidationError as error:
            yield f"{name} = {value!r}: {error}"


def _finite(value: object) -> bool:
    """Whether every number in it is one; TOML knows `inf` and `nan`."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, Mapping):
        return all(_finite(each) for each in cast("Mapping[str, object]", value).values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return all(_finite(each) for each in cast("Sequence[object]", value))
    return True
