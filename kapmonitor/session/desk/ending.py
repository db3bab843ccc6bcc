"""How a session ends: item by item, and never with a danger unseen."""

from __future__ import annotations

from kapmonitor.errors import RefusedError
from kapmonitor.model import Moment, Phase
from kapmonitor.people import Person
from kapmonitor.session import commands, entries
from kapmonitor.session.around import Around
from kapmonitor.session.discharge import checklist, unsigned
from kapmonitor.session.entries import AnyWhat
from kapmonitor.session.session import Session

REOPEN_WITHIN_S = 600.0
LEAVING = (Phase.RECOVERY, Phase.DISCHARGE, Phase.ABORTED)


def sign_item(
    session: Session, what: commands.SignItem, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """One item of the checklist, with what was shown when it was signed; what is off needs a word."""
    del by
    if session.phase not in LEAVING:
        raise RefusedError(f"The checklist is for leaving; this session is in {session.phase}.")
    item = next(each for each in checklist(session, around, moment) if each.item == what.item)
    if item.doubt and not what.text:
        raise RefusedError(f"{item.doubt} Say why it is all right to leave.")
    return [entries.ItemSigned(item=what.item, text=what.text, shown=item.shown, doubt=item.doubt)]


def end(
    session: Session, what: commands.EndSession, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Close it. What is left open needs a reason, and is kept with it."""
    del by, moment
    alarms = tuple(each.text or each.name for each in around.alarms if each.priority == "high")
    items = unsigned(session)
    if alarms and not what.reason:
        raise RefusedError(f"There is a high alarm: {', '.join(alarms)}. Say why the session ends with it.")
    if items and not what.reason:
        raise RefusedError(f"Not signed: {', '.join(items)}. Sign them, or say why the session ends now.")
    return [entries.Ended(reason=what.reason, open_items=items, open_alarms=alarms)]


def reopen(
    session: Session, what: commands.Reopen, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """The end was a mistake, found within ten minutes."""
    del by, around
    if session.ended is None:
        raise RefusedError("The session is open.")
    if moment.at - session.ended[0].at > REOPEN_WITHIN_S:
        raise RefusedError("The session ended more than 10 minutes ago; start a new one.")
    return [entries.Reopened(reason=what.reason)]
