"""What is looked at before somebody goes home. The software shows what is missing; people decide. Pure."""

from __future__ import annotations

from typing import get_args

import msgspec

from kapmonitor.model import Moment
from kapmonitor.session.around import Around
from kapmonitor.session.entries import Item
from kapmonitor.session.session import Session


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One item: its `title`, what is known (`shown`), what speaks against it (`doubt`), who signed."""

    item: Item
    title: str
    shown: str
    doubt: str = ""
    signed_by: str = ""
    signed: str = ""
    text: str = ""


def checklist(session: Session, around: Around, moment: Moment) -> tuple[Shown, ...]:
    """Every item as it stands at `moment`."""
    del session, around, moment
    return tuple(Shown(item=item, title=item, shown="") for item in get_args(Item))


def unsigned(session: Session) -> tuple[str, ...]:
    """The items that nobody has signed; none where no dose was given."""
    return tuple(item for item in get_args(Item) if item not in session.signed) if session.doses else ()
