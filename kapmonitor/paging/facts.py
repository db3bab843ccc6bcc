"""What paging remembers for good: one struct for each row of the record, and what a restart makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from kapmonitor.pages import Page, Status

DutyKind = Literal["on-call", "cover", "tested", "taken", "left"]


class PageSent(msgspec.Struct, frozen=True, kw_only=True):
    """A page was made at `at` (monotonic s), in a round of calls that began with `round_at`."""

    page: Page
    pager: str
    at: float
    round_at: float


class ReceiptTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A pager's receipt came at `at`; `said` is the time that the pager gave."""

    page_id: str
    pager: str
    seq: int
    status: Status
    said: str
    at: float


class DutyChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody went on call, covers `until` then, or answered a test page; `by` asked for it.

    `taken`, `left`: `by` has a phone in that pager's place from then on, or no longer.
    """

    kind: DutyKind
    pager: str
    by: str
    at: float
    until: float | None = None


Fact = PageSent | ReceiptTaken | DutyChanged


class Remembered(msgspec.Struct, frozen=True):
    """What was there before a restart, in order, its times on the present clock."""

    pages: Sequence[PageSent] = ()
    receipts: Sequence[ReceiptTaken] = ()
    duty: Sequence[DutyChanged] = ()
