"""How much of the picture somebody gets: all of it, what may hang on a wall, or one room of that.

What may hang on a wall names nobody, says nothing that staff wrote, and hides no value and no alarm.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from kapmonitor.board import Picture, Place, ShownSession
from kapmonitor.documents import Alarm, SessionState


class View(NamedTuple):
    """`names`: with who and with what people wrote; `room`: only this one, where it is not empty."""

    names: bool = True
    room: str = ""


EVERYTHING = View()
WALL = View(names=False)
SOMEBODY = "staff"
"""Instead of every name."""


def shown(picture: Picture, view: View) -> Picture:
    """The picture as `view` lets it be seen; alarms of the whole service are for every room."""
    if view == EVERYTHING:
        return picture
    places = [place for place in picture.places if view.room in ("", place.room)]
    alarms = [alarm for alarm in picture.alarms if not view.room or alarm.room in ("", view.room)]
    if not view.names:
        places = [_place(place) for place in places]
        alarms = [_alarm(alarm) for alarm in alarms]
    return msgspec.structs.replace(picture, places=places, alarms=alarms)


def _alarm(alarm: Alarm) -> Alarm:
    """That it was seen and that somebody comes is said; not who."""
    return msgspec.structs.replace(
        alarm, acknowledged_by=_nameless(alarm.acknowledged_by), coming=_nameless(alarm.coming)
    )


def _nameless(name: str | None) -> str | None:
    return SOMEBODY if name else name


def _place(place: Place) -> Place:
    return place if place.session is None else msgspec.structs.replace(place, session=_session(place.session))


def _session(session: ShownSession) -> ShownSession:
    if session.state is None:
        return session
    return msgspec.structs.replace(session, state=_state(session.state))


def _state(state: SessionState) -> SessionState:
    off = [msgspec.structs.replace(each, by=SOMEBODY) for each in state.off]
    there = state.interruption
    return msgspec.structs.replace(
        state,
        off=off,
        interruption=None if there is None else msgspec.structs.replace(there, by=SOMEBODY),
        work=None if state.work is None else msgspec.structs.replace(state.work, present=()),
    )
