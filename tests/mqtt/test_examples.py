"""The brokers' files in config/ are what `kapmonitor broker-config` makes, without its secrets.

`python -m tests.mqtt.test_examples` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kapmonitor.commands.running import configured
from kapmonitor.mqtt.brokers import mosquitto, nats, rights

CONFIG = Path(__file__).parents[2] / "config"
SECRET = "made-by-broker-config"  # noqa: S105 - stands where a password would
MOSQUITTO = Path("/etc/mosquitto/kapmonitor")
HOSTS = tuple(f"broker-{number}.clinic.example" for number in (1, 2, 3))


def made() -> dict[str, str]:
    """The text of every file, by its name below config/."""
    site = configured(CONFIG / "clinic.example.toml")
    known = rights.users(site.site.id, [each.id for each in site.pagers])
    users = [rights.User(each.name, each.read, each.write, SECRET) for each in known]
    nodes = [
        nats.Node(f"node-{number}", host, Path(f"/etc/kapmonitor-nats/node-{number}"))
        for number, host in enumerate(HOSTS, 1)
    ]
    return {
        "mosquitto/mosquitto.conf": mosquitto.configuration(mosquitto.Place(MOSQUITTO, MOSQUITTO / "data")),
        "mosquitto/kapmonitor.acl": mosquitto.rights(users),
        **{f"nats/{name}.conf": text for name, text in nats.cluster(nodes, users).items()},
    }


@pytest.mark.parametrize("name", made())
def test_the_example_is_what_is_made(name: str) -> None:
    assert (CONFIG / name).read_text(encoding="utf-8") == made()[name]


if __name__ == "__main__":
    for name, text in made().items():
        (CONFIG / name).parent.mkdir(exist_ok=True)
        (CONFIG / name).write_text(text, encoding="utf-8")
