"""Scanning and enrolling, as whoever sets a room up does it: a real process on a virtual radio."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.clock import Clock
from kapmonitor.commands.enrol import enrol
from kapmonitor.config.enrol import enrolled, free_id
from kapmonitor.errors import ConfigError
from simulators.ble_oximeters import BerryMed
from simulators.polar_h10 import PolarH10
from simulators.radio import Radio
from tests.bluetooth import OXIMETER, STRAP, on_air, person
from tests.end_to_end.processes import kapmonitor

pytestmark = pytest.mark.timeout(180)
CONFIG = """\
# Ward B, since March
[site]
id = "ward-b"   # not the other one

[[rooms]]
id = "room-1"
devices = [
  { id = "strap-1", driver = "heart-rate-strap", address = "C0:00:00:00:00:77" },  # the blue one
]

[[rooms]]
id = "room-2"
seats = ["a", "b"]
"""


@asynccontextmanager
async def ward() -> AsyncIterator[str]:
    """Two devices in reach; where a scanner finds them."""
    clock = Clock()
    strap, oximeter = PolarH10(person(clock), clock, seed=1), BerryMed(person(clock), clock, seed=1)
    strap.name = "Polar H10 [/b]\n]"  # whatever stands in a name is only a name
    async with Radio() as radio, on_air(radio, (strap, STRAP), (oximeter, OXIMETER)):
        yield f"tcp-client:127.0.0.1:{await radio.serve_hci('127.0.0.1', 0)}"


async def run(*arguments: str) -> tuple[int, str]:
    async with kapmonitor(*arguments) as process:
        return await process.ended(), process.printed


async def test_what_is_found_is_enrolled_and_the_file_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(CONFIG, encoding="utf-8")
    path.chmod(0o640)
    here = ["--config", str(path), "--seconds", "2"]
    async with ward() as transport:
        code, printed = await run("scan", "--seconds", "2", "--transport", transport)
        assert code == 0
        assert f'{{ id = "strap-1", driver = "polar-h10", address = "{STRAP}" }},' in printed
        assert "Polar H10 [/b]?]\n" in printed, "a comment ends at its line's end"
        assert f'{{ id = "oximeter-1", driver = "berrymed-ble", address = "{OXIMETER}" }},' in printed
        code, printed = await run("enrol", STRAP, *here, "--room", "room-1", "--transport", transport)
        assert code == 0, printed
    code, printed = await run(
        "enrol", "/dev/ttyX", *here, "--room", "room-2", "--seat", "b", "--driver", "bci-oximeter"
    )
    assert code == 0, printed
    text = path.read_text(encoding="utf-8")
    assert [each for each in CONFIG.splitlines() if each not in text] == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    one, two = tomllib.loads(text)["rooms"]
    assert one["devices"][1] == {"id": "strap-2", "driver": "polar-h10", "address": STRAP}
    assert two["devices"] == [
        {"id": "oximeter-1", "driver": "bci-oximeter", "port": "/dev/ttyX", "seat": "b"}
    ]


@pytest.mark.parametrize(
    ("where", "room", "driver", "said"),
    [
        ("/dev/ttyY", "room-9", "bci-oximeter", "room-1, room-2"),
        ("C0:00:00:00:00:77", "room-1", "polar-h10", "already"),
        ("/dev/ttyY", "room-2", "bci-oximeter", "seat"),
        ("/dev/ttyY", "room-1", "no-such", "contec-cms50"),
        ("/dev/ttyY", "room-1", "", "name the driver"),
    ],
)
def test_what_cannot_be_enrolled_says_why_and_changes_nothing(
    tmp_path: Path, where: str, room: str, driver: str, said: str
) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(CONFIG, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        enrol(where, path, room=room, driver=driver)
    assert path.read_text(encoding="utf-8") == CONFIG
    assert [*tmp_path.iterdir()] == [path]


ROOMS = st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True)


@given(ROOMS, st.data())
def test_any_file_keeps_every_line_and_gains_one_device(numbers: list[int], data: st.DataObject) -> None:
    """Devices in one line, in lines of their own, as tables, or none at all."""
    shapes = (
        "",
        "devices = []\n",
        'devices = [{ id = "d-N", driver = "x" }]  # one\n',
        'devices = [\n  { id = "d-N", driver = "x" },\n  # two\n]\n',
        '[[rooms.devices]]\nid = "d-N"\ndriver = "x"\n',
    )
    blocks = [
        f'[[rooms]]\nid = "room-{n}"\n' + data.draw(st.sampled_from(shapes)).replace("N", str(n))
        for n in numbers
    ]
    text = "# head\n" + "\n".join(blocks)
    room = f"room-{data.draw(st.sampled_from(numbers))}"
    device = {"id": free_id(text, "strap"), "driver": "polar-h10", "address": "C0:00:00:00:00:01"}
    before, after = tomllib.loads(text), tomllib.loads(enrolled(text, room, device))
    for old, new in zip(before["rooms"], after["rooms"], strict=True):
        more = [device] if old["id"] == room else []
        assert new.get("devices", []) == old.get("devices", []) + more
    with pytest.raises(ConfigError, match="already"):
        enrolled(enrolled(text, room, device), room, device)
