"""What may come in from a pager and go out to one; everything else is refused with a word."""

from __future__ import annotations

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor import documents, pages
from kapmonitor.pages import MAX_BYTES, Refusal, RefusedMessageError

AT = "2026-11-22T03:00:00.000Z"
RECEIPT = {"page_id": "p-1-1", "seq": 3, "status": "accepted", "at": AT}
PAGE = pages.Page(
    origin="live",
    page_id="p-1-1",
    kind="page",
    alarm="room-1-a-1-spo2-low-1",
    seq=3,
    priority="high",
    room="room-1",
    seat="a",
    text="SpO2 85 %",
    sent_at=AT,
    ttl_s=60,
    level=0,
)


def received(
    what: object = RECEIPT, topic: str = "pager/nurse-1/receipt", *, retained: bool = False
) -> pages.FromPager:
    payload = what if isinstance(what, bytes) else json.dumps(what).encode()
    return pages.from_pager(topic, payload, retained=retained)


def refusal(
    what: object = RECEIPT, topic: str = "pager/nurse-1/receipt", *, retained: bool = False
) -> Refusal:
    with pytest.raises(RefusedMessageError) as caught:
        received(what, topic, retained=retained)
    return caught.value.why


def test_a_receipt_as_a_script_writes_it_is_taken() -> None:
    pager, what = received()
    assert pager == "nurse-1"
    assert isinstance(what, pages.Receipt)
    assert (what.page_id, what.seq, what.status, what.schema) == ("p-1-1", 3, "accepted", 1)


def test_fields_that_nobody_knows_are_passed_over() -> None:
    assert received({**RECEIPT, "battery": 20}) == received()


@pytest.mark.parametrize("missing", list(RECEIPT))
def test_a_receipt_without_a_field_is_malformed(missing: str) -> None:
    assert refusal({name: each for name, each in RECEIPT.items() if name != missing}) is Refusal.MALFORMED


@pytest.mark.parametrize(
    "change",
    [{"schema": 2}, {"status": "seen"}, {"seq": -1}, {"seq": "3"}, {"page_id": "Jane Doe"}, {"at": "noon"}],
)
def test_a_receipt_that_is_not_by_the_schema_is_malformed(change: dict[str, object]) -> None:
    assert refusal({**RECEIPT, **change}) is Refusal.MALFORMED


def test_what_is_too_large_is_not_even_parsed() -> None:
    assert refusal(b"[" * (MAX_BYTES + 1)) is Refusal.SIZE
    assert refusal(b"x" * 1_000_000) is Refusal.SIZE


def test_a_retained_receipt_would_answer_for_ever() -> None:
    assert refusal(retained=True) is Refusal.RETAINED


@pytest.mark.parametrize(
    "topic", ["pager/nurse-1/page", "pager//receipt", "pager/nurse-1/receipt/x", "alarm/x"]
)
def test_other_topics_are_not_read(topic: str) -> None:
    assert refusal(topic=topic) is Refusal.TOPIC


def test_a_status_may_be_retained_and_an_emptied_one_is_offline() -> None:
    for payload, word in ((b"online", "online"), (b"offline", "offline"), (b"", "offline")):
        assert received(payload, "pager/nurse-1/status", retained=True) == ("nurse-1", word)
    assert refusal(b'"online"', "pager/nurse-1/status") is Refusal.MALFORMED


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(payload: bytes) -> None:
    for topic in ("pager/nurse-1/receipt", "pager/nurse-1/status"):
        with suppress(RefusedMessageError):
            received(payload, topic)


def test_a_page_reads_as_it_was_written() -> None:
    message = pages.page("nurse-1", PAGE)
    assert pages.read_page(documents.encode(message.payload), retained=False) == PAGE
    with pytest.raises(RefusedMessageError):
        pages.read_page(documents.encode(message.payload), retained=True)


def test_a_page_that_no_pager_would_take_is_not_sent() -> None:
    assert pages.checked(PAGE) == PAGE
    with pytest.raises(RefusedMessageError):
        pages.checked(msgspec.structs.replace(PAGE, level=3))
