"""Two hours intramuscular, run at speed: staff act through the API, and the record and the form are whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from kapmonitor.session.entries import Item
from kapmonitor.storage.record import Record
from tests.house import Browser, House, url

pytestmark = pytest.mark.timeout(180)

ARMS = {"cuff": "left", "oximeter": "right"}


async def led(house: House, doctor: Browser, nurse: Browser, guide: Browser) -> str:
    """Everything that staff do from opening the session to half an hour after the dose."""
    start = {"room": "room-1", "route": "intramuscular", "drill": True, "client": {"code": "C-17"}}
    session = (await nurse.post("", **start, therapist="guide-1", arms=ARMS))["session"]
    at = f"/{session}"
    await guide.post(f"{at}/presence", action="arrived")
    await nurse.post(f"{at}/screening", medicines=["benzodiazepine"], text="hypertension, treated")
    await nurse.post(f"{at}/phase", phase="baseline")
    await house.wait(4)
    assert (await nurse.get(at))["proposal"]["missing"] == []
    await nurse.post(f"{at}/baseline", posture="lying", cuff_size="adult")
    await nurse.post(f"{at}/doses", amount=60, lot="K-2211")
    await house.wait(12)
    assert (await nurse.get(at))["phase"] == "peak"
    await guide.post(f"{at}/events", kind="dissociation", severity="moderate")
    await guide.post(f"{at}/events", kind="sedation", score=4)
    await nurse.post(f"{at}/values", quantity="respiratory_rate", value=14)
    await guide.post(f"{at}/events", kind="nausea", severity="mild")
    await nurse.post(f"{at}/interventions", what="ondansetron 4 mg", recheck_min=10)
    await nurse.post(f"{at}/oxygen", flow_l_min=2)
    await nurse.post(f"{at}/preset", preset="quiet")
    await house.wait(10)
    await nurse.post(f"{at}/oxygen", flow_l_min=0)
    [of] = [e["seq"] for e in await nurse.get(f"{at}/entries") if e["what"]["kind"] == "intervention"]
    await nurse.post(f"{at}/rechecks", of=of, text="better")
    await guide.post(f"{at}/events", kind="help")
    called = house.alarm("help")
    seen = await nurse.client.post(f"/api/v1/alarms/{called.alarm}/acknowledge", json={"seq": called.seq})
    assert seen.status_code == 204
    await nurse.post(f"{at}/here")
    await doctor.post(f"{at}/switch-off", rule="heart-rate-high", reason="known tachycardia, seen")
    await nurse.post(f"{at}/cuff/not-now", minutes=5)
    await nurse.post(f"{at}/notes", text="Asks for another song.")
    return str(session)


async def taken_home(house: House, nurse: Browser, guide: Browser, session: str) -> None:
    """From the middle of the session to the signed end."""
    at = f"/{session}"
    await house.wait(40)
    await guide.post(f"{at}/events", kind="dissociation", resolved=True)
    await nurse.post(f"{at}/interruption", minutes=5, with_whom="guide-1")
    await house.wait(3)
    await nurse.post(f"{at}/interruption/end")
    await house.wait(50)
    await nurse.post(f"{at}/events", kind="sedation", score=5)
    await nurse.post(f"{at}/events", kind="nausea", resolved=True)
    await house.wait(10)
    await nurse.post(f"{at}/phase", phase="discharge")
    await house.wait(2)
    shown = {each["item"]: each["doubt"] for each in (await nurse.get(at))["checklist"]}
    for item in get_args(Item):
        await nurse.post(f"{at}/checklist", item=item, text="seen by the doctor" if shown[item] else "")
    await nurse.post(f"{at}/end")


def kinds(record: dict[str, Any], chapter: str) -> list[str]:
    return [line["what"]["kind"] for line in record["chapters"][chapter]]


def whole(record: dict[str, Any]) -> None:
    """Every field that a record has to have."""
    assert (record["site"], record["route"]) == ("house", "intramuscular")
    assert record["client"] == {"code": "C-17", "number": ""}
    assert (record["rules"], record["therapist"]) == ("r1", "guide-1")
    assert {"nurse-1", "doctor-1", "guide-1"} == {who for who, _ in record["staff"]}
    assert {role for _, role in record["staff"]} == {"medical", "prescriber", "therapist"}
    phases = [one["what"].get("phase") for one in record["chapters"]["course"]]
    assert phases == [None, "baseline", "ready", "onset", "peak", "recovery", "discharge", None]
    [dose] = record["chapters"]["doses"]
    assert (dose["what"]["amount"], dose["what"]["lot"], dose["what"]["route"]) == (
        60,
        "K-2211",
        "intramuscular",
    )
    assert (dose["by"], dose["role"], dose["minute"]) == ("nurse-1", "medical", 0)
    [baseline] = record["chapters"]["baseline"]
    assert {"systolic", "diastolic", "spo2", "heart_rate"} <= set(baseline["what"]["values"])
    how = (baseline["by"], *(baseline["what"][name] for name in ("posture", "arm", "cuff_size")))
    assert how == ("nurse-1", "lying", "left", "adult")
    readings = [line["what"] for line in record["chapters"]["pressures"]]
    assert {"baseline", "timetable"} <= {one["trigger"] for one in readings}
    assert all(one["quality"] == "valid" and one["device"] == "cuff-1" for one in readings)
    assert {one["device"] for one in (e["what"] for e in record["chapters"]["devices"])} == {
        "strap-1", "oximeter-1", "cuff-1"
    }  # fmt: skip
    for used in record["chapters"]["devices"]:
        assert used["what"]["model"]
        assert (used["what"]["serial"], used["what"]["firmware"]) == ("4711", "1.2")
        assert used["what"]["battery"] == 80
    symptoms = {
        line["what"]["symptom"] for line in record["chapters"]["symptoms"] if "symptom" in line["what"]
    }
    assert {"nausea", "dissociation", "sedation"} <= symptoms
    assert set(kinds(record, "interventions")) == {"intervention", "rechecked", "oxygen"}
    assert kinds(record, "limits") == ["switched-off"]
    assert kinds(record, "interruptions") == ["interrupted", "interruption-over"]
    assert kinds(record, "gaps") == ["gap"]
    assert {line["what"]["item"] for line in record["chapters"]["checklist"]} == set(get_args(Item))
    assert record["total_min"] == pytest.approx(128, abs=3)
    helped = [each for each in record["alarms"] if each["name"] == "help"]
    assert helped[0]["event"] == "start"
    assert ("acknowledge", "nurse-1") in {(each["event"], each["by"]) for each in helped}
    assert helped[-1]["state"] == "inactive"
    found = sorted(line["entry"] for lines in record["chapters"].values() for line in lines)
    assert found == list(range(1, len(found) + 1))


def filled(form: dict[str, Any]) -> None:
    """The form is whole, and what devices know was not typed."""
    assert form["missing"] == []
    assert form["medicines"] == ["benzodiazepine"]
    assert form["monitored_by"] == ["nurse-1", "doctor-1"]
    assert [(dose["amount"], dose["lot"]) for dose in form["doses"]] == [(60, "K-2211")]
    assert form["pressure_before"]["minute"] <= 0
    assert abs(form["pressure_after_40_min"]["minute"] - 40) <= 5
    assert form["pressure_at_the_end"]["minute"] > 110
    assert form["sedation"]["worst"] == "MOAA/S 4"
    assert form["dissociation"]["seen"] is True
    assert form["total_min"] == pytest.approx(128, abs=3)
    assert form["acceptable_before"] is True
    assert form["acceptable_after"] is not None


async def test_two_hours_leave_a_record_and_a_form_in_which_nothing_is_missing(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        house = House(record)
        async with (
            house.as_("doctor-1") as doctor,
            house.as_("nurse-1") as nurse,
            house.as_("guide-1") as guide,
        ):
            session = await led(house, doctor, nurse, guide)
    async with Record.open(url(tmp_path)) as record:
        house.record = record
        await house.restart(away_s=20)
        async with house.as_("nurse-1") as nurse, house.as_("guide-1") as guide:
            await taken_home(house, nurse, guide, session)
            whole(await nurse.get(f"/{session}/record"))
            filled(await nurse.get(f"/{session}/form"))
    async with Record.open(url(tmp_path)) as record:
        house.record = record
        await house.restart(away_s=1000)
        async with house.as_("guest-1") as guest:
            whole(await guest.get(f"/{session}/record"))
            filled(await guest.get(f"/{session}/form"))
