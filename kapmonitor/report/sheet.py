"""The style sheet of a report, and what changes in it from report to report. Pure."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

_SHEET = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")


def style(site: str, session: str, mark: str) -> str:
    """The sheet of one report, which asks no other file for anything.

    At the head of every printed page stand the ids, and `mark`: what the data are, if not a patient's.
    """
    return (
        f'{_SHEET}\n@page {{ @top-left {{ content: "{_quoted(site)} · {_quoted(session)}" }} '
        f'@top-right {{ content: "{_quoted(mark)}" }} }}\n'
    )


def policy(sheet: str) -> str:
    """A content security policy for a file of its own, which has `sheet` in it and nothing else."""
    digest = b64encode(sha256(sheet.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _quoted(text: str) -> str:
    """`text` within a CSS string, whatever is in it, and within a `style` element, too."""
    return "".join(each if each.isalnum() or each in " .-·" else f"\\{ord(each):x} " for each in text)
