"""Every format by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from kapmonitor.exports import edf, fhir, tables
from kapmonitor.exports.share import Share
from kapmonitor.session.history import History


class Format(StrEnum):
    """What a session can be exported as."""

    CSV = "csv"
    EDF = "edf"
    FHIR = "fhir"


EXPORTS: Mapping[Format, Callable[[History, Share], dict[str, bytes]]] = {
    Format.CSV: tables.export,
    Format.EDF: edf.export,
    Format.FHIR: fhir.export,
}
"""Each makes files by name; no two sessions make one of the same name."""
