"""While the cuff squeezes the oximeter's arm, the oximeter is doubted, and its silence is waited for.

For a bounded time only: a cuff that is stuck, or an end that is never told, silences nothing for long.
"""

from __future__ import annotations

from msgspec.structs import replace

from kapmonitor.alarms.inputs import CuffInflating
from kapmonitor.alarms.state import HOLD_S, EngineState, Span
from kapmonitor.model import Quality, Reading

SQUEEZED_AT_MOST_S = 90.0
"""So much of one inflation counts (s)."""
REFILL_S = 20.0
"""After it the arm fills again, and the oximeter finds its pulse (s)."""
IN_ALL_S, WITHIN_S = 180.0, 600.0
"""In any 10 minutes at most 3 (s)."""
OF_OXIMETER = ("spo2", "pulse_rate")
"""What the oximeter on the squeezed arm measures: both come from the same pulse."""
SPO2_LOW = ("spo2-low", "spo2-critical", "spo2-rapid-fall", "spo2-prolonged", "spo2-weak")
"""The rules that say that SpO2 is low: no cuff squeezes that arm by itself meanwhile."""
REASON = "cuff_inflating"


def squeeze(state: EngineState, what: CuffInflating, now: float) -> None:
    """The cuff began or ended to inflate on the oximeter's arm."""
    holding = is_held(state, now)
    if not what.begun:
        if holding:
            last = state.holds[-1]
            counted = min(now, last.start + SQUEEZED_AT_MOST_S)
            state.holds[-1] = Span(last.start, min(last.end, counted + REFILL_S))
        return
    past = [each for each in state.holds if each.end > now - WITHIN_S]
    if holding:
        past[-1] = Span(past[-1].start, now)
    spent = sum(each.end - max(each.start, now - WITHIN_S) for each in past)
    lasts = min(SQUEEZED_AT_MOST_S + REFILL_S, IN_ALL_S - spent)
    state.holds = [*past, Span(now, now + lasts)] if lasts > 0 else past


def is_held(state: EngineState, now: float) -> bool:
    """Whether the oximeter is doubted, and waited for, at `now`."""
    return bool(state.holds) and state.holds[-1].start <= now < state.holds[-1].end


def waited_s(state: EngineState, since: float, now: float) -> float:
    """How much of the silence from `since` to `now` the cuff explains: that of holds that came before it."""
    spans = [each for each in state.holds if since < each.end and each.start <= since + HOLD_S]
    return sum(max(0.0, min(now, each.end) - max(since, each.start)) for each in spans)


def spo2_low(state: EngineState, now: float) -> bool:
    """Whether SpO2 is low, or a delay runs after which it will be called so."""
    conditions = [state.conditions.get(rule) for rule in SPO2_LOW]
    return any(each is not None and (each.raised or each.raising.runs(now)) for each in conditions)


def doubted(state: EngineState, one: Reading, now: float) -> Reading:
    """`one`; a valid value of the squeezed arm's oximeter as a questionable one."""
    if state.holds and one.quantity in OF_OXIMETER and one.counts and is_held(state, now):
        return replace(one, quality=Quality.QUESTIONABLE, reason=REASON)
    return one
