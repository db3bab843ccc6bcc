"""A configuration is checked completely before anything starts; every mistake is named with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from kapmonitor.config import defaults_dir, examine, load, load_rules, warnings
from kapmonitor.device import LinkKind
from kapmonitor.errors import ConfigError

DRIVERS = {
    "heart-rate-strap": LinkKind.BLE,
    "ble-pulse-oximeter": LinkKind.BLE,
    "ble-blood-pressure": LinkKind.BLE,
    "contec-cms50": LinkKind.SERIAL,
    "suntech-nibp": LinkKind.SERIAL,
}


def written(folder: Path, text: str) -> Path:
    path = folder / "clinic.toml"
    path.write_text(text)
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    return examine(written(folder, text), DRIVERS)[1]


GOOD = """
[site]
id = "north-clinic"
[[rooms]]
id = "room-1"
devices = [
  { id = "strap-1", driver = "heart-rate-strap", address = "C0:00:00:00:00:01" },
  { id = "oximeter-1", driver = "contec-cms50", port = "/dev/serial/by-path/x" },
]
"""


def test_a_good_file_is_loaded(tmp_path: Path) -> None:
    config = load(written(tmp_path, GOOD), DRIVERS)
    assert [device.id for _, device in config.devices] == ["strap-1", "oximeter-1"]
    assert config.mqtt.servers == ()
    assert config.dashboard.bind == "127.0.0.1:8000"


def test_five_mistakes_are_five_lines(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        """
        [site]
        id = "North Clinic"
        [mqtt]
        servers = ["http://broker"]
        [dashboard]
        bind = "127.0.0.1"
        [[rooms]]
        id = "room-1"
        devices = [
          { id = "strap-1", driver = "heart-rate-strip", address = "C0:00:00:00:00:01" },
          { id = "strap-1", driver = "heart-rate-strap" },
        ]
        """,
    )
    said = "\n".join(found)
    for part in (
        "site.id",
        "mqtt.servers",
        "dashboard.bind",
        "heart-rate-strip",
        "either a port",
        "used 2 times",
    ):
        assert part in said
    assert all("clinic.toml" in each for each in found)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('[mqtt]\nservers = ["mqtt://u:secret@127.0.0.1"]', "environment"),
        ('[mqtt]\nservers = ["mqtt://broker.clinic"]', "mqtts://"),
        ('[mqtt]\nservers = "mqtt://127.0.0.1"', "mqtt.servers"),
        ("[mqqt]\nservers = []", "mqqt: no such key"),
        (
            '[[rooms]]\nid = "r"\nseats = ["a", "b"]\ndevices = [{id="x", driver="contec-cms50", port="p"}]',
            "which one",
        ),
        (
            '[[rooms]]\nid = "r"\ndevices = [{id="x", driver="contec-cms50", port="p", seat="b"}]',
            "none of the room",
        ),
        ('[[rooms]]\nid = "r"\n[[rooms]]\nid = "r"', "rooms: id 'r' is used 2 times"),
        ('[dashboard]\nbind = "127.0.0.1:99999"', "dashboard.bind"),
        ('[[rooms]]\nid = "r"\ndevices = [{id="x", driver="contec-cms50", address="p"}]', "is serial"),
        ('[[rooms]]\nid = "r"\ndevices = [{id="x", driver="heart-rate-strap", port="p"}]', "is Bluetooth"),
        ('[[rooms]]\nseats = ["a"]', "rooms[0].id: is missing"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(tmp_path: Path, line: str, says: str) -> None:
    found = mistakes(tmp_path, f'[site]\nid = "north"\n{line}\n')
    assert any(says in each for each in found), found
    assert "secret" not in "\n".join(found)


def test_a_file_that_is_not_there_or_not_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "nothing.toml", DRIVERS)
    with pytest.raises(ConfigError, match="not TOML"):
        load(written(tmp_path, "[site\n"), DRIVERS)


def test_a_port_name_that_will_change_is_warned_of(tmp_path: Path) -> None:
    config = load(written(tmp_path, GOOD.replace("/dev/serial/by-path/x", "/dev/ttyUSB0")), DRIVERS)
    assert "by-path" in warnings(config)[0]


def test_the_shipped_rules_are_found() -> None:
    assert (defaults_dir() / "alarms.toml").exists()
    assert load_rules().rules


def test_the_example_is_good() -> None:
    path = defaults_dir() / "clinic.example.toml"
    config, found = examine(path, DRIVERS)
    assert found == []
    assert config is not None


def test_users_in_the_file_are_told_where_they_are_kept_now(tmp_path: Path) -> None:
    text = '[[users]]\nid = "dr-1"\nrole = "prescriber"\npassword_file = "/x"\n'
    (found,) = mistakes(tmp_path, GOOD + text)
    assert "users: users are kept in the record now" in found
    assert "kapmonitor users add ID --role ROLE" in found


def test_a_time_zone_is_one_that_there_is(tmp_path: Path) -> None:
    found = mistakes(tmp_path, '[site]\nid = "north"\ntimezone = "Vienna"\n')
    assert len(found) == 1
    assert "site.timezone" in found[0]
    assert "Europe/Vienna" in found[0]
