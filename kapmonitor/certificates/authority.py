"""A local certificate authority, and what it signs: certificates for servers and for clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 397
"""Longer is refused by phones."""
_EARLIER = timedelta(days=1)  # for machines whose clock is behind


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate and its key, both as PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """Signs certificates. Its key is worth every password of the site: it belongs on no broker."""

    def __init__(self, kept: Certified | None = None, *, site: str = "") -> None:
        """The authority in `kept`, or a new one for `site`."""
        if kept is None:
            kept = _new_authority(site)
        self.kept = kept
        self._certificate = x509.load_pem_x509_certificate(kept.certificate)
        key = serialization.load_pem_private_key(kept.key, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the key of the authority is of another kind than this program makes")
        self._key = key

    def server(self, hosts: Sequence[str], *, days: int = CERTIFICATE_DAYS) -> Certified:
        """A certificate for a server that is reached under `hosts`, names or addresses.

        Nodes of a cluster show it to each other, so it is good for both sides. `days`: below 0 it has
        expired already, for tests.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([_name(host) for host in hosts])
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = self._builder(hosts[0], key, days).add_extension(names, critical=False)
        return self._signed(builder.add_extension(uses, critical=False), key)

    def client(self, user: str, *, days: int = CERTIFICATE_DAYS) -> Certified:
        """A certificate that a broker takes for the log-in of `user`."""
        key = ec.generate_private_key(ec.SECP256R1())
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        return self._signed(self._builder(user, key, days).add_extension(uses, critical=False), key)

    def _builder(self, name: str, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
        builder = _builder(name, self._certificate.subject, key, days)
        ours = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        return builder.add_extension(ours, critical=False)

    def _signed(self, builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> Certified:
        made = builder.sign(self._key, hashes.SHA256())
        return Certified(made.public_bytes(serialization.Encoding.PEM), _pem(key))


def _new_authority(site: str) -> Certified:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject(f"kapmonitor {site}".strip())
    builder = (
        _builder(f"kapmonitor {site}".strip(), name, key, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signs_only(), critical=True)
    )
    made = builder.sign(key, hashes.SHA256())
    return Certified(made.public_bytes(serialization.Encoding.PEM), _pem(key))


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    end = now + timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, end) - _EARLIER)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signs_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
