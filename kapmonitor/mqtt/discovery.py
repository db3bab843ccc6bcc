"""What Home Assistant has to know to show a site: made of our own documents, one configuration a device.

On request only. Devices and sessions are each a device there; a session's goes with the session. Neither says
who the patient is: a session is its room and seat. It is a view for the house, never an alarm system: Home
Assistant shows what comes, late or not at all. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from kapmonitor.documents import KEPT, STATUS_OFFLINE, STATUS_ONLINE, DeviceInfo, Message, SessionMeta

HERE = "homeassistant/"
"""Topics below this are not below a site's root."""
CONFIGS = f"{HERE}device/+/config"

_QUANTITIES = {
    "spo2": ("SpO2", "%"),
    "pulse_rate": ("Pulse rate", "/min"),
    "heart_rate": ("Heart rate", "/min"),
    "perfusion_index": ("Perfusion index", "%"),
}
_PRESSURES = {"systolic": "Systolic", "diastolic": "Diastolic", "mean": "Mean pressure"}
_OLD_AFTER_S = 10
"""A value that is not renewed is unavailable after this; one comes every second."""

_Component = Mapping[str, object]


class Discovery:
    """Follows what is published; says which configurations that adds and takes away."""

    def __init__(self, root: str) -> None:
        """`root`: the site's tree."""
        self._root = root
        self._prefix = f"kap-{root.rpartition('/')[2]}"
        self._there: dict[str, Message] = {}

    def owns(self, topic: str) -> bool:
        """Whether a configuration is one of this site's, of this run or of one before."""
        return topic.startswith(f"{HERE}device/{self._prefix}-")

    def seen(self, message: Message) -> Iterator[Message]:
        """A publication of the service; the configurations that change by it."""
        match message.topic.split("/"), message.payload:
            case ["device", device, "info"], DeviceInfo() as info:
                yield from self._told(f"device-{device}", self._device(device, info))
            case ["session", session, "meta"], SessionMeta() as meta:
                yield from self._told(f"session-{session}", self._session(session, meta))
            case [("device" | "session") as kind, name, "info" | "meta"], None:
                yield from self._gone(f"{kind}-{name}")
            case _:
                pass

    def end(self) -> list[Message]:
        """Everything goes."""
        return [gone for name in list(self._there) for gone in self._gone(name)]

    def _told(self, name: str, document: Mapping[str, object]) -> Iterator[Message]:
        message = Message(self._topic(name), msgspec.json.encode(document).decode(), KEPT)
        if self._there.get(name) != message:
            self._there[name] = message
            yield message

    def _gone(self, name: str) -> Iterator[Message]:
        if self._there.pop(name, None) is not None:
            yield Message(self._topic(name), None, KEPT)

    def _topic(self, name: str) -> str:
        return f"{HERE}device/{self._prefix}-{name}/config"

    def _device(self, device: str, info: DeviceInfo) -> Mapping[str, object]:
        at = f"{self._root}/device/{device}"
        states: _Component = {"device_class": "enum", "options": ["online", "degraded", "offline"]}
        components: dict[str, _Component] = {
            "state": {"name": "State", "state_topic": f"{at}/status", **states},
            "battery": {
                "name": "Battery",
                "state_topic": f"{at}/info",
                "value_template": "{{ value_json.battery }}",
                "device_class": "battery",
                "unit_of_measurement": "%",
            },
        }
        return self._configuration(
            f"device-{device}", device, info.model or info.driver, info.room, components
        )

    def _session(self, session: str, meta: SessionMeta) -> Mapping[str, object]:
        at = f"{self._root}/session/{session}"
        components: dict[str, _Component] = {
            name: {
                "name": words,
                "state_topic": f"{at}/vitals",
                "value_template": f"{{{{ value_json['values'].get('{name}', {{}}).get('value') }}}}",
                "unit_of_measurement": unit,
                "expire_after": _OLD_AFTER_S,
            }
            for name, (words, unit) in _QUANTITIES.items()
        }
        for name, words in _PRESSURES.items():
            components[name] = {
                "name": words,
                "state_topic": f"{at}/nibp",
                "value_template": f"{{{{ value_json.{name} }}}}",
                "unit_of_measurement": "mmHg",
            }
        marks = [*(["simulated"] if meta.origin == "simulated" else []), *(["drill"] if meta.drill else [])]
        name = " ".join([meta.room, meta.seat, *(f"({each})" for each in marks)])
        return self._configuration(f"session-{session}", name, "session", meta.room, components)

    def _configuration(
        self, name: str, shown: str, model: str, room: str, components: Mapping[str, _Component]
    ) -> Mapping[str, object]:
        ident = f"{self._prefix}-{name}"
        return {
            "dev": {
                "ids": [ident],
                "name": shown,
                "mf": "kapmonitor",
                "mdl": model,
                "sa": room,
            },
            "o": {"name": "kapmonitor"},
            "cmps": {
                key: {"p": "sensor", "unique_id": f"{ident}-{key}", **each}
                for key, each in components.items()
            },
            "availability_topic": f"{self._root}/service/status",
            "payload_available": STATUS_ONLINE,
            "payload_not_available": STATUS_OFFLINE,
            "qos": 1,
        }
