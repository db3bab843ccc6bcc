"""A long script answers as fast as a short one, and the same as if every event were looked at."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from simulators.events import EVENT_KINDS, BodyEvent
from simulators.underway import Underway

TIMES = st.floats(-100, 3000)
EVENTS = st.lists(
    st.builds(
        BodyEvent,
        st.floats(-50, 2500),
        st.sampled_from(["desaturation", "hypertension", "motion", "cuff_drift", "finger_off"]),
        st.one_of(st.just(inf), st.floats(0.1, 600)),
        st.floats(1, 200),
        st.sampled_from(["start", "dose"]),
    ),
    max_size=12,
)


@given(EVENTS, st.lists(st.tuples(TIMES, st.one_of(st.none(), TIMES)), max_size=30))
def test_what_is_there_is_what_every_event_says_of_itself(
    events: list[BodyEvent], asked: list[tuple[float, float | None]]
) -> None:
    """In any order of times, with the dose told of anywhere between."""
    script, dosed_at = Underway(events), inf
    for t, dose in asked:
        if dose is not None:
            dosed_at = dose
            script.dose(dose)
        for kind in EVENT_KINDS:
            there = [
                each
                for each in events
                if each.kind == kind and each.strength(t - (0.0 if each.after == "start" else dosed_at)) > 0
            ]
            assert script.holds(kind, t) == bool(there)
            assert script.least(kind, t) == min((each.size for each in there), default=inf)
            assert script.most(kind, t) == max((each.size for each in there), default=0.0)
