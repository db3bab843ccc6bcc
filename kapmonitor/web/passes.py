"""What may be reached by whom: without a log-in, while a log-in is locked, and from a paired screen.

Everything that is not named here needs somebody logged in, unlocked, with the role that it asks for itself.
A locked page goes on showing values and alarms: what it may not hide is all that is left to it.
"""

from __future__ import annotations

import re

from kapmonitor.people import Display

OPEN_PATHS = frozenset(
    {
        "/healthz",
        "/login",
        "/display",
        "/api/v1/pairing",
        "/static/base.css",
        "/static/login.css",
        "/static/display.css",
        "/static/display.js",
        "/static/theme.js",
        "/static/icon.svg",
        "/static/pager/icon-192.png",
        "/static/pager/icon-512.png",
    }
)
OWN_CHECK = frozenset({"/metrics", "/ca.pem"})  # let in by loopback or token; for whoever cannot trust us yet
COMES_BACK = frozenset({"/pager", "/admin"})
"""Pages to which somebody who has to log in comes back afterwards; from others it is the wall."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_ID = "[a-z0-9-]{1,128}"
_SHOWN = r"GET /static/[\w/.-]+|WEBSOCKET /ws|GET /api/v1/login"
_PAGER = r"WEBSOCKET /ws/pager|GET /pager(-worker\.js)?"
"""A phone that is a pager goes on being one: it lies in a pocket, and who answers is who carries it."""
_LOCKED = re.compile(
    rf"{_SHOWN}|{_PAGER}|GET /|GET /room/{_ID}|GET /sessions/{_ID}|GET /api/v1/(rooms|alarms)"
    rf"|POST /api/v1/login/(switch|lock)|POST /logout|POST /api/v1/rooms/{_ID}/help"
)
_WALL = re.compile(rf"{_SHOWN}|GET /")
_OF_ROOM = r"GET /room/{room}|POST /api/v1/rooms/{room}/(help|here|events)"


def what_is_asked(scope_type: str, method: str, path: str) -> str:
    """Method and path in one word; HEAD asks for what GET does."""
    if scope_type == "websocket":
        return f"WEBSOCKET {path}"
    return f"{'GET' if method == 'HEAD' else method} {path}"


def open_while_locked(asked: str) -> bool:
    """Whether a log-in may have it that nobody has touched for a while."""
    return _LOCKED.fullmatch(asked) is not None


def open_to_display(asked: str, display: Display) -> bool:
    """Whether a screen may have it."""
    if not display.room:
        return _WALL.fullmatch(asked) is not None
    own = _OF_ROOM.format(room=re.escape(display.room))
    return re.fullmatch(f"{_SHOWN}|{own}", asked) is not None


def page_of(display: Display) -> str:
    """The one page that a screen shows."""
    return f"/room/{display.room}" if display.room else "/"
