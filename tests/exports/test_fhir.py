"""FHIR: a foreign reader takes every resource, the codes are the world's, and nobody is in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import import_module
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from kapmonitor.exports import fhir
from kapmonitor.exports.fhir import codes
from kapmonitor.exports.share import Share
from kapmonitor.model import Origin, Quality
from kapmonitor.session.entries import Measured
from kapmonitor.session.fold import apply
from kapmonitor.session.history import QUALITIES, History, Series
from tests.exports.anything import histories
from tests.histories import CODE, LOW, NAME, NO_FINGER, NUMBER, two_hours
from tests.sessions import NURSE

Resource = dict[str, Any]


def resources(history: History, share: Share | None = None) -> list[Resource]:
    [content] = fhir.export(history, share or Share()).values()
    return [entry["resource"] for entry in json.loads(content)["entry"]]


def valid(resource: Resource) -> None:
    """Whether a foreign model takes it, and every part of it."""
    name = resource["resourceType"]
    getattr(import_module(f"fhir.resources.R4B.{name.lower()}"), name).model_validate(resource)


@pytest.fixture(scope="module")
def two() -> list[Resource]:
    return resources(two_hours())


def observed(found: list[Resource], system: str, code: str) -> list[Resource]:
    return [
        each
        for each in found
        if each["resourceType"] == "Observation"
        and any((one["system"], one["code"]) == (system, code) for one in each["code"].get("coding", []))
    ]


def test_every_resource_is_one_for_a_foreign_reader(two: list[Resource]) -> None:
    for resource in two:
        valid(resource)
    valid(fhir.bundle(two_hours()))


def test_references_lead_to_resources_of_the_bundle() -> None:
    bundle = fhir.bundle(two_hours())
    there = {entry["fullUrl"] for entry in bundle["entry"]}
    assert len(there) == len(bundle["entry"])
    named = set(re.findall(r'"reference":"(urn:uuid:[^"]+)"', msgspec.json.encode(bundle).decode()))
    assert named
    assert named <= there


@pytest.mark.parametrize(
    ("loinc", "mdc", "ucum", "profile"),
    [
        (["8867-4"], "147842", "/min", "heartrate"),
        (["8867-4", "8889-8"], "149530", "/min", "heartrate"),
        (["8867-4"], "149546", "/min", "heartrate"),
        (["2708-6", "59408-5"], "150456", "%", "oxygensat"),
        (["61006-3"], "150488", "%", "vitalsigns"),
    ],
)
def test_vital_signs_have_loinc_mdc_and_ucum(
    two: list[Resource], loinc: list[str], mdc: str, ucum: str, profile: str
) -> None:
    found = [each for each in observed(two, codes.MDC, mdc) if "valueSampledData" not in each]
    assert found
    for each in found:
        coded = [one["code"] for one in each["code"]["coding"] if one["system"] == codes.LOINC]
        assert coded == loinc
        assert each["meta"]["profile"] == [f"http://hl7.org/fhir/StructureDefinition/{profile}"]
        assert each["category"][0]["coding"][0]["code"] == "vital-signs"
        assert ("valueQuantity" in each) != ("dataAbsentReason" in each)
        if "valueQuantity" in each:
            assert each["valueQuantity"]["code"] == ucum
            assert each["valueQuantity"]["system"] == "http://unitsofmeasure.org"


def test_a_minute_is_its_median_with_bounds_and_count(two: list[Resource]) -> None:
    minutes = [each for each in observed(two, codes.LOINC, "2708-6") if "component" in each]
    one = next(each for each in minutes if each["effectivePeriod"]["start"].startswith("2026-11-21T14:58:00"))
    assert one["valueQuantity"]["value"] == 84  # LOW, in the 25th minute
    said = {each["code"]["coding"][0]["code"]: each for each in one["component"]}
    assert said["minimum"]["valueQuantity"]["value"] == 84
    assert said["count"]["valueInteger"] == 60
    assert any(each["coding"][0]["code"] == "in-alarm" for each in one["interpretation"])


def test_what_is_missing_says_why_and_how_far_it_can_be_trusted(two: list[Resource]) -> None:
    away = [each for each in observed(two, codes.LOINC, "2708-6") if "dataAbsentReason" in each]
    assert len(away) == 1
    assert away[0]["dataAbsentReason"]["coding"][0]["code"] == "temp-unknown"
    labels = Counter(
        label["code"]
        for each in two
        if each["resourceType"] == "Observation"
        for label in each["meta"]["security"]
    )
    assert labels["HTEST"] == sum(each["resourceType"] == "Observation" for each in two)
    assert labels["RELIABLE"] > 300
    assert labels["UNCERTREL"] == 1  # the pressure that was typed in without its lower half
    assert labels["UNRELIABLE"] == 1  # the cuff that found nothing


@pytest.mark.parametrize(
    ("quality", "label", "status", "absent"),
    [
        (Quality.VALID, "RELIABLE", None, "temp-unknown"),
        (Quality.ONGOING, "RELIABLE", "msmt-ongoing", "temp-unknown"),
        (Quality.QUESTIONABLE, "UNCERTREL", "questionable", "temp-unknown"),
        (Quality.INVALID, "UNRELIABLE", None, "error"),
        (Quality.NOT_AVAILABLE, None, None, "temp-unknown"),
    ],
)
def test_each_quality_is_mapped(quality: Quality, label: str | None, status: str | None, absent: str) -> None:
    history = two_hours()
    session = msgspec.structs.replace(history.session, entries=[], drill=False)
    one = Measured(id="n-1", systolic=120.0, diastolic=None, quality=quality)
    apply(session, session.next_entry(one, NURSE, history.session.started))
    live = History(session=session, origin=Origin.LIVE, numerics={}, waves={}, alarms=[])
    [found] = observed(resources(live), codes.LOINC, "85354-9")
    assert [each["code"] for each in found["meta"].get("security", [])] == ([label] if label else [])
    words = [each["coding"][0]["code"] for each in found.get("interpretation", [])]
    assert words == ([status] if status else [])
    assert found["component"][1]["dataAbsentReason"]["coding"][0]["code"] == absent


def test_a_blood_pressure_is_a_panel(two: list[Resource]) -> None:
    panels = observed(two, codes.LOINC, "85354-9")
    assert len(panels) == 8  # six of the cuff, one typed in, one that failed
    parts = {each["code"]["coding"][0]["code"]: each for each in panels[0]["component"]}
    assert [(code, part["valueQuantity"]["value"]) for code, part in parts.items()] == [
        ("8480-6", 121), ("8462-4", 79), ("8478-0", 93),
    ]  # fmt: skip
    assert {part["valueQuantity"]["code"] for part in parts.values()} == {"mm[Hg]"}
    [typed] = [each for each in panels if any(tag["code"] == "manual" for tag in each["meta"]["tag"])]
    assert "device" not in typed
    assert typed["effectiveDateTime"] == "2026-11-21T15:43:07.125000Z"


def test_every_second_is_there_as_sampled_data(two: list[Resource]) -> None:
    [found] = [each for each in observed(two, codes.MDC, "150456") if "valueSampledData" in each]
    said = found["valueSampledData"]["data"].split()
    assert (len(said), found["valueSampledData"]["period"]) == (7200, 1000)
    assert said[LOW.start + 10 : LOW.stop] == ["84"] * 80  # at first such a fall is doubted
    assert said[NO_FINGER.start : NO_FINGER.stop] == ["E"] * 150
    assert not observed([found], codes.LOINC, "2708-6")  # a vital sign has one value


def test_doses_symptoms_and_alarms_have_their_resources(two: list[Resource]) -> None:
    kinds = Counter(each["resourceType"] for each in two)
    assert (kinds["Patient"], kinds["Encounter"], kinds["MedicationAdministration"]) == (1, 1, 2)
    first = next(each for each in two if each["resourceType"] == "MedicationAdministration")
    assert first["contained"][0]["batch"]["lotNumber"] == "L-77"
    assert first["dosage"]["dose"] == {
        "value": 60,
        "unit": "mg",
        "system": "http://unitsofmeasure.org",
        "code": "mg",
    }
    assert first["note"] == [{"text": "Closed gates: pagers"}]
    [serious] = [each for each in two if each["resourceType"] == "AdverseEvent"]
    assert serious["event"]["coding"][0]["code"] == "29857009"
    [score] = [
        each["component"][0]["valueInteger"]
        for each in observed(two, "urn:kapmonitor:symptom", "sedation")
        if each["effectiveDateTime"].startswith("2026-11-21T14:53")
    ]
    assert score == 3
    issues = {
        each["code"]["coding"][1]["code"]: each for each in two if each["resourceType"] == "DetectedIssue"
    }
    low = issues["spo2-low"]
    assert (low["severity"], low["status"]) == ("high", "final")
    assert low["mitigation"][0]["author"]["identifier"]["value"] == "nurse-1"
    assert {"start", "end"} == low["identifiedPeriod"].keys()
    [rate] = observed(two, codes.LOINC, "9279-1")
    assert rate["valueQuantity"]["value"] == 14


def test_test_data_are_marked_and_a_patients_are_not(two: list[Resource]) -> None:
    for each in two:
        assert any(label["code"] == "HTEST" for label in each["meta"]["security"])
        assert any((tag["code"]) == "drill" for tag in each["meta"]["tag"])
    session = msgspec.structs.replace(two_hours().session, drill=False)
    live = msgspec.structs.replace(two_hours(), session=session, origin=Origin.LIVE)
    text = json.dumps(resources(live))
    assert "HTEST" not in text
    assert '"drill"' not in text


def test_nothing_says_who_it_was_or_what_people_wrote(two: list[Resource]) -> None:
    text = json.dumps(two)
    for each in (NAME, NAME.split()[0], CODE, NUMBER, "lorazepam", "sister", "sleeps", "chin lift"):
        assert each not in text
    [patient] = [each for each in two if each["resourceType"] == "Patient"]
    assert patient.keys() == {"resourceType", "id", "meta"}
    told = json.dumps(resources(two_hours(), Share(client=True, words=True)))
    assert CODE in told
    assert NAME in told


def test_the_same_record_gives_the_same_bytes() -> None:
    assert fhir.export(two_hours()) == fhir.export(two_hours())
    assert len(next(iter(fhir.export(two_hours()).values()))) < 1_500_000


@settings(max_examples=10, deadline=None)
@given(history=histories())
def test_any_history_is_a_bundle_with_every_number_that_counts(history: History) -> None:
    found = resources(history)
    for resource in found:
        valid(resource)
    assert "KAP-0815" not in json.dumps(found)
    for name, mdc in (("spo2", "150456"), ("heart_rate", "147842")):
        if name not in history.numerics:
            continue
        series = history.numerics[name]
        sampled = [each for each in observed(found, codes.MDC, mdc) if "valueSampledData" in each]
        said = [word for each in sampled for word in each["valueSampledData"]["data"].split() if word != "E"]
        wanted = [one.raw[_counts(one)].tolist() for one in series.apart()]
        assert [float(word) for word in said] == pytest.approx([each for some in wanted for each in some])
        minutes = [each for each in observed(found, codes.MDC, mdc) if "effectivePeriod" in each]
        of_devices = [set((one.t_us // 60_000_000).tolist()) for one in series.apart()]
        assert len(minutes) - len(sampled) == sum(map(len, of_devices))


def _counts(series: Series) -> NDArray[np.bool_]:
    return np.array([each.counts for each in QUALITIES])[series.quality] & np.isfinite(series.raw)
