"""The cuff: when it measures, on which arm, and that it stops."""

from __future__ import annotations

from kapmonitor.errors import RefusedError
from kapmonitor.model import Moment
from kapmonitor.people import Person
from kapmonitor.session import commands, entries
from kapmonitor.session.around import Around, CuffDoing
from kapmonitor.session.entries import AnyWhat
from kapmonitor.session.session import Session

BY_HAND = "by hand"
"""The trigger of a measurement that a person asked for."""


def choose_preset(
    session: Session, what: commands.ChoosePreset, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Another timetable."""
    del by, moment, around
    if what.preset == session.preset:
        raise RefusedError(f"The timetable is {what.preset} already.")
    return [entries.PresetChosen(preset=what.preset)]


def set_arms(
    session: Session, what: commands.SetArms, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """On which arm is what."""
    del session, by, moment, around
    arms = what.arms
    if arms.forbidden is not None and arms.cuff == arms.forbidden:
        raise RefusedError(f"The cuff may not be on the {arms.forbidden} arm; put it on the other one.")
    return [entries.ArmsSet(arms=arms)]


def start(
    session: Session, what: commands.StartCuff, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """One measurement now, if the cuff can."""
    del what, by, moment
    _startable(session, around)
    if around.cuff is CuffDoing.MEASURING:
        raise RefusedError("The cuff is measuring; wait for its result, or stop it.")
    return [entries.CuffAsked(trigger=BY_HAND)]


def stop(
    session: Session, what: commands.StopCuff, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Let the pressure out; always possible where there is a cuff that listens."""
    del session, what, by, moment
    if around.cuff is CuffDoing.NONE:
        raise RefusedError("There is no cuff at this seat.")
    if around.cuff is CuffDoing.BY_HAND:
        raise RefusedError("This cuff cannot be stopped from here; press its button, or take it off.")
    return [entries.CuffStopped()]


def defer(
    session: Session, what: commands.DeferCuff, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Not now."""
    del session, by, moment, around
    return [entries.CuffDeferred(minutes=what.minutes)]


def series(
    session: Session, what: commands.SeriesCuff, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Reading after reading, for five minutes at most."""
    del by, moment
    if what.minutes:
        _startable(session, around)
    elif session.series_until is None:
        raise RefusedError("No series is running.")
    return [entries.CuffSeries(minutes=what.minutes)]


def _startable(session: Session, around: Around) -> None:
    if around.cuff is CuffDoing.NONE:
        raise RefusedError("There is no cuff at this seat; type the pressure in.")
    if around.cuff is CuffDoing.BY_HAND:
        raise RefusedError("This cuff can only be started at the cuff itself; press its button.")
    if around.cuff is CuffDoing.AWAY:
        raise RefusedError("The cuff is not connected; look at its cable and its battery.")
    if session.arms.forbidden is not None and session.arms.cuff == session.arms.forbidden:
        raise RefusedError(f"The cuff is on the forbidden arm ({session.arms.forbidden}); move it first.")
