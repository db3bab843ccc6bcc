"""What was done and seen in a session: doses, symptoms, oxygen, phases and the rest of its course. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kapmonitor.exports.course import iso, to_us, when
from kapmonitor.exports.fhir import codes
from kapmonitor.exports.fhir.maker import Maker, Resource, coding, concept, period, quantity
from kapmonitor.exports.share import kind, line
from kapmonitor.session import entries
from kapmonitor.session.entries import Dose, Entry, Oxygen, Symptom
from kapmonitor.session.history import Unrecorded

COURSE = (
    entries.PhaseEntered,
    entries.BaselineConfirmed,
    entries.Infusion,
    entries.Lozenge,
    entries.HelpCalled,
    entries.Intervention,
    entries.Interrupted,
    entries.InterruptionOver,
    entries.Gap,
    entries.Ended,
    entries.Reopened,
)
"""What has no form of its own in FHIR and belongs to the course: our own code, and one line of text."""


def happened(make: Maker) -> Iterator[Resource]:
    """One resource or two for each entry that has any; the others are in the CSV only."""
    for entry in make.history.session.entries:
        match entry.what:
            case Dose() as dose:
                yield _dose(make, entry, dose)
            case Symptom() as symptom:
                yield _symptom(make, entry, symptom)
                if symptom.serious:
                    yield _adverse(make, entry, symptom)
            case Oxygen() as oxygen:
                yield _at(make, entry, concept(coding(codes.LOINC, codes.OXYGEN))) | {
                    "valueQuantity": quantity(oxygen.flow_l_min, "L/min")
                }
            case what if isinstance(what, COURSE):
                code = concept(coding(f"{codes.OWN}:entry", kind(what)))
                yield _at(make, entry, code) | {"valueString": line(what, make.share)}
            case _:
                pass
    for one in make.history.unrecorded:
        yield _unrecorded(make, one)


def _unrecorded(make: Maker, one: Unrecorded) -> Resource:
    """What was measured and the disk did not take: no value, and why."""
    code = concept(coding(f"{codes.OWN}:unrecorded", one.what))
    since, until = to_us(one.since), to_us(one.until)
    return make.observation(code, "unrecorded", one.what, since) | {
        "effectivePeriod": period(since, until),
        "valueString": f"{one.rows} rows were not recorded: the disk took nothing",
    }


def _at(make: Maker, entry: Entry, code: Resource) -> Resource:
    return make.observation(code, "entry", entry.seq) | {"effectiveDateTime": iso(when(entry))}


def _dose(make: Maker, entry: Entry, dose: Dose) -> Resource:
    """The drug with its lot is a Medication inside: only there FHIR has a place for the lot."""
    drug = codes.DRUGS.get(dose.drug.lower())
    medication: Resource = {
        "resourceType": "Medication",
        "id": "drug",
        "code": concept(*([coding(codes.ATC, drug)] if drug else []), text=dose.drug),
    }
    if dose.lot:
        medication["batch"] = {"lotNumber": dose.lot}
    found = make.start("MedicationAdministration", "entry", entry.seq) | {
        "contained": [medication],
        "status": "completed",
        "medicationReference": {"reference": "#drug"},
        "subject": make.reference("patient"),
        "context": make.reference("encounter"),
        "effectiveDateTime": iso(when(entry)),
        "dosage": {"route": concept(coding(codes.SNOMED, codes.ROUTES[dose.route])), "dose": _amount(dose)},
    }
    said = [f"Closed gates: {', '.join(dose.closed)}"] if dose.closed else []
    said += [dose.reason] if dose.reason and make.share.words else []
    return found | ({"note": [{"text": text} for text in said]} if said else {})


def _amount(dose: Dose) -> Resource:
    ucum = codes.DOSE_UNITS.get(dose.unit)
    return quantity(dose.amount, ucum) if ucum else {"value": dose.amount, "unit": dose.unit}


def _symptom(make: Maker, entry: Entry, symptom: Symptom) -> Resource:
    """Seen or over; how bad it is, and how deep a sedation (MOAA/S, 5 is alert), beside it."""
    found = _at(make, entry, _named(symptom))
    state = codes.ABSENT if symptom.resolved else codes.PRESENT
    found["valueCodeableConcept"] = concept(coding(codes.SNOMED, state))
    beside: list[Resource] = []
    if symptom.severity is not None:
        how = concept(coding(codes.SNOMED, codes.SEVERITIES[symptom.severity]))
        beside.append({"code": concept(coding(codes.SNOMED, codes.SEVERITY)), "valueCodeableConcept": how})
    if symptom.score is not None:
        beside.append(
            {"code": concept(coding(f"{codes.OWN}:score", "moaa-s")), "valueInteger": symptom.score}
        )
    if beside:
        found["component"] = beside
    if symptom.text and make.share.words:
        found["note"] = [{"text": symptom.text}]
    return found


def _named(symptom: Symptom) -> Resource:
    known = codes.SYMPTOMS.get(symptom.symptom)
    own = coding(f"{codes.OWN}:symptom", symptom.symptom)
    return concept(*([coding(codes.SNOMED, known)] if known else []), own)


def _adverse(make: Maker, entry: Entry, symptom: Symptom) -> Resource:
    """What has to be reported, however mild it felt."""
    return make.start("AdverseEvent", "entry", entry.seq, "serious") | {
        "actuality": "actual",
        "event": _named(symptom),
        "subject": make.reference("patient"),
        "encounter": make.reference("encounter"),
        "date": iso(when(entry)),
        "seriousness": concept(coding(f"{codes.HL7}/adverse-event-seriousness", "serious")),
    }
