"""Limits are proposals until somebody answers for them; a bad file never stops a session that is open."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from kapmonitor.config import rules_text
from tests.end_to_end.processes import Run, kapmonitor
from tests.end_to_end.test_restart import CONFIG
from tests.end_to_end.test_run import logged_in

pytestmark = pytest.mark.timeout(180)
PROPOSALS = "no medical user has signed"


async def problems(service: Run) -> list[str]:
    async with logged_in(service) as browser:
        found: list[str] = (await browser.get("/healthz")).json()["problems"]
        return found


async def must_be_signed_at_the_page(service: Run) -> None:
    """With the password once more, and only the set that was looked at; the start-of-day check sees it."""
    user, password = (await service.until(r"log-in for this run: (\S+) / (\S+)")).groups()
    async with logged_in(service) as browser:
        shown = (await browser.get("/api/v1/limits")).json()
        assert (shown["signed"], shown["differences"]) == (None, None)
        body = {"hash": shown["hash"], "name": "Dr. B. Example", "password": password}
        for change, code in (({"password": "wrong"}, 403), ({"hash": "0" * 64}, 409), ({"name": " "}, 422)):
            assert (await browser.post("/api/v1/limits/sign", json=body | change)).status_code == code
        assert PROPOSALS in " ".join(await problems(service))
        assert (await browser.post("/api/v1/limits/sign", json=body)).status_code == 204
        shown = (await browser.get("/api/v1/limits")).json()
        assert (shown["signed"]["name"], shown["differences"]) == ("Dr. B. Example", [])
        check = (await browser.post("/api/v1/start-of-day", json={"sound": "heard"})).json()
        well = {each["name"]: each["well"] for each in check["points"]}
        assert (well["limits"], well["recording"], well["sound"]) == (True, True, True)
        assert check["last_by"] == user
        assert (await browser.get("/api/v1/start-of-day")).json()["last_found"] == check["last_found"]
    assert PROPOSALS not in " ".join(await problems(service))


async def test_signing_ends_the_banner_and_a_bad_file_leaves_the_signed_limits_in_force(
    tmp_path: Path,
) -> None:
    config, limits = tmp_path / "clinic.toml", tmp_path / "alarms.toml"
    config.write_text(CONFIG)
    limits.write_text(rules_text())
    env = {"XDG_STATE_HOME": str(tmp_path)}
    arguments = ["--config", str(config)]
    async with kapmonitor("run", *arguments, env=env) as service:
        assert PROPOSALS in " ".join(await problems(service))
        await must_be_signed_at_the_page(service)
        assert await service.interrupt() == 0
    async with kapmonitor("sign-limits", *arguments, "--by", "Dr. A. Example", env=env) as signing:
        assert await signing.ended() == 0
        assert "signed by Dr. A. Example" in signing.printed
    async with kapmonitor("run", *arguments, env=env) as service:
        assert PROPOSALS not in " ".join(await problems(service))
        async with logged_in(service) as browser:
            await browser.post("/api/v1/sessions", json={"room": "room-1", "route": "sublingual"})
        os.kill(service.process.pid, signal.SIGKILL)
        await service.gone()
    limits.write_text(rules_text().replace("limit = 92", 'limit = "high"'))
    async with kapmonitor("run", *arguments, env=env) as service:
        [note] = [each for each in await problems(service) if "alarm limits" in each]
        assert "Dr. A. Example" in note
        assert "spo2-low" in note
        async with logged_in(service) as browser:
            for session in [each["session"]["id"] for each in (await browser.get("/api/v1/rooms")).json()]:
                await browser.post(f"/api/v1/sessions/{session}/end")
        assert await service.interrupt() == 0
    async with kapmonitor("run", *arguments, env=env) as service:
        assert await service.ended() == 2
        assert "spo2-low" in service.printed
