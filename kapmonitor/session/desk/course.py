"""The course of a session: phases, baseline, holds, interruptions, limits that are switched off, moving."""

from __future__ import annotations

from kapmonitor.errors import RefusedError
from kapmonitor.model import Moment, Phase
from kapmonitor.people import Person, Task
from kapmonitor.session import commands, entries
from kapmonitor.session.around import Around
from kapmonitor.session.baseline import proposal
from kapmonitor.session.entries import AnyWhat, PhaseEntered
from kapmonitor.session.gates import gates
from kapmonitor.session.phases import BY_HAND, may_follow
from kapmonitor.session.session import Session

INTERRUPTION_AT_MOST_MIN = {Phase.ONSET: 3.0, Phase.PEAK: 3.0}
INTERRUPTION_ELSE_MIN = 10.0


def screen(
    session: Session, what: commands.Screen, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """What was asked before the session; once more replaces what was said."""
    del session, by, moment, around
    return [entries.Screened(medicines=what.medicines, text=what.text)]


def set_phase(
    session: Session, what: commands.SetPhase, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Go to another phase that may follow; onset begins with a dose and in no other way."""
    del by, moment, around
    if what.phase is Phase.ONSET:
        raise RefusedError("Onset begins with a dose; log the dose.")
    if not may_follow(session.phase, what.phase):
        choices = " or ".join(BY_HAND[session.phase])
        raise RefusedError(f"A session in {session.phase} cannot go to {what.phase}; it can go to {choices}.")
    if what.phase is Phase.READY and session.baseline is None and not what.reason:
        raise RefusedError("No baseline is confirmed; confirm it, or say why the session goes on without.")
    if what.phase is Phase.ABORTED and not what.reason:
        raise RefusedError("Say why the session is aborted.")
    return [PhaseEntered(phase=what.phase, reason=what.reason)]


def confirm_baseline(
    session: Session, what: commands.ConfirmBaseline, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Take today's values as the baseline, if enough was measured; the session is ready then."""
    del by
    if session.phase not in (Phase.BASELINE, Phase.READY):
        raise RefusedError(f"A baseline is taken before the dose; this session is in {session.phase}.")
    found = proposal(session, around, moment.at)
    if found.missing:
        raise RefusedError("The baseline is not complete: " + " ".join(found.missing))
    confirmed = entries.BaselineConfirmed(
        values=found.values,
        readings=found.readings,
        arm=session.arms.cuff,
        posture=what.posture,
        cuff_size=what.cuff_size,
    )
    ready = [] if session.phase is Phase.READY else [PhaseEntered(phase=Phase.READY, reason="baseline")]
    return [confirmed, *ready]


def pass_hold(
    session: Session, what: commands.PassHold, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Let one closed gate be passed by the next dose."""
    gate = next((each for each in gates(session, around, moment.at) if each.name == what.gate), None)
    if gate is None or gate.open or not gate.holds:
        raise RefusedError(f"Nothing is held by {what.gate!r} now.")
    if gate.hard:
        by.must_be_allowed(Task.PASS_HARD_HOLD)
    passed = entries.HoldPassed(gate=what.gate, reason=what.reason, because=gate.because, shown=gate.text)
    return [passed]


def interrupt(
    session: Session, what: commands.Interrupt, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """The sensors come off: 3 minutes at most under the drug's full effect, 10 in recovery."""
    del moment, around
    if session.phase in INTERRUPTION_AT_MOST_MIN:
        by.must_be_allowed(Task.INTERRUPT_EARLY)
    if session.interruption is not None:
        raise RefusedError("The sensors are off already; say when they are on again.")
    most = INTERRUPTION_AT_MOST_MIN.get(session.phase, INTERRUPTION_ELSE_MIN)
    if what.minutes > most:
        raise RefusedError(
            f"In {session.phase} the sensors may be off for at most {most:g} minutes, not {what.minutes:g}."
        )
    return [entries.Interrupted(minutes=what.minutes, with_whom=what.with_whom or by.id)]


def end_interruption(
    session: Session, what: commands.EndInterruption, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Back again."""
    del what, by, moment, around
    if session.interruption is None:
        raise RefusedError("There is no interruption to end.")
    return [entries.InterruptionOver(reason="somebody said so")]


def switch_off(
    session: Session, what: commands.SwitchOff, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """One rule is off until the end, or on again; which may be, the alarm system says."""
    del by, moment, around
    reason = what.reason.strip()
    if not reason and what.rule not in session.off:
        raise RefusedError(f"The rule {what.rule} is on; to switch it off, say why.")
    return [entries.SwitchedOff(rule=what.rule, reason=reason)]


def move_limit(
    session: Session, what: commands.MoveLimit, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Another limit until the end, or the site's again; which it may be, the alarm system says."""
    del by, moment, around
    reason = what.reason.strip()
    if what.value is not None and not reason:
        raise RefusedError(f"To move a limit of {what.rule}, say why.")
    if what.value is None and (what.rule, what.column) not in session.moved:
        raise RefusedError(f"{what.column} of {what.rule} is the site's already.")
    return [entries.LimitMoved(rule=what.rule, column=what.column, value=what.value, reason=reason)]


def pause_audio(
    session: Session, what: commands.PauseAudio, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Sounds off for two minutes."""
    del session, what, by, moment, around
    return [entries.AudioPaused()]


def move(session: Session, what: commands.Move, by: Person, moment: Moment, around: Around) -> list[AnyWhat]:
    """Go on in another place; that it is free, the clinic has seen."""
    del by, moment, around
    if (what.room, what.seat) == (session.room, session.seat):
        raise RefusedError(f"The session is in {session.room} already.")
    return [entries.Moved(room=what.room, seat=what.seat)]


def swapped_by_the_clinic(
    session: Session, what: commands.SwapDevice, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Devices belong to the clinic: it swaps them, and enters what is used then."""
    del session, what, by, moment, around
    return []
