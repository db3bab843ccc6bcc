"""The engine passes over values and seconds that can begin nothing. It must never pass over anything else."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from kapmonitor.alarms.engine import Engine
from kapmonitor.alarms.inputs import (
    Acknowledge,
    CuffDue,
    CuffInflating,
    Here,
    Input,
    Interrupt,
    PhaseSet,
    Tick,
)
from kapmonitor.alarms.state import EngineState
from kapmonitor.errors import RefusedError
from kapmonitor.model import DeviceKind, DeviceReport, DeviceState, Happened, Phase, Quality, Reading, missing
from tests.alarms.script import cuff, default_rules


class Careful(Engine):
    """The engine without the shortcut."""

    def _is_calm(self, what: Input, now: float) -> bool:
        del what, now
        return False


def values(quantity: str, numbers: list[float]) -> st.SearchStrategy[Reading]:
    reasons = st.sampled_from(["no_finger", "searching", "simulated_source"])
    doubtful = Quality.QUESTIONABLE, "artifact"
    return st.one_of(
        st.sampled_from(numbers).map(lambda value: Reading(quantity, value)),
        st.sampled_from(numbers).map(lambda value: Reading(quantity, value, *doubtful)),
        reasons.map(lambda reason: missing(quantity, reason)),
    )


inputs = st.one_of(
    values("spo2", [97, 93, 92, 91, 90, 88, 87, 80, 79]),
    values("heart_rate", [70, 50, 49, 40, 120, 121, 131, 95]),
    values("pulse_rate", [70, 49, 40, 121, 131, 95]),
    st.sampled_from([cuff(120, 80), cuff(170, 95), cuff(185, 100), cuff(85, 50)]),
    st.sampled_from(list(Phase)).map(PhaseSet),
    st.sampled_from([Here("n"), Interrupt("n", 3), Happened("help"), Happened("sedation", score=1)]),
    st.sampled_from(list(DeviceState)).map(lambda state: DeviceReport("c", DeviceKind.CUFF, state, "")),
    st.sampled_from([CuffDue(None, 0), CuffDue(30, 60), CuffDue(400, 300), CuffDue(30, 60, trying=True)]),
    st.sampled_from([CuffInflating(begun=True), CuffInflating(begun=False)]),
)
steps = st.lists(st.tuples(inputs, st.integers(min_value=0, max_value=25), st.booleans()), max_size=40)


@settings(max_examples=200)
@given(steps)
def test_with_and_without_the_shortcut_the_same_alarms_come(script: list[tuple[Input, int, bool]]) -> None:
    """Each input is followed by some seconds, with or without the same input again in each of them."""
    quick, careful = (kind(default_rules(), EngineState("s")) for kind in (Engine, Careful))
    now = 0.0
    for engine in (quick, careful):
        engine.step(PhaseSet(Phase.PEAK), now)
    for what, seconds, again in script:
        assert quick.step(what, now) == careful.step(what, now)
        for _ in range(seconds):
            now += 1
            if again:
                assert quick.step(what, now) == careful.step(what, now)
            assert quick.step(Tick(), now) == careful.step(Tick(), now)
        for each in quick.open_alarms(now)[:1] if again else []:
            seen = Acknowledge(each.alarm, each.seq, "n")
            with suppress(RefusedError):
                assert quick.step(seen, now) == careful.step(seen, now)
    assert quick.state.hazards == careful.state.hazards
