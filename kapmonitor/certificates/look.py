"""Whether a certificate will do: for whom, until when, and whether its key fits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization

SOON = timedelta(days=30)


def fingerprint(certificate: bytes) -> str:
    """SHA-256 in pairs of letters, as phones show it; `certificate` is PEM."""
    digest = x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256())
    return ":".join(f"{byte:02X}" for byte in digest)


def ends(certificate: bytes) -> datetime:
    """Until when it is good (UTC)."""
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc


def mistakes_in(certificate: Path, key: Path, now: datetime) -> list[str]:
    """Why a server cannot use these two files, PEM both."""
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as error:
        return [f"{certificate} is no certificate that can be read: {error}"]
    try:
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        return [f"{key} is no key that can be read: {error}"]
    if private.public_key() != found.public_key():
        return [f"{key} is the key of another certificate than {certificate}"]
    if found.not_valid_after_utc <= now:
        return [f"{certificate} ended on {found.not_valid_after_utc:%Y-%m-%d}; make a new one"]
    return []


def warnings_of(certificate: Path, names: Sequence[str], now: datetime) -> list[str]:
    """What will not work for long, or not for everybody; `names`: by which a server is to be reached."""
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    warnings: list[str] = []
    if found.not_valid_after_utc - now < SOON:
        warnings.append(f"{certificate} ends on {found.not_valid_after_utc:%Y-%m-%d}; make a new one")
    missing = [name for name in names if name not in _names(found)]
    if missing:
        warnings.append(f"{certificate} does not name {', '.join(missing)}; make a new one")
    return warnings


def _names(certificate: x509.Certificate) -> set[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses = found.get_values_for_type(x509.IPAddress)
    return {*found.get_values_for_type(x509.DNSName), *(str(each) for each in addresses)}
