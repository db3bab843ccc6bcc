"""Where commands are decided: who may give them, what they become, or why not. Pure.

`decide` looks and answers; it changes nothing. Whatever it answers is entered whole, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kapmonitor.errors import RefusedError
from kapmonitor.model import Moment
from kapmonitor.people import Person, Task
from kapmonitor.session import commands
from kapmonitor.session.around import Around
from kapmonitor.session.commands import Command
from kapmonitor.session.desk import care, course, cuff, dosing, ending
from kapmonitor.session.entries import AnyWhat
from kapmonitor.session.session import Session

Decide = Callable[[Session, Any, Person, Moment, Around], list[AnyWhat]]

DESK: Mapping[type[Command], tuple[Task, Decide]] = {
    commands.Screen: (Task.RUN_SESSION, course.screen),
    commands.SetPhase: (Task.RUN_SESSION, course.set_phase),
    commands.ConfirmBaseline: (Task.RUN_SESSION, course.confirm_baseline),
    commands.PassHold: (Task.RUN_SESSION, course.pass_hold),
    commands.Interrupt: (Task.INTERRUPT, course.interrupt),
    commands.EndInterruption: (Task.LOG, course.end_interruption),
    commands.SwitchOff: (Task.SWITCH_OFF, course.switch_off),
    commands.MoveLimit: (Task.MOVE_LIMIT, course.move_limit),
    commands.PauseAudio: (Task.PAUSE_AUDIO, course.pause_audio),
    commands.Move: (Task.RUN_SESSION, course.move),
    commands.SwapDevice: (Task.RUN_SESSION, course.swapped_by_the_clinic),
    commands.GiveDose: (Task.DOSE, dosing.give_dose),
    commands.DoInfusion: (Task.DOSE, dosing.do_infusion),
    commands.DoLozenge: (Task.LOG, dosing.do_lozenge),
    commands.LogEvent: (Task.CALL_HELP, care.log_event),
    commands.TypePressure: (Task.LOG, care.type_pressure),
    commands.TypeValue: (Task.LOG, care.type_value),
    commands.GiveOxygen: (Task.RUN_SESSION, care.give_oxygen),
    commands.Intervene: (Task.RUN_SESSION, care.intervene),
    commands.Recheck: (Task.RUN_SESSION, care.recheck),
    commands.SayHere: (Task.ATTEND, care.say_here),
    commands.SayPresent: (Task.LOG, care.say_present),
    commands.WriteNote: (Task.LOG, care.write_note),
    commands.Correct: (Task.LOG, care.correct),
    commands.Answer: (Task.RUN_SESSION, care.answer),
    commands.ChoosePreset: (Task.MEASURE, cuff.choose_preset),
    commands.SetArms: (Task.MEASURE, cuff.set_arms),
    commands.StartCuff: (Task.MEASURE, cuff.start),
    commands.StopCuff: (Task.STOP_CUFF, cuff.stop),
    commands.DeferCuff: (Task.LOG, cuff.defer),
    commands.SeriesCuff: (Task.MEASURE, cuff.series),
    commands.SignItem: (Task.RUN_SESSION, ending.sign_item),
    commands.EndSession: (Task.RUN_SESSION, ending.end),
    commands.Reopen: (Task.RUN_SESSION, ending.reopen),
}
"""One row a command: what permission it needs, and what decides it. Anybody in the room may let a cuff go."""


def decide(session: Session, command: Command, by: Person, moment: Moment, around: Around) -> list[AnyWhat]:
    """What `command` becomes if `by` gives it at `moment`: the entries to be made, in order.

    Raises:
        NotAllowedError: this role may not.
        RefusedError: it makes no sense now; the text says why and what would be right.
    """
    task, how = DESK[type(command)]
    by.must_be_allowed(task)
    if not session.open and not isinstance(command, commands.Reopen | commands.WriteNote | commands.Correct):
        raise RefusedError(f"The session {session.id} has ended; reopen it first, or start another.")
    return how(session, command, by, moment, around)
