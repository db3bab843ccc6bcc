"""The live picture of all rooms, made of nothing but the documents that leave the process.

Pure: documents go in with `apply`, a picture comes out with `picture(now)`. Whether the documents come from
the monitor next door or from a broker makes no difference.
"""

from kapmonitor.alarms.shown import Limits
from kapmonitor.board.live import Board
from kapmonitor.board.picture import (
    Picture,
    Place,
    Room,
    RoomDevice,
    Shown,
    ShownDevice,
    ShownPressure,
    ShownSession,
)

__all__ = [
    "Board",
    "Limits",
    "Picture",
    "Place",
    "Room",
    "RoomDevice",
    "Shown",
    "ShownDevice",
    "ShownPressure",
    "ShownSession",
]
