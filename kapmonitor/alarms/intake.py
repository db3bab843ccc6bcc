"""Taking things in: what a session's state knows after each input, before any rule is asked."""

from __future__ import annotations

from kapmonitor.alarms.inputs import (
    BackAgain,
    BaselineConfirmed,
    Battery,
    CuffDue,
    CuffInflating,
    Here,
    Input,
    Interrupt,
    PauseAudio,
    PhaseSet,
    SwitchOff,
)
from kapmonitor.alarms.interlock import squeeze
from kapmonitor.alarms.rates import OXIMETER, STRAP
from kapmonitor.alarms.state import EngineState, Interruption, Pressures, Run, Signal, SwitchedOff, Symptom
from kapmonitor.alarms.words import MONITORED
from kapmonitor.model import COUNTING, BloodPressure, DeviceReport, Happened, Phase, Reading

AUDIO_PAUSE_S = 120.0
AFTER_DOSE = (Phase.ONSET, Phase.PEAK, Phase.RECOVERY)
"""Whoever is in one of these phases has had a dose, logged or not."""
BEFORE_BASELINE = (Phase.SCREENING, Phase.BASELINE)
INTERRUPTION_AT_MOST_S = {Phase.ONSET: 180.0, Phase.PEAK: 180.0}
INTERRUPTION_ELSE_S = 600.0
INTERRUPTION_OVER_AFTER_S = 10.0
"""Valid data for so long end a planned interruption by themselves (s)."""
OFF_AFTER_S = 3.0
"""An oximeter that was silent for longer than this had been taken off (s)."""


def read(state: EngineState, one: Reading, now: float) -> None:
    """Bring `state` up to date with a value that came at `now`; by far the most of what comes."""
    quantity = one.quantity
    signal = state.signals.get(quantity)
    if signal is None:
        signal = state.signals[quantity] = Signal()
    value = one.value if one.quality in COUNTING else None
    if state.interruption is not None and quantity == "spo2":
        _resume(state, signal, now, counts=value is not None)
    if value is None:
        signal.reason = one.reason or one.quality.value
    else:
        signal.valid_at, signal.value = now, value
        if signal.reason is not None:
            signal.reason = None
    if quantity == STRAP:
        other = state.signals.get(OXIMETER)
        state.rates = value, other.value if other is not None and other.fresh(now) else None
    elif quantity == OXIMETER:
        other = state.signals.get(STRAP)
        state.rates = other.value if other is not None and other.fresh(now) else None, value


def take_in(state: EngineState, what: Input, now: float) -> None:
    """Bring `state` up to date with `what` happened at `now`, whatever it was but a value or a second."""
    match what:
        case BloodPressure():
            _measure(state, what, now)
        case DeviceReport():
            state.devices[what.kind] = what
        case PhaseSet():
            _enter(state, what.phase, now)
        case Battery():
            state.batteries[what.device] = what.percent
        case CuffDue() | CuffInflating():
            _cuff(state, what, now)
        case _:
            _done(state, what, now)


def _enter(state: EngineState, phase: Phase, now: float) -> None:
    """The phase as the alarms take it: who had a dose before the baseline is in onset."""
    if state.dosed_at is None and phase in AFTER_DOSE:
        state.dosed_at = now
    dosed_first = state.dosed_at is not None and phase in BEFORE_BASELINE
    state.phase = Phase.ONSET if dosed_first else phase
    if state.ladders_from is None and state.phase in MONITORED:
        state.ladders_from = now


def _cuff(state: EngineState, what: CuffDue | CuffInflating, now: float) -> None:
    if isinstance(what, CuffInflating):
        squeeze(state, what, now)
        return
    if not what.trying:
        state.trying_since = None
    elif state.trying_since is None or what.at != state.due:
        state.trying_since = now
    state.due, state.interval_s = what.at, what.interval_s


def _done(state: EngineState, what: Input, now: float) -> None:
    """What people did."""
    match what:
        case BaselineConfirmed():
            state.baseline = dict(what.values)
        case Happened():
            _log(state, what, now)
        case Here():
            state.here_at = now
            state.symptoms.pop("help", None)
        case Interrupt():
            most = INTERRUPTION_AT_MOST_S.get(state.phase, INTERRUPTION_ELSE_S)
            state.interruption = Interruption(what.by, now + min(what.minutes * 60, most))
            state.interruption_data = Run()
            state.interruption_off = False
        case BackAgain():
            state.interruption = None
        case PauseAudio():
            state.audio_paused_until = now + AUDIO_PAUSE_S
        case SwitchOff():
            if what.reason:
                state.off[what.rule] = SwitchedOff(what.by, what.reason, now)
            else:
                state.off.pop(what.rule, None)
        case _:
            pass


def _resume(state: EngineState, before: Signal, now: float, *, counts: bool) -> None:
    """The oximeter was off and is back: after some valid data the interruption is over."""
    if not counts or before.valid_at is None or now - before.valid_at > OFF_AFTER_S:
        state.interruption_off = True
    if not counts:
        state.interruption_data.hold(now)
        return
    if not state.interruption_off:
        return  # not taken off yet
    state.interruption_data.go_on(now)
    if state.interruption_data.reached(INTERRUPTION_OVER_AFTER_S):
        state.interruption = None


def run_out(state: EngineState, now: float) -> None:
    """A second is over: what was planned for so long may be, too."""
    if state.interruption is not None and now >= state.interruption.until:
        state.interruption, state.interrupted_at = None, now


def _measure(state: EngineState, one: BloodPressure, now: float) -> None:
    systolic, diastolic = one.systolic, one.diastolic
    if systolic.counts and diastolic.counts and systolic.value is not None and diastolic.value is not None:
        state.pressures = Pressures(now, systolic.value, diastolic.value)


def _log(state: EngineState, what: Happened, now: float) -> None:
    if what.kind == "dose":
        state.dosed_at = now if state.dosed_at is None else state.dosed_at
        _enter(state, state.phase, now)
    elif what.resolved:
        state.symptoms.pop(what.kind, None)
    else:
        state.symptoms[what.kind] = Symptom(what.kind, now, what.severity, what.score)
