"""What is said and decided about seats and devices: their documents, a pulse without a session, swapping."""

from __future__ import annotations

from kapmonitor import documents
from kapmonitor.clinic.seats import Installed, Seat, Seats
from kapmonitor.documents import Message
from kapmonitor.errors import RefusedError
from kapmonitor.model import DeviceData, DeviceReport, DeviceState, Moment, Reading
from kapmonitor.people import Person
from kapmonitor.session.commands import Command, SwapDevice
from kapmonitor.session.desk import DESK
from kapmonitor.session.session import Session
from kapmonitor.standing import DeviceLine

PULSE_FOR_S = 120.0
"""A live pulse for so long without a session asks whether one should be started (s)."""
PULSE_GAP_S = 10.0
RATES = ("heart_rate", "pulse_rate")

_STATUS: dict[DeviceState, documents.Status] = {
    DeviceState.LIVE: documents.STATUS_ONLINE,
    DeviceState.STALE: documents.STATUS_DEGRADED,
}


def allowed(command: Command, by: Person) -> None:
    """Ask for the role before anything else: who may not does not learn which sessions there are either.

    Raises:
        NotAllowedError: this role may not.
    """
    by.must_be_allowed(DESK[type(command)][0])


def status(report: DeviceReport) -> Message:
    """Whether a device can be relied on."""
    return documents.device_status(report.device, _word(report))


def _word(report: DeviceReport) -> documents.Status:
    return _STATUS.get(report.state, documents.STATUS_OFFLINE)


def info(device: Installed) -> documents.DeviceInfo:
    """What a device is."""
    report = device.report
    return documents.DeviceInfo(
        origin=device.known_origin,
        driver=device.driver_name,
        kind=device.driver.kind,
        model=device.driver.model,
        room=device.room,
        seat=device.seat,
        battery=device.driver.battery,
        text=report.text if report else "",
        advice=report.advice if report else "",
    )


def line(device: Installed, now: float) -> DeviceLine:
    """A device for whoever looks after devices; `now` on the clock of its samples."""
    report, driver = device.report, device.driver
    return DeviceLine(
        id=device.id,
        kind=driver.kind,
        driver=device.driver_name,
        model=driver.model,
        serial_number=driver.serial_number,
        firmware=driver.firmware,
        room=device.room,
        seat=device.seat,
        origin=device.known_origin,
        status="" if report is None else _word(report),
        battery=driver.battery,
        signal=device.signal(),
        heard_s=None if device.heard_at is None else max(0.0, now - device.heard_at),
        sleeps=device.sleeps_between,
        text=report.text if report else "",
        advice=report.advice if report else "",
    )


def pulse_seen(seat: Seat, data: DeviceData, now: float) -> None:
    """A device of a seat without a session spoke; a valid rate is somebody's pulse."""
    if not any(
        isinstance(one, Reading) and one.quantity in RATES and one.counts for one in data.observations
    ):
        return
    if seat.pulse_since is None or now - seat.pulse_at > PULSE_GAP_S:
        seat.pulse_since = now
    seat.pulse_at = now


def question(seat: Seat, moment: Moment) -> list[Message]:
    """Ask whether a session should be started, once a pulse was there for two minutes; or ask no more."""
    since = seat.pulse_since
    there = since is not None and moment.at - seat.pulse_at <= PULSE_GAP_S
    if not there or since is None:
        seat.pulse_since = None
        return answered(seat)
    if seat.asked or moment.at - since < PULSE_FOR_S:
        return []
    seat.asked = True
    asked = documents.PlaceQuestion(
        origin=seat.origin,
        room=seat.room,
        seat=seat.name,
        question="start-session",
        text="Somebody's pulse is measured here, but no session is open. Start one?",
        since=moment.earlier(since),
    )
    return [documents.place_question(seat.room, seat.name, asked)]


def answered(seat: Seat) -> list[Message]:
    """There is a session, or no pulse any more: nothing is asked."""
    if not seat.asked:
        return []
    seat.asked = False
    return [documents.place_question(seat.room, seat.name, None)]


def without_seat(session: Session, *, gone: bool) -> str:
    """What staff have to know of a patient whom nothing watches any more."""
    place = f"{session.room}/{session.seat}"
    why = "is not in the configuration any more" if gone else "has another open session"
    return (
        f"Nobody is monitored in {session.id}: it was open on {place}, which {why}. Look at the patient; put "
        "the seat back into the configuration and restart, or start a session on the seat where they are."
    )


def swappable(seats: Seats, seat: Seat, what: SwapDevice) -> tuple[Installed, Installed]:
    """The device that goes and the one that comes.

    Raises:
        RefusedError: they are not what they should be; the text says what would be right.
    """
    old = next((each for each in seat.devices if each.id == what.old), None)
    new = seats.devices.get(what.new)
    if old is None:
        here = ", ".join(each.id for each in seat.devices)
        raise RefusedError(f"{what.old} does not measure here; {here} do.")
    if new is None:
        raise RefusedError(f"There is no device {what.new} in the configuration.")
    if new.driver.kind is not old.driver.kind:
        raise RefusedError(f"{new.id} is no {old.driver.kind}, which {old.id} is.")
    if seats.of(new.id).monitor is not None:
        raise RefusedError(f"{new.id} belongs to {new.room}, where a session is open.")
    if what.seen.strip().lower() not in {new.id.lower(), new.driver.model.lower()}:
        raise RefusedError(
            f"What stands on the device ({what.seen}) is not {new.id}; look at its label again."
        )
    return old, new
