"""In which language a page is, and its words: those of static/texts/, which the scripts read as well."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

from starlette.requests import HTTPConnection

TEXTS = Path(__file__).parent / "static" / "texts"
LANGUAGES = ("en", "es")
COOKIE = "kap-language"
"""What was chosen on a page; it says nothing of who is logged in."""


def language_of(connection: HTTPConnection) -> str:
    """One of `LANGUAGES`: what was chosen in this browser, else the first that the browser asks for."""
    chosen = connection.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    for each in connection.headers.get("accept-language", "").split(","):
        wanted = each.strip()[:2].lower()
        if wanted in LANGUAGES:
            return wanted
    return LANGUAGES[0]


@cache
def texts(language: str) -> Mapping[str, str]:
    """All words of a language by key; `{name}` in them is to be filled in."""
    found: dict[str, str] = {}
    for path in sorted(TEXTS.glob(f"*.{language}.js")):
        if path.name.startswith("service."):
            continue  # sentences, not keys
        found |= read(path)
    return found


def read(path: Path) -> dict[str, str]:
    """One file of texts: JSON behind `export default`."""
    source = path.read_text(encoding="utf-8").removeprefix("export default ")
    return dict(json.loads(source.rstrip().removesuffix(";")))


def say(language: str, key: str, **values: str) -> str:
    """The words of `key`, with every `{name}` filled in."""
    return texts(language)[key].format(**values)


class PageTemplate(Template):
    """A page's file: `$name` is a value, `${some.key}` the words of that key."""

    braceidpattern = r"[a-z][a-z0-9_.-]*"
