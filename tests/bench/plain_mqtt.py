"""Plain paho in processes of its own: a subscriber that reads everything, and a publisher as the floor.

`python -m tests.bench.plain_mqtt read URL [PATTERN]` says `true` once it is subscribed to PATTERN, by default
`kap/v1/#`; at the end of its standard input it says which `.../event` and `.../page` messages came: (topic,
payload, monotonic s). `... write URL [TOPIC]` publishes each line of its standard input to TOPIC (`FLOOR`) at
QoS 1, nothing of ours in between; it says `true` once it is connected and, after each line, when it did
(monotonic s).
"""

from __future__ import annotations

import sys
import time
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

FLOOR = "kap/v1/bench/floor/event"


class Heard(msgspec.Struct, array_like=True):
    """One message, and when it came (monotonic s)."""

    topic: str
    payload: str
    at: float


def main(role: str, url: str, topic: str = "") -> None:
    """Be a reader or a writer."""
    parts = urlsplit(url)
    client = Client(CallbackAPIVersion.VERSION2)
    if parts.username is not None:
        client.username_pw_set(parts.username, parts.password)
    ready = Event()
    if role == "read":
        heard = _collect(client, ready, topic or "kap/v1/#")
        client.connect(parts.hostname or "", parts.port or 1883)
        client.loop_start()
        ready.wait()
        _say(value=True)
        sys.stdin.read()
        client.loop_stop()
        _say(value=heard)
    else:
        client.on_connect = lambda *_: ready.set()
        client.connect(parts.hostname or "", parts.port or 1883)
        client.loop_start()
        ready.wait()
        _say(value=True)
        _write(client, topic or FLOOR)
        client.loop_stop()


def _collect(client: Client, ready: Event, pattern: str) -> list[Heard]:
    heard: list[Heard] = []

    def keep(_client: Client, _data: Any, message: MQTTMessage) -> None:
        now = time.monotonic()
        if message.topic.endswith(("/event", "/page")):
            heard.append(Heard(message.topic, message.payload.decode(), now))

    def subscribe(*_: object) -> None:
        client.subscribe(pattern, qos=1)

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = keep
    return heard


def _write(client: Client, topic: str) -> None:
    for line in sys.stdin:
        now = time.monotonic()
        client.publish(topic, line.strip(), qos=1).wait_for_publish()
        _say(value=now)


def _say(*, value: object) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
