"""The codes of the world outside for what a session has: LOINC, MDC, UCUM, SNOMED CT, ATC. Pure.

MDC codes are those of ISO/IEEE 11073-10101 as numbers, units those of UCUM: FHIR wants `/min` as the code of
a rate, never `{beat}/min`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kapmonitor.model import Quality, Route

LOINC = "http://loinc.org"
MDC = "urn:iso:std:iso:11073:10101"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"
HL7 = "http://terminology.hl7.org/CodeSystem"
PROFILES = "http://hl7.org/fhir/StructureDefinition"
STATUS = "http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status"
OWN = "urn:kapmonitor"
"""Before the names of our own code systems: `urn:kapmonitor:phase` and so on (docs/exporting.md)."""


class Vital(NamedTuple):
    """One quantity: its LOINC codes with their names, its MDC code, its unit, its profile."""

    loinc: tuple[tuple[str, str], ...]
    mdc: tuple[str, str] | None
    ucum: str
    profile: str


_RATE = ("8867-4", "Heart rate")
VITALS: Mapping[str, Vital] = {
    "heart_rate": Vital((_RATE,), ("147842", "MDC_ECG_HEART_RATE"), "/min", "heartrate"),
    "pulse_rate": Vital(
        (_RATE, ("8889-8", "Heart rate by Pulse oximetry")),
        ("149530", "MDC_PULS_OXIM_PULS_RATE"),
        "/min",
        "heartrate",
    ),
    "cuff_pulse": Vital((_RATE,), ("149546", "MDC_PULS_RATE_NON_INV"), "/min", "heartrate"),
    "spo2": Vital(
        (
            ("2708-6", "Oxygen saturation in Arterial blood"),
            ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
        ),
        ("150456", "MDC_PULS_OXIM_SAT_O2"),
        "%",
        "oxygensat",
    ),
    "perfusion_index": Vital(
        (("61006-3", "Perfusion index Tissue by Pulse oximetry"),),
        ("150488", "MDC_BLD_PERF_INDEX"),
        "%",
        "vitalsigns",
    ),
    "respiratory_rate": Vital((("9279-1", "Respiratory rate"),), None, "/min", "resprate"),
    "temperature": Vital((("8310-5", "Body temperature"),), None, "Cel", "bodytemp"),
}
"""Oximeter, cuff and strap say the same rate to LOINC; MDC keeps them apart."""
BP_PANEL = Vital(
    (("85354-9", "Blood pressure panel with all children optional"),),
    ("150020", "MDC_PRESS_BLD_NONINV"),
    "mm[Hg]",
    "bp",
)
BP_PARTS: Mapping[str, Vital] = {
    "systolic": Vital(
        (("8480-6", "Systolic blood pressure"),), ("150021", "MDC_PRESS_BLD_NONINV_SYS"), "mm[Hg]", ""
    ),
    "diastolic": Vital(
        (("8462-4", "Diastolic blood pressure"),), ("150022", "MDC_PRESS_BLD_NONINV_DIA"), "mm[Hg]", ""
    ),
    "mean": Vital(
        (("8478-0", "Mean blood pressure"),), ("150023", "MDC_PRESS_BLD_NONINV_MEAN"), "mm[Hg]", ""
    ),
}
OXYGEN = ("3151-8", "Inhaled oxygen flow rate")
ALARM = ("196616", "MDC_EVT_ALARM")

DEVICES: Mapping[str, tuple[str, str]] = {
    "oximeter": ("528388", "MDC_DEV_SPEC_PROFILE_PULS_OXIM"),
    "cuff": ("528391", "MDC_DEV_SPEC_PROFILE_BP"),
    "strap": ("528425", "MDC_DEV_SPEC_PROFILE_HF_CARDIO"),
}
DRUGS: Mapping[str, tuple[str, str]] = {
    "ketamine": ("N01AX03", "ketamine"),
    "esketamine": ("N01AX14", "esketamine"),
}
ROUTES: Mapping[Route, tuple[str, str]] = {
    Route.INTRAMUSCULAR: ("78421000", "Intramuscular route"),
    Route.INTRAVENOUS: ("47625008", "Intravenous route"),
    Route.INTRANASAL: ("46713006", "Nasal route"),
    Route.SUBLINGUAL: ("37839007", "Sublingual route"),
}
DOSE_UNITS: Mapping[str, str] = {"mg": "mg", "mg/kg": "mg/kg", "ug": "ug", "µg": "ug", "g": "g", "ml": "mL"}
SYMPTOMS: Mapping[str, tuple[str, str]] = {
    "nausea": ("422587007", "Nausea"),
    "vomiting": ("422400008", "Vomiting"),
    "dizziness": ("404640003", "Dizziness"),
    "headache": ("25064002", "Headache"),
    "anxiety": ("48694002", "Anxiety"),
    "chest_pain": ("29857009", "Chest pain"),
    "breathing": ("267036007", "Dyspnea"),
    "syncope": ("271594007", "Syncope"),
    "seizure": ("91175000", "Seizure"),
}
"""Others have our own code only."""
SEVERITIES: Mapping[str, tuple[str, str]] = {
    "mild": ("255604002", "Mild"),
    "moderate": ("6736007", "Moderate"),
    "severe": ("24484000", "Severe"),
}
PRESENT, ABSENT = ("52101004", "Present"), ("2667000", "Absent")
SEVERITY = ("246112005", "Severity")


class Trust(NamedTuple):
    """What a quality is in FHIR: its security label, its interpretation, and why there is no value."""

    label: str
    status: str
    absent: str


TRUST: Mapping[Quality, Trust] = {
    Quality.VALID: Trust("RELIABLE", "", "temp-unknown"),
    Quality.ONGOING: Trust("RELIABLE", "msmt-ongoing", "temp-unknown"),
    Quality.QUESTIONABLE: Trust("UNCERTREL", "questionable", "temp-unknown"),
    Quality.INVALID: Trust("UNRELIABLE", "", "error"),
    Quality.NOT_AVAILABLE: Trust("", "", "temp-unknown"),
}
"""HL7's mapping of measurement status to FHIR (uv-pocd, mappingv2)."""
ALARMED: Mapping[str, tuple[str, ...]] = {
    "spo2": ("spo2",),
    "heart-rate": ("heart_rate", "pulse_rate"),
    "pulse": ("heart_rate", "pulse_rate"),
    "rates": ("heart_rate", "pulse_rate"),
    "blood-pressure": ("blood_pressure",),
    "nibp-implausible": ("blood_pressure",),
}
"""Which measurements an alarm or a rule is about, by the beginning of its name."""
