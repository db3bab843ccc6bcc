"""What a person sees, hears and presses: at 80x24 and at 40x15, with and without a link."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.pager.box import Box
from kapmonitor.pager.face import Face, Key
from kapmonitor.pager.pulse import Pulse
from kapmonitor.pager.screen import draw, plain, span
from tests.pager.made import linked, moment, payload, taken


def drawn(face: Face, at: float, width: int = 80, height: int = 24) -> str:
    face.look(moment(at))
    return plain(draw(face, "nurse-1", "north-clinic", moment(at), width, height))


def pressed(face: Face, key: Key, at: float) -> list[str]:
    facts = face.press(key, moment(at))
    for fact in facts:
        face.box.apply(fact)
    return [getattr(fact, "status", "") for fact in facts]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 15)])
def test_a_page_says_where_what_since_when_and_which_keys_answer(width: int, height: int) -> None:
    box = Box()
    face = Face(box, linked(185))
    taken(box, payload(), at=1)
    there = drawn(face, 187, width, height)
    for words in ("HIGH room-2 NEW", "SpO2 84 %, limit 88 %", "3 min 7 s ago", "a coming", "linked"):
        assert words in there
    assert len(there.splitlines()) == height
    assert max(len(line) for line in there.splitlines()) <= width


def test_high_stands_above_medium_and_the_newest_on_top() -> None:
    box = Box()
    for number, priority in enumerate(("high", "medium", "high")):
        taken(box, payload(f"p-{number}", alarm=f"a-{number}", room=f"room-{number}", priority=priority))
    there = drawn(Face(box, linked()), 0)
    assert there.index("room-2") < there.index("room-0") < there.index("room-1")


def test_without_a_heartbeat_there_is_no_link_within_ten_seconds_and_it_rings() -> None:
    face = Face(Box(), linked(0))
    assert "NO LINK" not in drawn(face, 6.5)
    assert face.look(moment(7))
    assert "NO LINK for 7 s" in drawn(face, 7.5)
    assert face.look(moment(18))
    assert face.pulse.take(b'{"origin": "live", "seq": 2, "ts": "2026-11-22T12:00:20.000Z"}', 1020.0)
    assert "NO LINK" not in drawn(face, 20)


def test_who_never_heard_a_heartbeat_has_no_link_either() -> None:
    assert "NO LINK" in drawn(Face(Box(), Pulse(1000.0)), 8)


def test_a_heartbeat_that_is_repeated_or_none_proves_nothing() -> None:
    pulse = linked(0)
    for word in (b"", b"{}", b"[" * 9000, b'{"origin":"live","seq":1,"ts":"2026-11-22T12:00:00Z"}'):
        assert not pulse.take(word, 1006.0)
    assert not pulse.take(b'{"origin":"live","seq":2,"ts":"now"}', 1006.0)
    assert pulse.lost(1007.0)


def test_a_late_page_is_shown_as_late() -> None:
    box = Box()
    taken(box, payload(sent=0), at=400)
    assert "HIGH room-2 LATE NEW" in drawn(Face(box, linked(400)), 400)


def test_a_high_page_rings_until_somebody_has_read_it_and_a_medium_one_once() -> None:
    box = Box()
    face = Face(box, linked(0))
    taken(box, payload("p-1", priority="medium"))
    rings = [face.look(moment(at / 2)) for at in range(14)]
    assert rings == [True] + [False] * 13
    taken(box, payload("p-2", alarm="a-2"))
    face.pulse.take(b'{"origin":"live","seq":2,"ts":"2026-11-22T12:00:06Z"}', 1006.0)
    assert face.look(moment(7))
    assert not face.look(moment(12))
    face.pulse.take(b'{"origin":"live","seq":3,"ts":"2026-11-22T12:00:16Z"}', 1016.0)
    assert face.look(moment(17))
    pressed(face, "up", 17.5)
    assert pressed(face, "read", 18) == ["read"]
    assert not any(face.look(moment(18 + at / 2)) for at in range(8))


def test_what_was_there_before_a_restart_does_not_ring_as_new_but_goes_on_ringing() -> None:
    box = Box()
    taken(box, payload("p-1", priority="medium"))
    assert not Face(box, linked(0)).look(moment(0))
    taken(box, payload("p-2", alarm="a-2"))
    assert Face(box, linked(0)).look(moment(0))


def test_a_new_page_never_takes_the_answer_that_was_meant_for_another() -> None:
    box = Box()
    face = Face(box, linked(0))
    taken(box, payload("p-1", alarm="a-1", room="room-1"))
    face.look(moment(0))
    taken(box, payload("p-2", alarm="a-2", room="room-2"))
    face.look(moment(1))
    assert face.chosen is not None
    assert face.chosen.page.page_id == "p-1"
    taken(box, payload("w", alarm="a-1", seq=2, kind="withdraw"))
    face.look(moment(2))
    assert pressed(face, "accepted", 2.5) == []
    assert "another page is chosen" in drawn(face, 2.5)
    assert pressed(face, "accepted", 3.1) == ["accepted"]
    assert [each.status for each in box.pages() if each.page.alarm == "a-2"] == ["accepted"]


def test_the_chosen_page_is_always_on_the_screen() -> None:
    box = Box()
    face = Face(box, linked(0))
    for number in range(30):
        taken(box, payload(f"p-{number}", alarm=f"a-{number}", room=f"room-{number}"))
    face.look(moment(0))
    for _ in range(30):
        assert face.chosen is not None
        there = drawn(face, 0, 40, 15)
        assert f">HIGH {face.chosen.page.room} " in there
        pressed(face, "down", 0)


@given(
    width=st.integers(10, 200),
    height=st.integers(3, 60),
    texts=st.lists(st.text(max_size=400), max_size=12),
    keys=st.lists(st.sampled_from(["up", "down", "read", "accepted", "rejected"]), max_size=8),
)
def test_it_fits_any_terminal_whatever_the_texts(
    width: int, height: int, texts: list[str], keys: list[Key]
) -> None:
    box = Box()
    face = Face(box, linked(0))
    for number, text in enumerate(texts):
        taken(box, payload(f"p-{number}", alarm=f"a-{number}", text=text.encode("utf-8", "replace").decode()))
    face.look(moment(0))
    for key in keys:
        pressed(face, key, 5)
    lines = draw(face, "nurse-1", "north-clinic", moment(5), width, height)
    assert len(lines) == height
    assert all(len(line.text) <= width and line.text.isprintable() for line in lines)


def test_spans_are_said_as_people_say_them() -> None:
    assert [span(each) for each in (0.9, 59, 60, 185, 7620)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "3 min 5 s",
        "2 h 7 min",
    ]
