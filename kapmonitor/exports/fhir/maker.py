"""What every FHIR resource of a session is made of: ids, references, labels, codes, times. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from kapmonitor.exports.course import iso, synthetic, to_us
from kapmonitor.exports.fhir import codes
from kapmonitor.exports.fhir.codes import Vital
from kapmonitor.exports.share import Share
from kapmonitor.model import Origin, Quality
from kapmonitor.session.entries import DeviceUsed
from kapmonitor.session.history import History

Resource = dict[str, Any]
"""FHIR JSON: no model of ours is worth a second description of FHIR."""
_IDS = uuid5(NAMESPACE_URL, codes.OWN)


class Labels(NamedTuple):
    """What stands on a resource: how far its value can be trusted, its profile, and where it is from.

    `origin` None: where the session's data are from.
    """

    quality: Quality | None = None
    profile: str = ""
    origin: Origin | None = None


class Maker:
    """Makes the resources of one session. The same record gives the same ids; they say nothing of anybody."""

    def __init__(self, history: History, share: Share) -> None:
        """`share`: what may leave."""
        self.history = history
        self.share = share
        self.used = [
            (to_us(entry.moment.utc), entry.what)
            for entry in history.session.entries
            if isinstance(entry.what, DeviceUsed)
        ]

    def ident(self, *what: object) -> str:
        """The id of the resource for `what`."""
        name = "/".join(str(each) for each in (self.history.session.id, *what))
        return str(uuid5(_IDS, name))

    def reference(self, *what: object) -> Resource:
        """A reference to that resource, in this bundle."""
        return {"reference": f"urn:uuid:{self.ident(*what)}"}

    def start(self, kind: str, *what: object, labels: Labels | None = None) -> Resource:
        """A resource with its id and labels."""
        return {"resourceType": kind, "id": self.ident(*what), "meta": self.meta(labels or Labels())}

    def meta(self, labels: Labels) -> Resource:
        """Labels: test data where nobody was treated, how far a value can be trusted, where it is from."""
        security = [_coding(f"{codes.HL7}/v3-ActReason", "HTEST")] if synthetic(self.history) else []
        trust = None if labels.quality is None else codes.TRUST[labels.quality]
        if trust is not None and trust.label:
            security.append(_coding(f"{codes.HL7}/v3-ObservationValue", trust.label))
        tags = [_coding(f"{codes.OWN}:origin", (labels.origin or self.history.origin).value)]
        if self.history.session.drill:
            tags.append(_coding(f"{codes.OWN}:session", "drill"))
        found: Resource = {"tag": tags}
        if security:
            found["security"] = security
        if labels.profile:
            found["profile"] = [f"{codes.PROFILES}/{labels.profile}"]
        return found

    def observation(self, code: Resource, *what: object, labels: Labels | None = None) -> Resource:
        """An observation of this patient in this session."""
        return self.start("Observation", *what, labels=labels) | {
            "status": "final",
            "code": code,
            "subject": self.reference("patient"),
            "encounter": self.reference("encounter"),
        }

    def device_at(self, device: str, us: int) -> str:
        """Which device measured at that time, where `device` did so at the end of the session."""
        for used_us, used in reversed(self.used):
            if used.device == device and used.instead_of and us < used_us:
                device = used.instead_of
        return device


def concept(*codings: Resource, text: str = "") -> Resource:
    """A CodeableConcept."""
    found: Resource = {"coding": list(codings)} if codings else {}
    return found | ({"text": text} if text else {})


def _coding(system: str, code: str, display: str = "") -> Resource:
    return {"system": system, "code": code} | ({"display": display} if display else {})


def coding(system: str, code: tuple[str, str] | str) -> Resource:
    """A Coding, with its name where it has one."""
    return _coding(system, code) if isinstance(code, str) else _coding(system, *code)


def coded(vital: Vital) -> Resource:
    """What was measured: LOINC first, as the profiles want it, then what devices say."""
    found = [coding(codes.LOINC, each) for each in vital.loinc]
    return concept(*found, *([coding(codes.MDC, vital.mdc)] if vital.mdc else []), text=vital.loinc[-1][1])


def quantity(value: float, ucum: str) -> Resource:
    """A number with its unit; UCUM is both the unit and its code."""
    whole = int(value) if float(value).is_integer() else value
    return {"value": whole, "unit": ucum, "system": codes.UCUM, "code": ucum}


def absent(quality: Quality) -> Resource:
    """Why there is no value."""
    return concept(coding(f"{codes.HL7}/data-absent-reason", codes.TRUST[quality].absent))


def interpretation(words: Iterable[str]) -> Resource:
    """What is to be known of a measurement beside its value; nothing where there is nothing."""
    found = [concept(coding(codes.STATUS, word)) for word in dict.fromkeys(words) if word]
    return {"interpretation": found} if found else {}


def period(start_us: int, end_us: int) -> Mapping[str, str]:
    """From until."""
    return {"start": iso(start_us), "end": iso(end_us)}


def there(value: float | None) -> bool:
    """Whether it is a number."""
    return value is not None and math.isfinite(value)
