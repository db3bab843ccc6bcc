"""The two cookies: of a log-in, and of a paired screen. No script sees them, no other site has them sent."""

from __future__ import annotations

from starlette.responses import Response

from kapmonitor.web.access import ABSOLUTE_S

DISPLAY_S = 400 * 24 * 3600
"""As long as browsers keep any cookie; a screen that is used gets it anew with each visit of its page (s)."""


def cookie_name(*, https: bool, display: bool = False) -> str:
    """`__Host-` binds the cookie to this host and to TLS; plain http, for loopback only, cannot have it."""
    return f"{'__Host-' if https else ''}{'kap-display' if display else 'kap'}"


def give(answer: Response, token: str, *, https: bool, display: bool = False) -> None:
    """Have the browser keep the token of a log-in, or of a display."""
    answer.set_cookie(
        cookie_name(https=https, display=display),
        token,
        max_age=DISPLAY_S if display else int(ABSOLUTE_S),
        secure=https,
        httponly=True,
        samesite="strict",
    )


def take(answer: Response, *, https: bool) -> None:
    """Have the browser forget the token of its log-in."""
    answer.delete_cookie(cookie_name(https=https), secure=https, httponly=True, samesite="strict")
