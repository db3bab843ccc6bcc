"""Faults of the wire: what they do to bytes, and what a real driver makes of them on a real line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.clock import Clock
from kapmonitor.model import Route
from simulators.events import BodyEvent, EventKind
from simulators.physiology import Body
from simulators.wire_faults import WireFaults
from tests.faulty import running, site, timeline

SENT = st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=20)


def faults(*kinds: EventKind, lost: float = 0.0, device: str = "oximeter") -> WireFaults:
    events = [BodyEvent(0, kind, size=lost) for kind in kinds]
    return WireFaults(Body(1, Route.SUBLINGUAL, 0.0, events), device, 1, longest=20)


def out(line: WireFaults, sent: list[bytes], every_s: float = 0.1) -> list[bytes]:
    return [piece for n, data in enumerate(sent) for piece in line.spoil(data, n * every_s)]


@given(SENT)
def test_each_fault_does_what_it_is_called(sent: list[bytes]) -> None:
    whole = b"".join(sent)
    assert out(faults(), sent) == sent
    assert out(faults("strap_garbage"), sent) == sent, "another device's"
    assert set(out(faults("cuff_stuck", device="cuff"), [sent[0][:20], *sent])) == {sent[0][:20]}
    assert out(faults("oximeter_stuck"), sent) == sent, "a frozen oximeter goes on counting its frames"
    assert out(faults("oximeter_lossy", lost=1.0), sent) == []
    short = [each[:20] for each in sent]
    assert out(faults("oximeter_doubled"), short) == [each for each in short for _ in range(2)]
    assert out(faults("oximeter_trickle"), sent) == [bytes([byte]) for byte in whole]
    assert len(b"".join(out(faults("oximeter_garbage"), sent))) >= len(whole)
    held = out(faults("oximeter_joined"), [*sent, b"x" * 20], every_s=2 / (len(sent) + 1))
    assert len(held) < len(sent) + 2 + len(whole) // 20
    assert all(len(each) <= 20 for each in held)


SCRIPT = timeline(
    ("oximeter_garbage", 20, 20, None),
    ("oximeter_doubled", 25, 10, None),
    ("oximeter_lossy", 30, 10, 0.2),
    ("oximeter_trickle", 40, 5, None),
    ("oximeter_joined", 45, 5, None),
    ("strap_garbage", 20, 15, None),
    ("strap_trickle", 35, 5, None),
    ("strap_joined", 40, 10, None),
)


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
async def test_spoiled_bytes_make_no_number_and_good_ones_are_back_at_once(tmp_path: Path) -> None:
    """A serial and a Bluetooth oximeter and straps, on real lines: what is shown is right or not there."""
    rooms = {"room-1": ["contec-cms50", "heart-rate-strap"], "room-2": ["viatom-pc60", "heart-rate-strap"]}
    config = site(tmp_path, dict.fromkeys(rooms, SCRIPT), rooms)
    seen: dict[str, set[float]] = {room: set() for room in rooms}
    async with running(config, Clock(4.0)) as ward:
        async for second in ward.seconds(65):
            for room, vitals in ward.vitals.items():
                value = vitals.values.get("spo2")
                if second < 55 and value is not None and value.raw is not None:
                    seen[room].add(value.raw)
        errors = {each.driver_name: getattr(each.driver, "errors", 1) for each in ward.installed}
        newest = {room: vitals.values for room, vitals in ward.vitals.items()}
    for room in rooms:
        assert seen[room], f"{room} had no SpO2 at all"
        assert min(seen[room]) >= 94, "a number that nobody measured"
        assert newest[room]["spo2"].value is not None, newest[room]
        assert newest[room]["heart_rate"].value is not None, newest[room]
    assert ward.unexplained == []
    assert all(errors.values()), f"the bytes were good all the time: {errors}"
