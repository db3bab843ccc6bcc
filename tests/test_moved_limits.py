"""A limit that is moved for one session: tried on its last hour, used, kept over a restart, given back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kapmonitor.documents import SessionState
from kapmonitor.model import DeviceData, Observation, Reading, reading
from kapmonitor.storage.record import Record
from tests.house import Browser, House, url


class Falling(House):
    """A house in which every oximeter says `spo2`."""

    spo2: float = 97

    def _told(self, room: str, data: DeviceData) -> list[Observation]:
        return [
            reading("spo2", self.spo2) if isinstance(one, Reading) and one.quantity == "spo2" else one
            for one in super()._told(room, data)
        ]


async def refused(browser: Browser, path: str, **body: Any) -> tuple[int, str]:
    answer = await browser.client.post(f"/api/v1/sessions{path}", json=body)
    return answer.status_code, str(answer.json()["detail"])


async def test_a_limit_is_tried_used_kept_and_given_back(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        house = Falling(record)
        async with house.as_("nurse-1") as nurse, house.as_("guide-1") as guide:
            at = f"/{await dipped(house, nurse)}"
            limit = {"rule": "spo2-low", "column": "limit", "value": 95, "reason": "always at 97"}
            tried = await nurse.client.post(f"/api/v1/sessions{at}/what-if", json=asked(95))
            assert [each["value"] for each in tried.json()["now"]] == [90]
            assert [each["value"] for each in tried.json()["then"]] == [94, 90]
            assert (
                await nurse.client.post(f"/api/v1/sessions{at}/what-if", json=asked(99))
            ).status_code == 409
            assert (await refused(guide, f"{at}/limits", **limit))[0] == 403
            assert (await refused(guide, f"{at}/what-if", **asked(95)))[0] == 403
            assert (await refused(nurse, f"{at}/limits", **limit | {"value": 99}))[0] == 409
            assert "say why" in (await refused(nurse, f"{at}/limits", **limit | {"reason": " "}))[1]
            await nurse.post(f"{at}/limits", **limit)
            await alarms_below_95(house)
        await house.restart(away_s=20)
        async with house.as_("nurse-1") as nurse:
            [moved] = (await nurse.get(at))["moved"]
            assert (moved["value"], moved["by"], moved["reason"]) == (95, "nurse-1", "always at 97")
            assert house.clinic.view(at[1:]).moved[0].rule == "spo2-low"
            await house.wait(1)
            assert shown(house) == (95, None)
            await nurse.post(f"{at}/limits", rule="spo2-low")
            assert shown(house) is None
            assert (await nurse.get(at))["moved"] == []
            assert "site's already" in (await refused(nurse, f"{at}/limits", rule="spo2-low"))[1]


def asked(value: float) -> dict[str, Any]:
    return {"limits": {"spo2-low": {"limit": value}}}


async def dipped(house: Falling, nurse: Browser) -> str:
    """A session with a minute of 94 % and a minute of 90 % behind it."""
    start = {"room": "room-1", "route": "intramuscular", "drill": True}
    session = (await nurse.post("", **start))["session"]
    await nurse.post(f"/{session}/doses", amount=60, reason="a test")
    for spo2, minutes in ((97, 4), (94, 1), (97, 3), (90, 1), (97, 3)):
        house.spo2 = spo2
        await house.wait(minutes)
    return str(session)


async def alarms_below_95(house: Falling) -> None:
    assert house.alarm("spo2-low").state == "inactive"
    house.spo2 = 94
    await house.wait(0.5)
    now = house.alarm("spo2-low")
    assert (now.state, now.limit) == ("active", 95)
    house.spo2 = 97
    await house.wait(2)
    assert house.alarm("spo2-low").state == "inactive"


def shown(house: House) -> tuple[float | None, float | None] | None:
    """The limits of SpO2 as the newest state document has them."""
    states = [one.payload for one in house.said if isinstance(one.payload, SessionState)]
    return states[-1].limits.get("spo2")
