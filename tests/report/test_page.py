"""What stands in a report, whatever the session was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings

from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.model import Origin, Phase, Route
from kapmonitor.report import Printed, page
from kapmonitor.report.sentences import said
from kapmonitor.report.times import Local, lasted
from kapmonitor.session import commands, entries
from kapmonitor.session.entries import AnyWhat, Client
from kapmonitor.session.history import History
from tests.alarms.script import default_rules
from tests.report.bedside import OFF, ROUTES, START, WELL, Bedside, two_hours
from tests.session.seat import THERAPIST
from tests.storage.facts import facts

HOSTILE = '</td></table><script>alert(1)</script><b style="x" onclick=\'y\'>&amp;"]]>'


class Tags(HTMLParser):
    """Every element with its attributes, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data


def made(bed: Bedside, *, alone: bool = False, rules: RuleSet | None = None, label: str = "") -> str:
    labels = {bed.alarms[0].alarm: label} if label else {}
    return of(bed.history(), bed, alone=alone, rules=rules or default_rules(), labels=labels)


def of(history: History, bed: Bedside, *, alone: bool, rules: RuleSet | None, labels: dict[str, str]) -> str:
    printed = Printed(
        by="nurse-1",
        at=bed.now.utc + timedelta(minutes=3),
        site="north-clinic",
        zone=ZoneInfo("Europe/Berlin"),
    )
    table = ROUTES[history.session.route]
    return page(history, rules=rules, table=table, printed=printed, labels=labels, alone=alone)


def words(html: str) -> str:
    return " ".join(Tags(html).text.split())


@pytest.fixture(scope="module")
def whole() -> Bedside:
    return two_hours()


def test_a_whole_session(whole: Bedside) -> None:
    html = made(whole, label="real")
    text = words(html)
    for expected in (
        "K-17 / 2026/0815",
        "2026-11-21 14:00:00 CET, by nurse-1",
        "Not signed: Accompanying person.",
        "ketamine 60 mg, intramuscular, lot L-4711",
        "DEVIATION: given with closed gates: pressure. Reason: asked for by the client, as agreed.",
        "Speaks of the sea & a <bright> house; calm.",
        "Corrected by therapist-1 (therapist) at 15:50:00 (entry 50): it was a boat, not a house",
        "*** high spo2-low: SpO2 critically low",
        "acknowledge spo2-critical 86 % by nurse-1",
        "Nothing was measured from 14:46:10 to 14:47:45",
        "no finger in the sensor",
        "Record: not chained.",
    ):
        assert expected in text, expected
    assert html.count("<svg") == 4
    assert " real " in text


def test_it_has_nothing_that_the_policy_forbids(whole: Bedside) -> None:
    tags = Tags(made(whole)).tags
    assert [each["src"] for tag, each in tags if tag == "script"] == ["/static/lock.js"]
    for tag, attributes in tags:
        assert tag not in ("style", "iframe", "img", "object", "form")
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
    alone = made(whole, alone=True)
    addresses = [
        value for _, each in Tags(alone).tags for name, value in each.items() if name in ("href", "src")
    ]
    assert addresses == []
    assert "<script" not in alone
    assert "sha256-" in alone


def test_hostile_text_is_text(whole: Bedside) -> None:
    bed = Bedside(client=Client(code=HOSTILE, number=HOSTILE), room="room-1")
    bed.enter(entries.Screened(text=HOSTILE))
    bed.enter(entries.Note(text=HOSTILE), THERAPIST)
    bed.enter(entries.Correction(of=6, text=HOSTILE))
    bed.enter(
        entries.Dose(
            drug=HOSTILE, amount=1, unit=HOSTILE, route=Route.SUBLINGUAL, lot=HOSTILE, reason=HOSTILE
        )
    )
    bed.enter(entries.SwitchedOff(rule=HOSTILE, reason=HOSTILE))
    bed.enter(entries.Ended(reason=HOSTILE))
    for alone in (False, True):
        found = Tags(made(bed, alone=alone))
        assert {tag for tag, _ in found.tags} <= {tag for tag, _ in Tags(made(whole, alone=alone)).tags} | {
            "li",
            "ul",
        }
        assert found.text.count(HOSTILE) >= 10


