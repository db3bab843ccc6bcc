"""A PDF by weasyprint: read back, and what happens where there is none."""

from __future__ import annotations

import importlib.util
import os
import sys

import pytest

from kapmonitor.errors import NotInstalledError
from kapmonitor.model import Phase
from kapmonitor.report import printing
from kapmonitor.report.printing import PrintingError, pdf
from kapmonitor.session import commands, entries
from tests.report.bedside import WELL, Bedside
from tests.report.pdfs import pages_of
from tests.report.test_page import made


@pytest.fixture
def weasyprint() -> None:
    if importlib.util.find_spec("weasyprint") is None:
        explain = "weasyprint is not installed (pip install 'kapmonitor[pdf]')"
        if os.environ.get("CI") == "true":
            pytest.fail(explain)
        pytest.skip(explain)


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
@pytest.mark.usefixtures("weasyprint")
def test_every_page_says_that_the_data_are_simulated() -> None:
    bed = Bedside()
    bed.body = WELL
    bed.do(commands.SetPhase(phase=Phase.BASELINE))
    bed.wait(60)
    for number in range(80):
        bed.enter(entries.Note(text=f"the note with the number {number}"))
    found = pages_of(pdf(made(bed, alone=True)))
    assert len(found) >= 3
    for number, text in enumerate(found, start=1):
        assert text.count("SIMULATED DATA · DRILL") >= 1
        assert bed.monitor.session.id in text
        assert f"Page {number} of {len(found)}" in text
    assert "the note with the number 79" in found[-1]


@pytest.mark.usefixtures("weasyprint")
def test_a_page_that_asks_for_a_file_or_an_address_gets_nothing() -> None:
    asking = '<link rel="stylesheet" href="file:///etc/passwd"><img src="http://127.0.0.1:9/x.png">'
    [text] = pages_of(pdf(f"<!doctype html>{asking}<p>all the same</p>"))
    assert text.strip() == "all the same"


@pytest.mark.usefixtures("weasyprint")
def test_what_takes_too_long_is_given_up() -> None:
    with pytest.raises(PrintingError, match=r"not ready after 0\.05 s. Print the page with a browser"):
        pdf("<p>", time_limit_s=0.05)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str) -> None:
        return None

    monkeypatch.setattr(printing, "find_spec", nothing)
    with pytest.raises(NotInstalledError, match=r"pip install 'kapmonitor\[pdf\]'"):
        pdf("<p>")


def test_a_library_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(PrintingError, match="weasyprint made no PDF"):
        pdf("<p>")
