"""What may leave the record: every field is either known to be free of people's words, or stays."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from kapmonitor.exports.share import CLIENT, WORDS, Share, details, kind, withheld
from kapmonitor.model import Phase
from kapmonitor.session import entries
from kapmonitor.session.entries import AnyWhat

SAFE = {
    "opened": {"room", "seat", "therapist", "rules"},
    "device-used": {"device", "device_kind", "driver", "model", "serial", "firmware", "instead_of"},
    "hold-passed": {"gate", "because", "shown"},
    "dose": {"drug", "unit", "lot", "closed"},
    "symptom": {"symptom"},
    "typed": {"quantity"},
    "measured": {"id", "reason", "trigger", "device"},
    "baseline-confirmed": {"values", "readings"},
    "cuff-asked": {"trigger"},
    "cuff-failed": {"reason"},
    "interruption-over": {"reason"},
    "switched-off": {"rule"},
    "limit-moved": {"rule", "column"},
    "moved": {"room", "seat"},
    "answered": {"question"},
    "item-signed": {"shown", "doubt"},
    "gap": {"reason"},
    "ended": {"open_items", "open_alarms"},
    "unreadable": {"was"},
}
"""Texts that are ids, words of a list, what the software said, or what stands on a device or a box."""


@pytest.mark.parametrize("one", get_args(AnyWhat), ids=lambda one: one.__name__)
def test_every_text_of_an_entry_is_safe_or_stays(one: type[AnyWhat]) -> None:
    name = str(one.__struct_config__.tag)
    texts = {
        field.name for field in msgspec.structs.fields(one) if "str" in str(field.type) or field.type is str
    }
    assert texts <= SAFE.get(name, set()) | WORDS.get(name, set()) | CLIENT.get(name, set())
    assert not SAFE.get(name, set()) & WORDS.get(name, set())
    assert WORDS.get(name, frozenset()) <= {field.name for field in msgspec.structs.fields(one)}


def test_what_stays_is_named_where_it_says_something() -> None:
    note, silent = entries.Note(text="Erika"), entries.PhaseEntered(phase=Phase.PEAK)
    assert (details(note, Share()), list(withheld(note, Share()))) == ({}, ["text"])
    assert (details(note, Share(words=True)), list(withheld(note, Share(words=True)))) == (
        {"text": "Erika"},
        [],
    )
    assert list(withheld(silent, Share())) == []
    assert kind(silent) == "phase-entered"
