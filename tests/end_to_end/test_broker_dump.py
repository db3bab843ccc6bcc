"""Everything that a whole session puts on the broker, read by somebody who may read all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.processes import kapmonitor, subscribed
from tests.end_to_end.test_run import SESSION, logged_in

pytestmark = pytest.mark.timeout(180)
CODE, NUMBER, WORDS = "CLIENT-CODE-7Q", "NUMBER-4711", "words of a person"


async def test_no_client_no_free_text_and_no_password_is_ever_on_the_broker(tmp_path: Path) -> None:
    """Topics and payloads alike. Nothing is measured: alarms about that are raised as well."""
    config = tmp_path / "clinic.toml"
    config.write_text("""
[site]
id = "north-clinic"
[dashboard]
bind = "127.0.0.1:0"
[[rooms]]
id = "room-1"
[[pagers]]
id = "nurse-1"
""")
    async with kapmonitor("run", "--config", str(config), env={"XDG_STATE_HOME": str(tmp_path)}) as service:
        broker = (await service.until(r"broker: (mqtt://\S+)"))[1]
        pager = (await service.until(r"pager:\s+\S+ pager .*mqtt://nurse-1:(\w+)@"))[1]
        password = (await service.until(r"log-in for this run: \S+ / (\S+)"))[1]
        async with logged_in(service) as browser, subscribed(broker) as heard:
            person = {"code": CODE, "number": NUMBER}
            started = await browser.post(
                "/api/v1/sessions", json={**SESSION, "drill": True, "client": person}
            )
            assert started.status_code == 201
            session = f"/api/v1/sessions/{started.json()['session']}"
            for path, body in (
                ("notes", {"text": f"a note in {WORDS}"}),
                ("events", {"kind": "help", "text": f"help in {WORDS}"}),
                ("interventions", {"what": f"done in {WORDS}", "recheck_min": 5}),
                ("doses", {"amount": 60, "reason": f"a dose in {WORDS}"}),
            ):
                answer = await browser.post(f"{session}/{path}", json=body)
                assert answer.status_code in (200, 201, 204, 409), answer.text
            await heard.until(r"/alarm/[a-z0-9-]+/event$", name="help")
            await browser.post(f"{session}/end", json={"reason": f"ended in {WORDS}"})
            await heard.until(r"/session/.*/state$")
            dump = "\n".join(f"{topic} {payload.decode()}" for topic, payload in heard.seen)
    for secret in (CODE, NUMBER, WORDS, pager, password, broker.split(":")[2].split("@")[0]):
        assert secret.lower() not in dump.lower()
