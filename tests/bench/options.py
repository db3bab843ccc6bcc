"""How a run of the benchmarks was asked for."""

from __future__ import annotations

from typing import NamedTuple


class Options(NamedTuple):
    """`quick`: everything runs, short and small; its figures mean little."""

    quick: bool = False
