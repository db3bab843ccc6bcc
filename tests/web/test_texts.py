"""The words of the pages: the same in every language, and each of the service's sentences in the book."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from kapmonitor.alarms.service import RULES
from kapmonitor.alarms.texts import CAUSES, UNKNOWN
from kapmonitor.web.languages import LANGUAGES, TEXTS, read
from tests.alarms.script import default_rules
from tests.pages import ROOT
from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard, logged_in

pages = pytest.mark.parametrize("path", sorted(TEXTS.glob("*.en.js")), ids=lambda path: path.name)
SPEAKING = (
    "session/next_thing.py", "session/stages.py", "session/gates.py", "session/baseline.py",
    "session/arms.py", "session/questions.py", "session/discharge.py", "clinic/places.py", "supervisor.py",
)  # fmt: skip
"""Modules that say whole sentences to staff."""
REFUSING = ("session/desk", "clinic/places.py", "clinic/seats.py", "alarms/engine.py", "alarms/help.py")
"""Modules whose refusals staff meet at the page of a session; others may stay in English."""
IN_OTHERS = {
    "(the last one again, to be sure)",
    ", put off,",
    "and",
    "{0} Next reading{0}",
    "{0} {0}, held by {0}",
    ", {0} min since the last",
    "{0}/{0} mmHg {0}{0}",
    "; baseline {0}/{0}: {0} (PADSS {0} of 2)",
    "; baseline {0} %",
}
"""Pieces of sentences; the book has them within the whole."""
HOLE = re.compile(r"\{[^}]*\}")


@pages
def test_every_page_says_the_same_in_every_language(path: Path) -> None:
    english = read(path)
    for language in LANGUAGES[1:]:
        other = read(path.with_name(path.name.replace(".en.", f".{language}.")))
        assert list(other) == list(english)
        for key, words in english.items():
            assert sorted(HOLE.findall(other[key])) == sorted(HOLE.findall(words)), key
            assert other[key].strip(), key


def test_every_text_file_is_read_by_the_pages() -> None:
    source = (TEXTS.parent / "texts.js").read_text(encoding="utf-8")
    for path in TEXTS.glob("*.js"):
        if not path.name.startswith("service."):
            assert f'from "./texts/{path.name}"' in source


def test_no_key_stands_for_two_texts() -> None:
    found = [key for path in TEXTS.glob("*.en.js") for key in read(path)]
    assert len(found) == len(set(found))


def test_every_sentence_of_the_service_can_be_said_in_spanish() -> None:
    book = {_shape(key) for path in TEXTS.glob("service.*es.js") for key in read(path)}
    unknown = {each for each in sentences() if _shape(each) not in book} - IN_OTHERS
    assert not unknown


def test_every_refusal_at_a_session_can_be_said_in_spanish() -> None:
    book = {_shape(key) for path in TEXTS.glob("service.*es.js") for key in read(path)}
    assert not {each for each in refusals() if _shape(each) not in book} - {"The baseline is not complete:"}


def refusals() -> Iterator[str]:
    """Every sentence that somebody is refused with there."""
    for name in REFUSING:
        found = ROOT / "kapmonitor" / name
        for path in sorted(found.glob("*.py")) if found.is_dir() else [found]:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            raised = [each.exc for each in ast.walk(tree) if isinstance(each, ast.Raise)]
            for each in raised:
                if isinstance(each, ast.Call) and getattr(each.func, "id", "") == "RefusedError":
                    yield from _strings(each)


def sentences() -> Iterator[str]:
    """Every sentence that alarms and sessions are made of; what is filled in is a hole."""
    for rule in (*default_rules().rules, *RULES):
        yield from (each for each in (rule.text, rule.advice) if each)
    for cause in (*CAUSES.values(), UNKNOWN):
        yield from cause
    for module in SPEAKING:
        yield from _strings(ast.parse((ROOT / "kapmonitor" / module).read_text(encoding="utf-8")))


def _strings(node: ast.AST) -> Iterator[str]:
    """Strings with a blank in them that are shown: no docstrings, no errors, no logging."""
    if isinstance(node, ast.Raise | ast.Expr) or (isinstance(node, ast.Call) and _logs(node)):
        return
    if isinstance(node, ast.JoinedStr):
        yield from _sentence("".join(_piece(each) for each in node.values))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _sentence(node.value.replace("{what}", ""))
    else:
        for child in ast.iter_child_nodes(node):
            yield from _strings(child)


def _logs(call: ast.Call) -> bool:
    name = call.func
    return isinstance(name, ast.Attribute) and isinstance(name.value, ast.Name) and name.value.id == "logger"


def _piece(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else "{0}"


def _sentence(words: str) -> Iterator[str]:
    if re.search(r"[a-z] ", words) and re.search(r"[A-Za-z]{3}", words):
        yield words.strip()


def _shape(words: str) -> str:
    return HOLE.sub("{}", words).strip()


@pytest.mark.asyncio(loop_scope="package")
async def test_a_browser_that_asks_for_spanish_gets_it_and_may_change(
    browser: Browser, site: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.alarm(
        1, "spo2-low", "high",
        "SpO2 critically low: 85 % (limit 88); now no value, no finger in the sensor",
        advice="Go in now. Wake the patient, open the airway, give oxygen.",
    )  # fmt: skip
    clinic.service_alarm(
        "overload", "medium", "Overload, alarms may come late: a second was judged 1.2 s late. Rooms: room-1"
    )
    clinic.alarm(1, "help", "medium", "Somebody said what no book has: 7")
    async with logged_in(browser, site, locale="es-MX") as context:
        page = await context.new_page()
        await page.goto(f"{site.url}")
        await expect(page.locator("html")).to_have_attribute("lang", "es")
        words = page.locator("#seat-room-1-a .chip-words > span:first-child")
        await expect(words.first).to_have_text(
            "SpO2 críticamente baja: 85 % (límite 88); ahora sin valor, no hay dedo en el sensor"
        )
        await expect(page.locator("#seat-room-1-a .chip-advice").first).to_have_text(
            "Entre ahora. Despierte al paciente, abra la vía aérea, dé oxígeno."
        )
        await expect(words.last).to_have_text("Somebody said what no book has: 7")
        await expect(page.locator("#all-alarms .chip-words").nth(1)).to_contain_text(
            "Sobrecarga, las alarmas pueden llegar tarde: un segundo se evaluó 1.2 s tarde. Salas: room-1"
        )
        await expect(page.locator("#link")).to_have_text("En directo")
        await page.get_by_role("button", name="English").click()
        await expect(words.first).to_have_text(re.compile("^SpO2 critically low: 85 %"))
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_role("button", name="Log in")).to_be_visible()
