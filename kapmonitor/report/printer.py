"""`python -m kapmonitor.report.printer`: HTML from standard input, PDF to standard output, nothing else."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

MEMORY = 2 * 1024**3
"""Address space (bytes) of this process at most: a page that grows out of bounds ends here alone."""
CPU_S = 60
"""Seconds of a core: four times what a long report takes."""


def main() -> None:
    """Print one page."""
    _bound()
    weasyprint: Any = import_module("weasyprint")  # an extra, and without types
    nobody = weasyprint.urls.URLFetcher(allowed_protocols=())
    html = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(weasyprint.HTML(string=html, url_fetcher=nobody).write_pdf())


def _bound() -> None:
    """Limit what this process may use, where the system can; monitoring comes first."""
    with suppress(AttributeError, OSError):
        os.nice(10)  # Windows has none
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - Windows has none

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))


if __name__ == "__main__":
    main()
