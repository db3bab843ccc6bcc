"""A report as PDF, made by weasyprint in a process of its own: it takes seconds and much memory.

That process asks nobody for anything: a page that names a file or an address gets nothing.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

from kapmonitor.errors import KapmonitorError, NotInstalledError

TIME_LIMIT_S = 180.0
"""A report that is not ready by then will not be (s).

Two hours with everything are 90 kB of PDF and 12 s of one core, four hours 13 s; where other programs wanted
the cores, too, it was 72 s by the clock. What goes round in circles ends before, by the limit of the
printer's own CPU time.
"""


class PrintingError(KapmonitorError):
    """There is no PDF; its text says why, and what to do."""


def can_print() -> bool:
    """Whether there can be a PDF at all."""
    return find_spec("weasyprint") is not None


def pdf(html: str, time_limit_s: float = TIME_LIMIT_S) -> bytes:
    """The PDF of a page that stands alone; waits for it, so never to be called on an event loop.

    Raises:
        NotInstalledError: weasyprint is missing.
        PrintingError: one of its libraries is missing, or it failed, or took too long.
    """
    if not can_print():
        remedy = "pip install 'kapmonitor[pdf]', or print the page with a browser"
        raise NotInstalledError(f"A PDF needs the package weasyprint: {remedy}.")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "kapmonitor.report.printer"],
            input=html.encode(),
            capture_output=True,
            timeout=time_limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PrintingError(
            f"The PDF was not ready after {time_limit_s:g} s. Print the page with a browser."
        ) from None
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF"):
        said = done.stderr.decode(errors="replace").strip().splitlines() or [
            f"it ended with {done.returncode}"
        ]
        raise PrintingError(f"weasyprint made no PDF ({said[-1]}). Print the page with a browser.")
    return done.stdout
