"""Four hours on a page: no dip is lost, no gap is filled."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.storage import Record
from kapmonitor.storage.instants import to_us
from kapmonitor.storage.numerics import second_rows
from kapmonitor.storage.trends import Part, reduced
from tests.storage.patient import START, Patient, moment, url
from tests.storage.test_history import rate, spo2


async def test_four_hours_keep_their_dips_and_their_gaps(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        name = Patient(record).session.id
        for second in range(0, 4 * 3600, 7):
            if not 3600 <= second < 7200:
                record.vitals(
                    name, spo2(82.0 if second == 7 * 1200 else 97.0) | rate(70.0, 71.0), moment(second)
                )
            if second % 700 == 0:
                assert await record.durable(30)
        assert await record.durable(30)
        found = await record.past.trend(name, "spo2", START, START + timedelta(hours=4))
        nothing = await record.past.trend(name, "perfusion_index", START, START + timedelta(hours=4))
    assert (len(found.low), len(found.high), found.unit) == (1000, 1000, "%")
    assert [n for n, low in enumerate(found.low) if low == 82.0] == [8400 * 1000 // 14400]
    empty = [n for n, low in enumerate(found.low) if low is None]
    assert empty == [n for n, high in enumerate(found.high) if high is None]
    assert empty == list(range(250, 500))
    assert set(nothing.low) == {None}


@given(st.lists(st.integers(0, 599), unique=True, min_size=1), st.integers(1, 100))
def test_lowest_and_highest_of_all_are_in_it(seconds: list[int], buckets: int) -> None:
    rows = [second_rows("s", spo2(50.0 + second / 20), moment(second)) for second in sorted(seconds)]
    there = [row for row in rows if row is not None]
    begun, over = to_us(START), to_us(moment(600).utc)
    places = [str((row["t_us"] - begun) * buckets // (over - begun)) for row, _ in there]
    part = Part(there[0][0]["heading"], ",".join(places), b"".join(row["data"] for row, _ in there))
    headings = {heading["id"]: heading["columns"] for _, heading in there}
    trend = reduced("spo2", [part], headings, begun, over, buckets)
    assert min(each for each in trend.low if each is not None) == round(50.0 + min(seconds) / 20, 3)
    assert max(each for each in trend.high if each is not None) == round(50.0 + max(seconds) / 20, 3)
