"""A session as a FHIR R4 Bundle: vital signs, doses, symptoms, alarms, devices, a nameless patient. Pure.

A `collection`: a copy of what the record has, no order to a server. Nothing is in it that the record has not.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kapmonitor import __version__
from kapmonitor.exports.course import ends, iso, to_us
from kapmonitor.exports.fhir import codes
from kapmonitor.exports.fhir.alarmed import issues
from kapmonitor.exports.fhir.events import happened
from kapmonitor.exports.fhir.maker import Labels, Maker, Resource, coding, concept
from kapmonitor.exports.fhir.vitals import measured
from kapmonitor.exports.share import NOTHING_PERSONAL, Share
from kapmonitor.session.entries import DeviceUsed, Measured
from kapmonitor.session.history import History


def export(history: History, share: Share = NOTHING_PERSONAL) -> dict[str, bytes]:
    """The bundle as a file by its name."""
    return {f"{history.session.id}.fhir.json": msgspec.json.encode(bundle(history, share))}


def bundle(history: History, share: Share = NOTHING_PERSONAL) -> Resource:
    """The bundle; its timestamp is the last of which the record says anything."""
    make = Maker(history, share)
    return make.start("Bundle", "bundle") | {
        "identifier": {"system": f"{codes.OWN}:session", "value": history.session.id},
        "type": "collection",
        "timestamp": iso(ends(history)[1]),
        "entry": [
            {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in _resources(make)
        ],
    }


def _resources(make: Maker) -> Iterator[Resource]:
    yield _patient(make)
    yield _encounter(make)
    yield _software(make)
    yield from _devices(make)
    yield from measured(make)
    yield from happened(make)
    yield from issues(make)


def _patient(make: Maker) -> Resource:
    """Somebody; the clinic's own words for who it is only where they were asked for."""
    found = make.start("Patient", "patient")
    client = make.history.session.client
    said = {"client-code": client.code, "client-number": client.number} if make.share.client else {}
    named = [{"system": f"{codes.OWN}:{name}", "value": value} for name, value in said.items() if value]
    return found | ({"identifier": named} if named else {})


def _encounter(make: Maker) -> Resource:
    session = make.history.session
    begun = iso(to_us(session.started.utc))
    over = {} if session.ended is None else {"end": iso(to_us(session.ended[0].utc))}
    return make.start("Encounter", "encounter") | {
        "identifier": [{"system": f"{codes.OWN}:session", "value": session.id}],
        "status": "finished" if over else "in-progress",
        "class": coding(f"{codes.HL7}/v3-ActCode", ("AMB", "ambulatory")),
        "subject": make.reference("patient"),
        "period": {"start": begun} | over,
    }


def _software(make: Maker) -> Resource:
    return make.start("Device", "software") | {
        "status": "active",
        "deviceName": [{"name": "kapmonitor", "type": "user-friendly-name"}],
        "version": [{"value": __version__}],
    }


def _devices(make: Maker) -> Iterator[Resource]:
    """Every device that is named anywhere, once; what is known of it is what its last entry says."""
    known = {used.device: used for _, used in make.used}
    named = [device for one in make.history.numerics.values() for device in one.devices]
    named += [each.what.device for each in make.history.session.entries if isinstance(each.what, Measured)]
    before = [used.instead_of for _, used in make.used]
    for device in dict.fromkeys([*known, *named, *before]):
        if device:
            yield _device(make, device, known.get(device))


def _device(make: Maker, device: str, used: DeviceUsed | None) -> Resource:
    found = make.start(
        "Device", "device", device, labels=Labels(origin=None if used is None else used.origin)
    )
    found["identifier"] = [{"system": f"{codes.OWN}:device", "value": device}]
    if used is None:
        return found
    kind = codes.DEVICES.get(used.device_kind)
    found["type"] = concept(*([coding(codes.MDC, kind)] if kind else []), text=used.device_kind)
    if used.serial:
        found["serialNumber"] = used.serial
    if used.model:
        found["deviceName"] = [{"name": used.model, "type": "model-name"}]
    if used.firmware:
        found["version"] = [{"value": used.firmware}]
    return found
