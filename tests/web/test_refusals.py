"""What must not be done is refused over HTTP with what would be right, and nothing of it is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.house import Browser, House

START = {"room": "room-1", "route": "intramuscular", "drill": True}


@pytest.fixture
async def house() -> House:
    house = House(None, ("uneventful", "uneventful"))
    await house.second()
    return house


async def ready(nurse: Browser) -> str:
    """A session in screening."""
    return str((await nurse.post("", **START))["session"])


REFUSED: list[tuple[str, str, Any, int, str]] = [
    ("nurse-1", "", START, 409, "end that one first"),
    ("nurse-1", "", {**START, "room": "room-9"}, 409, "choose one of room-1/a, room-2/a"),
    ("nurse-1", "", {**START, "route": "oral"}, 422, "route"),
    ("nurse-1", "", {**START, "client": {"code": "Anna B."}}, 422, "code"),
    ("guide-1", "", {**START, "room": "room-2"}, 403, "medical"),
    ("nurse-1", "/{s}/reopen", {"reason": "oops"}, 404, "is open, or ended"),
    ("nurse-1", "/{s}/infusion", {"action": "stop"}, 409, "it has no infusion"),
    ("nurse-1", "/{s}/interruption/end", {}, 409, "interruption"),
    ("nurse-1", "/room-7-a-x/end", {}, 404, "no open session"),
    ("nurse-1", "/{s}/rechecks", {"of": 4}, 409, "4"),
    ("nurse-1", "/{s}/corrections", {"of": 99, "text": "no"}, 409, "99"),
    ("nurse-1", "/{s}/doses", {"amount": 60, "given": "{ahead}"}, 409, "has not come yet"),
    ("nurse-1", "/{s}/doses", {"amount": 60, "given": "{long_ago}"}, 409, "12 hours"),
    ("nurse-1", "/{s}/doses", {"amount": 60, "given": "2026-11-22T09:00:00"}, 409, "needs its zone"),
    ("nurse-1", "/{s}/doses", {"amount": -60}, 422, "amount"),
    ("nurse-1", "/{s}/doses", {}, 422, "amount"),
    ("guide-1", "/{s}/doses", {"amount": 60}, 403, "medical"),
    ("nurse-1", "/{s}/phase", {"phase": "onset"}, 409, "begins with a dose"),
    ("nurse-1", "/{s}/phase", {"phase": "recovery"}, 409, "it can go to baseline or aborted"),
    ("nurse-1", "/{s}/phase", {"phase": "party"}, 422, "phase"),
    ("nurse-1", "/{s}/baseline", {}, 409, "baseline"),
    ("nurse-1", "/{s}/pressures", {"systolic": 900, "diastolic": 20}, 409, "40 to 280"),
    ("nurse-1", "/{s}/pressures", {"systolic": 80, "diastolic": 120}, 409, "read the cuff again"),
    (
        "nurse-1",
        "/{s}/pressures",
        {"systolic": 120, "diastolic": 80, "measured_at": "{ahead}"},
        409,
        "has not come yet",
    ),
    ("nurse-1", "/{s}/values", {"quantity": "mood", "value": 3}, 422, "quantity"),
    ("nurse-1", "/{s}/notes", {"text": "x" * 4001}, 422, "4000"),
    ("nurse-1", "/{s}/notes", {"text": "x" * 40_000}, 413, ""),
    ("nurse-1", "/{s}/notes", {"text": "hello", "color": "red"}, 422, "color"),
    ("nurse-1", "/{s}/notes", b"{not json", 422, "JSON"),
    ("nurse-1", "/{s}/notes", b'{"text": "\xff"}', 422, ""),
    ("nurse-1", "/{s}/notes", [1, 2], 422, "object"),
    ("nurse-1", "/{s}/cuff/not-now", {"minutes": 60}, 422, "15"),
    ("nurse-1", "/{s}/interruption", {"minutes": 60}, 422, "10"),
    ("nurse-1", "/{s}/switch-off", {"rule": "help", "reason": "noisy"}, 409, "never be switched off"),
    ("guide-1", "/{s}/switch-off", {"rule": "spo2-low", "reason": "noisy"}, 403, "medical"),
    ("guide-1", "/{s}/end", {"reason": "over"}, 403, "medical"),
    ("guest-1", "/{s}/notes", {"text": "hello"}, 403, "therapist"),
    ("guest-1", "/{s}/cuff/stop", {}, 403, "therapist"),
    ("nurse-1", "/{s}/checklist", {"item": "pressure"}, 409, "for leaving"),
    ("nurse-1", "/{s}/checklist", {"item": "shoes"}, 422, "item"),
    ("nurse-1", "/{s}/move", {"room": "room-9"}, 409, "choose one of"),
    (
        "nurse-1",
        "/{s}/swap",
        {"old": "cuff-2", "new": "cuff-1", "seen": "cuff-1"},
        409,
        "does not measure here",
    ),
    ("nurse-1", "/{s}/swap", {"old": "cuff-1", "new": "cuff-2", "seen": "4711"}, 409, "label"),
    ("nurse-1", "/{s}/answers", {"question": "dose-given", "answer": "no"}, 409, "asked"),
]


@pytest.mark.parametrize(("who", "path", "body", "status", "says"), REFUSED)
async def test_it_is_refused_with_what_would_be_right_and_nothing_is_done(
    house: House, who: str, path: str, body: Any, status: int, says: str
) -> None:
    async with house.as_("nurse-1") as nurse, house.as_(who) as browser:
        session = await ready(nurse)
        await house.second()
        before = await nurse.get(f"/{session}/entries")
        answer = await browser.client.post(
            f"/api/v1/sessions{path.format(s=session)}", **_content(body, house)
        )
        assert answer.status_code == status, answer.text
        assert says in answer.text
        assert await nurse.get(f"/{session}/entries") == before
        assert [each.session.id for each in house.clinic._seats.monitors()] == [session]


def _content(body: Any, house: House) -> dict[str, Any]:
    if isinstance(body, bytes):
        return {"content": body}
    times = {
        "{ahead}": (house.clock.utc() + timedelta(minutes=5)).isoformat(),
        "{long_ago}": (house.clock.utc() - timedelta(hours=13)).isoformat(),
    }
    if isinstance(body, dict):
        body = {name: times.get(str(value), value) for name, value in body.items()}
    return {"json": body}


async def test_a_dose_with_closed_gates_is_recorded_marked_and_monitored(house: House) -> None:
    async with house.as_("nurse-1") as nurse:
        session = await ready(nurse)
        await nurse.post(f"/{session}/doses", amount=60)
        view = await nurse.get(f"/{session}")
        assert view["phase"] == "onset"
        assert {"baseline", "pressure", "signals"} <= set(view["doses"][0]["closed"])
        assert "dose-reason-1" in {each["question"] for each in view["to_do"]}
        await house.second()
        assert house.clinic._seats.monitors()[0].engine.state.phase == "onset"
        await nurse.post(f"/{session}/answers", question="dose-reason-1", answer="it was late")
        view = await nurse.get(f"/{session}")
        assert view["doses"][0]["reason"] == "it was late"
        answer = await nurse.client.post(f"/api/v1/sessions/{session}/end", json={})
        assert answer.status_code == 409
        assert "say why" in answer.json()["detail"]


async def test_the_same_command_sent_twice_with_its_key_is_done_once(house: House) -> None:
    async with house.as_("nurse-1") as nurse:
        session = await ready(nurse)
        for _ in range(2):
            answer = await nurse.client.post(
                f"/api/v1/sessions/{session}/doses", json={"amount": 60}, headers={"Idempotency-Key": "k-1"}
            )
            assert answer.status_code == 204
        assert len((await nurse.get(f"/{session}"))["doses"]) == 1
