"""The style sheet of a report, and what changes in it from report to report. Pure."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

STYLE = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
"""The same for every report; it asks no other file for anything."""


def running(site: str, session: str, mark: str) -> str:
    """What stands at the head of every printed page: ids, and what the data are."""
    return (
        f'@page {{ @top-left {{ content: "{_quoted(site)} · {_quoted(session)}" }} '
        f'@top-right {{ content: "{_quoted(mark)}" }} }}\n'
    )


def policy(style: str) -> str:
    """A content security policy for a file of its own, which has `style` in it and nothing else."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _quoted(text: str) -> str:
    """`text` within a CSS string, whatever is in it, and within a `style` element, too."""
    return "".join(each if each.isalnum() or each in " .-·" else f"\\{ord(each):x} " for each in text)
