"""The form of a recording: what was written is read, and what is damaged costs itself only and is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.flight.file import MAGIC, Damage, RecordingError, block, first_line, packed, read
from kapmonitor.flight.records import (
    Answered,
    Attached,
    Began,
    Came,
    Closed,
    CuffRefused,
    Ended,
    LeftOut,
    Lost,
    Opened,
    Ordered,
    Record,
    Said,
    Ticked,
    Took,
    Wrote,
)
from kapmonitor.model import DeviceKind, Moment, Origin, Quality, Reading
from tests.sessions import NOON

BEGIN = first_line("s-1", "0.1.0", NOON.utc)

ats = st.floats(0, 1e6)
names = st.sampled_from(["oximeter-1", "cuff-1"])
texts = st.text(max_size=20)
moments = st.builds(lambda at: Moment(at, NOON.utc), ats)
readings = st.builds(
    Reading,
    st.sampled_from(["spo2", "pulse_rate"]),
    st.none() | ats,
    st.sampled_from(Quality),
    st.none() | texts,
)
one_record: st.SearchStrategy[Record] = st.one_of(
    st.builds(Attached, ats, names, texts, st.sampled_from(Origin)),
    st.builds(Opened, ats, names),
    st.builds(Came, ats, names, st.binary(max_size=40), texts),
    st.builds(Wrote, ats, names, st.binary(max_size=40), texts),
    st.builds(
        Answered, ats, names, st.sampled_from(["read", "has"]), texts, st.binary(max_size=9), texts, texts
    ),
    st.builds(Lost, ats, names, texts, texts),
    st.builds(Closed, ats, names),
    st.builds(Ordered, ats, names, texts),
    st.builds(LeftOut, ats, names, texts, st.integers(0, 9)),
    st.builds(Began, moments),
    st.builds(Ticked, moments),
    st.builds(CuffRefused, texts, moments),
    st.builds(
        Took,
        names,
        st.sampled_from(DeviceKind),
        st.sampled_from(Origin),
        st.lists(readings, max_size=3),
        st.just([]),
        moments,
    ),
    st.builds(
        Said, moments, names, texts, texts, texts, texts, texts, st.booleans(), st.none() | ats, st.booleans()
    ),
    st.just(Ended()),
)
blocks = st.lists(st.lists(one_record, min_size=1, max_size=8), min_size=1, max_size=6)


def written(lists: list[list[Record]]) -> bytes:
    return BEGIN + b"".join(block(b"".join(map(packed, each))) for each in lists)


def sorted_out(data: bytes) -> tuple[list[Record], list[Damage]]:
    found = list(read(data))
    damaged = [each for each in found if isinstance(each, Damage)]
    return [each for each in found if not isinstance(each, Damage)], damaged


@given(blocks)
def test_what_was_written_is_read(lists: list[list[Record]]) -> None:
    assert sorted_out(written(lists)) == ([one for each in lists for one in each], [])


@given(blocks, st.data())
def test_a_file_that_ends_anywhere_gives_what_stands_before_and_says_that_it_ends(
    lists: list[list[Record]], data: st.DataObject
) -> None:
    whole = written(lists)
    cut = data.draw(st.integers(len(BEGIN), len(whole)))
    records, damage = sorted_out(whole[:cut])
    everything = [one for each in lists for one in each]
    assert records == everything[: len(records)]
    ends = {len(written(lists[:count])) for count in range(len(lists) + 1)}
    assert bool(damage) == (cut not in ends)
    assert len(damage) <= 1


@given(blocks, st.data())
def test_one_wrong_byte_costs_at_most_its_own_block_and_is_named(
    lists: list[list[Record]], data: st.DataObject
) -> None:
    whole = bytearray(written(lists))
    place = data.draw(st.integers(len(BEGIN), len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    hit = next(n for n in range(len(lists)) if place < len(written(lists[: n + 1])))
    records, damage = sorted_out(bytes(whole))
    assert records == [one for n, each in enumerate(lists) if n != hit for one in each]
    assert len(damage) == 1
    assert damage[0].offset == len(written(lists[:hit]))


@given(st.binary(max_size=200))
def test_garbage_between_blocks_is_skipped(garbage: bytes) -> None:
    one, other = block(packed(Ended())), block(packed(Opened(1.0, "cuff-1")))
    if MAGIC[:1] in garbage[-len(MAGIC) :]:
        return  # it could begin a block itself
    records, damage = sorted_out(BEGIN + one + garbage + other)
    assert records == [Ended(), Opened(1.0, "cuff-1")]
    assert len(damage) == bool(garbage)


@given(st.binary(max_size=300))
def test_what_is_no_recording_is_refused_in_plain_words(data: bytes) -> None:
    with pytest.raises(RecordingError, match="is no recording of a session"):
        list(read(data, "that file"))


def test_a_newer_form_says_who_wrote_it() -> None:
    newer = BEGIN.replace(b'"kapflight":1', b'"kapflight":2').replace(b"0.1.0", b"9.9.9")
    with pytest.raises(RecordingError, match=r"form 2, written by kapmonitor 9\.9\.9"):
        list(read(newer, "that file"))


def test_a_record_that_this_version_does_not_know_is_named_and_the_next_is_read() -> None:
    unknown = packed(Ended()).replace(b"Ended", b"Dreamt"[:5])
    records, damage = sorted_out(BEGIN + block(unknown + packed(Ended())))
    assert records == [Ended()]
    assert "means nothing to this version" in damage[0].what