@settings(max_examples=12)
@given(facts)
def test_every_kind_of_entry_has_a_sentence(what: AnyWhat) -> None:
    assert said(what, Local(UTC, START)).strip()


def test_a_session_with_nothing_in_it() -> None:
    bed = Bedside()
    text = words(made(bed))
    assert "There was no alarm." in text
    assert "No dose is recorded." in text
    assert "The session has not ended." in text
    assert "--- --- --- --- low 92" in text


def test_a_session_that_was_aborted() -> None:
    bed = Bedside()
    bed.body = WELL
    bed.wait(120)
    bed.do(commands.SetPhase(phase=Phase.ABORTED, reason="chest pain on the way in"))
    bed.wait(60, OFF)
    bed.do(commands.EndSession(reason="taken to hospital"))
    text = words(made(bed))
    assert "Phase aborted: chest pain on the way in." in text
    assert "Ended: taken to hospital." in text
    assert "Monitored for 3 min 00 s" in text


def test_a_session_that_was_reopened() -> None:
    bed = Bedside()
    bed.do(commands.EndSession())
    bed.second += 60
    bed.do(commands.Reopen(reason="the wrong seat was ended"))
    text = words(made(bed))
    assert "Reopened 1 times" in text
    assert "Reopened: the wrong seat was ended." in text
    assert "Ended not yet" in text


def test_a_seat_of_a_group_has_its_own_report() -> None:
    text = words(made(Bedside(room="group-room", seat="c", client=Client(code="K-20"))))
    assert "north-clinic, group-room, c" in text
    assert "K-17" not in text


def test_what_data_are_not_a_patients_is_said_on_every_page() -> None:
    def marks(history: History, bed: Bedside) -> Iterator[str]:
        html = of(history, bed, alone=True, rules=None, labels={})
        yield from re.findall(r'<p class="across"[^>]*>(.*?)</p>', html)
        yield from re.findall(r'@top-right \{ content: "(.*?)"', html)

    bed, live = Bedside(), Bedside(drill=False)
    assert list(marks(bed.history(), bed)) == ["SIMULATED DATA · DRILL"] * 2
    assert list(marks(live.history(), live)) == [""]
    replayed = msgspec.structs.replace(live.history(), origin=Origin.REPLAY)
    assert list(marks(replayed, live)) == ["REPLAY DATA"] * 2


def test_limits_that_nobody_has_any_more_are_not_made_up(whole: Bedside) -> None:
    html = of(whole.history(), whole, alone=False, rules=None, labels={})
    assert "they are not known any more" in words(html)
    assert "limit 92" not in html
    assert "limit 92" in made(whole)


def test_a_limit_follows_a_low_baseline_as_its_rule_does() -> None:
    bed = Bedside()
    bed.enter(entries.BaselineConfirmed(values={"heart_rate": 55.0}))
    assert "low 45, high 120" in words(made(bed))


def test_four_hours_are_drawn_with_every_peak_and_no_line_across_a_gap() -> None:
    bed = Bedside()
    bed.body = WELL
    bed.wait(20)
    one = bed.history()
    spo2 = one.numerics["spo2"]
    import numpy as np

    t_us = spo2.t_us[0] + np.arange(14_400, dtype=np.int64) * 1_000_000
    raw = np.full(14_400, 97.0)
    raw[7000] = 71.0
    keep = np.ones(14_400, dtype=np.bool_)
    keep[3000:3600] = False
    long = msgspec.structs.replace(
        spo2, t_us=t_us[keep], value=raw[keep], raw=raw[keep],
        quality=np.zeros(13_800, dtype=np.uint8), reason=np.zeros(13_800, dtype=np.uint8),
    )  # fmt: skip
    bed.second += 14_400
    html = of(
        msgspec.structs.replace(one, numerics={"spo2": long}),
        bed,
        alone=False,
        rules=default_rules(),
        labels={},
    )
    curve = re.findall(r'<path d="(M[^"]*)" fill="none" stroke="#00456b"', html)
    assert len(curve) == 2
    heights = {float(point.split()[1]) for path in curve for point in path[1:].split("L")}
    assert len(heights) == 2
    assert len(html) < 150_000


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.6, "1 min 00 s"), (61, "1 min 01 s"), (7380, "2 h 03 min")]
)
def test_how_long_it_lasted(seconds: float, text: str) -> None:
    assert lasted(seconds) == text
