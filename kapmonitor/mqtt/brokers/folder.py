"""The folder that a broker is started from: configuration, rights, passwords and certificates.

Made again, it keeps what people and devices know already: the authority and everybody's password.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kapmonitor.certificates.files import authority_in, write_certified, write_private
from kapmonitor.errors import KapmonitorError
from kapmonitor.mqtt.brokers import mosquitto, nats, rights
from kapmonitor.mqtt.brokers.rights import User


class BrokerFolder:
    """Writes into `folder`; every file is readable by its owner alone."""

    def __init__(self, folder: Path, site: str, pagers: Sequence[str]) -> None:
        """Log-ins for the service, a reader and `pagers` of `site`: those that are there, else new ones.

        Raises:
            KapmonitorError: the folder cannot be written.
        """
        self.folder = folder.resolve()
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o711)  # the broker's user goes through it
            self.users = [self._known(each) for each in rights.users(site, pagers)]
            self.authority = authority_in(self.folder, site)
            for user in self.users:
                self._write(f"logins/{user.name}", f"{user.password}\n")
        except OSError as error:
            raise KapmonitorError(
                f"{folder}: cannot be written ({error.strerror}); check its rights"
            ) from None

    def mosquitto(self, hosts: Sequence[str], place: mosquitto.Place) -> Path:
        """Everything for mosquitto, which clients reach under `hosts`; the configuration's path."""
        write_certified(self.folder, "certificates/server", self.authority.server(hosts))
        (self.folder / place.data).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write("kapmonitor.acl", mosquitto.rights(self.users))
        self._write("kapmonitor.passwords", mosquitto.passwords(self.users))
        if place.client_certificates:
            for user in self.users:
                made = self.authority.client(user.name)
                self._write(f"clients/{user.name}.pem", (made.certificate + made.key).decode())
        return self._write("mosquitto.conf", mosquitto.configuration(place))

    def cluster(self, nodes: Sequence[nats.Node]) -> list[Path]:
        """Everything for a NATS cluster: a folder for each node, to be taken to its machine."""
        texts = nats.cluster(nodes, self.users)
        for node in nodes:
            write_certified(
                self.folder, f"{node.name}/certificates/server", self.authority.server([node.host])
            )
            self._write(f"{node.name}/certificates/ca.crt", self.authority.kept.certificate.decode())
        return [self._write(f"{node.name}/nats.conf", texts[node.name]) for node in nodes]

    def _known(self, user: User) -> User:
        path = self.folder / "logins" / user.name
        return replace(user, password=path.read_text().strip()) if path.exists() else user

    def _write(self, name: str, text: str) -> Path:
        return write_private(self.folder / name, text)
