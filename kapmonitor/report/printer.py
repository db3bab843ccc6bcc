"""`python -m kapmonitor.report.printer`: HTML from standard input, PDF to standard output. No network, no files."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any, NoReturn

MEMORY = 2 * 1024**3
"""Address space (bytes) of this process at most: a page that grows out of bounds ends here alone."""
CPU_S = 60


def main() -> None:
    """Print one page."""
    _bound()
    # Its libraries speak on standard output when they are missing: that is where the PDF goes.
    from weasyprint import HTML  # type: ignore[import-untyped] # noqa: PLC0415 - heavy, and only here

    html = sys.stdin.buffer.read().decode()
    made: Any = HTML(string=html, url_fetcher=_nothing).write_pdf()
    sys.stdout.buffer.write(made)


def _nothing(url: str, *_: object, **__: object) -> NoReturn:
    raise ValueError(f"a report asks nobody for anything, not for {url[:80]}")


def _bound() -> None:
    """Limit what this process may use, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - Windows has none

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))


if __name__ == "__main__":
    main()
