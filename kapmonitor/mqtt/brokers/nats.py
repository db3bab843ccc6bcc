"""nats-server: rights of the users and the configuration of a cluster of three, as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kapmonitor.mqtt.brokers.rights import User

_CLUSTER = """\
# Made by `kapmonitor broker-config`: node {name} of a cluster of {size}. Make it anew rather than edit it.
server_name: {name}
listen: "127.0.0.1:-1" # NATS's own protocol cannot be switched off; no user below may speak it
jetstream {{ store_dir: {store}, max_memory_store: 64MB, max_file_store: 1GB }}
max_payload: 65536
mqtt {{
  listen: "{listen}:{port}"
  ack_wait: "2s" # an alarm nobody confirmed comes again after that
  max_ack_pending: 100
  stream_replicas: {size}
  tls {{ cert_file: {certificate}, key_file: {key} }}
}}
cluster {{
  name: kapmonitor
  listen: "{listen}:{cluster_port}"
  routes: [{routes}]
  tls {{ cert_file: {certificate}, key_file: {key}, ca_file: {ca}, verify: true }}
}}
{authorization}"""


@dataclass(frozen=True, slots=True)
class Node:
    """One server of a cluster: its name, where it is reached, and where it keeps its files."""

    name: str
    host: str
    folder: Path
    data: Path = Path("/var/lib/kapmonitor-nats")
    port: int = 8883
    cluster_port: int = 6222
    listen: str = "0.0.0.0"


def authorization(users: Sequence[User]) -> str:
    """The `authorization` block: every user by MQTT alone, with the same topics as on any other broker."""
    lines = ["authorization {", "  users: ["]
    for user in users:
        publish = _list(user.write) if user.write else '{ deny: ">" }'
        lines += [
            "    {",
            f'      user: {user.name}, password: "{user.password}", allowed_connection_types: ["MQTT"]',
            f"      permissions: {{ publish: {publish}, subscribe: {_list(user.read)} }}",
            "    }",
        ]
    return "\n".join([*lines, "  ]", "}", ""])


def cluster(nodes: Sequence[Node], users: Sequence[User]) -> dict[str, str]:
    """The text of each node's configuration, by its name. Nodes know each other by certificate."""
    routes = ", ".join(f'"nats://{node.host}:{node.cluster_port}"' for node in nodes)
    return {node.name: _configuration(node, len(nodes), routes, users) for node in nodes}


def _configuration(node: Node, size: int, routes: str, users: Sequence[User]) -> str:
    certificates = node.folder / "certificates"
    return _CLUSTER.format(
        name=node.name,
        size=size,
        store=json.dumps(str(node.data)),
        listen=node.listen,
        port=node.port,
        cluster_port=node.cluster_port,
        certificate=json.dumps(str(certificates / "server.crt")),
        key=json.dumps(str(certificates / "server.key")),
        ca=json.dumps(str(certificates / "ca.crt")),
        routes=routes,
        authorization=authorization(users),
    )


def _list(patterns: Sequence[str]) -> str:
    """MQTT patterns as NATS subjects; `a/#` is both `a` and `a.>`."""
    subjects: list[str] = []
    for pattern in patterns:
        subject = pattern.replace("/", ".").replace("+", "*")
        if subject.endswith(".#"):
            subjects += [subject.removesuffix(".#"), subject.removesuffix("#") + ">"]
        else:
            subjects.append(subject)
    return json.dumps(subjects)
