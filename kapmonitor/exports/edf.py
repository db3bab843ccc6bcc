"""A session as EDF+ files: numbers and waveforms as signals, everything else as annotations. Pure.

EDF+C only: the readers that people have refuse EDF+D. Gaps are filled with a value that no patient can have,
the signal's physical minimum, and named by annotations (docs/exporting.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from edfio import Edf, EdfAnnotation, EdfSignal, Patient, Recording
from numpy.typing import NDArray

from kapmonitor.exports.course import SECOND_US, from_us, synthetic
from kapmonitor.exports.edf_signals import RECORD_S, curves, label_of, numeric
from kapmonitor.exports.grid import Part, parts, start_of
from kapmonitor.exports.notes import Note, doubts, notes
from kapmonitor.exports.share import NOTHING_PERSONAL, Share
from kapmonitor.session.entries import Client
from kapmonitor.session.history import History, Series, WaveBlock

SIGNALS: Mapping[str, bool] = {
    "spo2": True,
    "pulse_rate": True,
    "heart_rate": True,
    "perfusion_index": True,
    "rr_interval": False,
    "cuff_pressure": False,
}
"""What is measured every second, and whether it is missed where it is not. Cuff readings are annotations."""
_FIELD = 80
"""The length of the two fields of the header that name patient and recording (EDF)."""


def export(history: History, share: Share = NOTHING_PERSONAL) -> dict[str, bytes]:
    """The files by name: one, or a numbered one for each part of a record that stood still for hours."""
    said = notes(history, share)
    found = parts(_times(history, said))
    name = history.session.id
    if len(found) == 1:
        return {f"{name}.edf": _file(history, found[0], said, share)}
    return {f"{name}-{n}.edf": _file(history, part, said, share) for n, part in enumerate(found, 1)}


def _times(history: History, said: Iterable[Note]) -> NDArray[np.int64]:
    """Every instant of which anything is said, unordered."""
    waves = [_ends(block.t_us, len(block.values), block.rate_hz) for block in _blocks(history)]
    told = np.array([note.t_us for note in said], np.int64)
    rows = [np.asarray(series.t_us, np.int64) for series in history.numerics.values()]
    return np.concatenate([told, *rows, *waves])


def _blocks(history: History) -> list[WaveBlock]:
    return [block for blocks in history.waves.values() for block in blocks]


def _ends(t_us: int, samples: int, rate_hz: float) -> NDArray[np.int64]:
    return np.array([t_us, t_us + round(samples / rate_hz * SECOND_US)], np.int64)


def _file(history: History, part: Part, said: Sequence[Note], share: Share) -> bytes:
    start, seconds = _extent(history, part)
    padded = math.ceil(seconds / RECORD_S) * RECORD_S
    signals: list[EdfSignal] = []
    marks = [note for note in said if part.holds(note.t_us)]
    labels: list[str] = []
    for series in history.numerics.values():
        if series.quantity not in SIGNALS:
            continue
        first = len(labels)
        for one in series.apart():
            labels.append(label_of(series.quantity, labels))
            signals.append(numeric(one, labels[-1], start, padded))
        if SIGNALS[series.quantity]:  # where one device measured nothing is missed of the other
            marks += doubts(series, labels[first], start, seconds)
    for quantity, blocks in history.waves.items():
        signals += curves(quantity, blocks, labels, start, padded)
    begun = from_us(start)
    file = Edf(
        signals,
        patient=_patient(history.session.client, share),
        recording=_recording(history, start),
        starttime=begun.time(),
        data_record_duration=RECORD_S if signals else None,
        annotations=[_annotation(note, start) for note in sorted(marks, key=lambda note: note.t_us)],
    )
    return file.to_bytes()


def _extent(history: History, part: Part) -> tuple[int, int]:
    """Where the grid of a part begins, and how many seconds it has."""
    firsts = [_first_row(series, part) for series in history.numerics.values()]
    start = start_of(part, min((us for us in firsts if us is not None), default=None))
    return start, math.ceil((part.last_us - start) / SECOND_US) + 1


def _first_row(series: Series, part: Part) -> int | None:
    there = series.t_us[(series.t_us >= part.first_us) & (series.t_us <= part.last_us)]
    return int(there.min()) if len(there) else None


def _annotation(note: Note, start_us: int) -> EdfAnnotation:
    return EdfAnnotation((note.t_us - start_us) / SECOND_US, note.lasted_s, plain(note.text))


def plain(text: str) -> str:
    """`text` on one line, with blanks for control characters: those separate annotations."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _patient(client: Client, share: Share) -> Patient:
    """Who it is, only where that was asked for; else `X X X X`, as EDF+ has it for nobody."""
    if not share.client:
        return Patient()
    code, number = (text.replace(" ", "_") for text in (client.code, client.number))
    room = _FIELD - len(f"{code or 'X'} X X X ")
    return Patient(code=code or "X", additional=[number[:room]] if number else [])


def _recording(history: History, start_us: int) -> Recording:
    """The session, and whether anybody was treated. An id that is too long loses its beginning."""
    marks = [history.origin.value.upper(), *(["DRILL"] if history.session.drill else [])]
    marks = marks if synthetic(history) else []
    room = _FIELD - len(" ".join(("Startdate", "00-XXX-0000", "", "X", "kapmonitor", *marks)))
    return Recording(
        startdate=from_us(start_us).date(),
        hospital_administration_code=history.session.id[-room:],
        equipment_code="kapmonitor",
        additional=marks,
    )
