"""Where certificates and keys lie: in one folder, each file for its owner alone; the authority stays."""

from __future__ import annotations

from pathlib import Path

from kapmonitor.certificates.authority import Authority, Certified
from kapmonitor.errors import KapmonitorError

CERTIFICATE = "certificates/ca.crt"
KEY = "authority/ca.key"


def write_private(path: Path, text: str) -> Path:
    """Write a file that is new, and that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path


def write_certified(folder: Path, name: str, made: Certified) -> None:
    """`name`.crt and `name`.key below `folder`."""
    write_private(folder / f"{name}.crt", made.certificate.decode())
    write_private(folder / f"{name}.key", made.key.decode())


def authority_in(folder: Path, site: str) -> Authority:
    """The authority that lies in `folder`; a new one for `site` where there is none.

    Raises:
        KapmonitorError: its key was taken away. A new one would be trusted by nobody who trusts this one.
    """
    certificate, key = folder / CERTIFICATE, folder / KEY
    if certificate.exists() and key.exists():
        return Authority(Certified(certificate.read_bytes(), key.read_bytes()))
    if certificate.exists():
        raise KapmonitorError(
            f"{key} is not there: bring it back for a moment. Without it, remove {certificate}; then there "
            "will be a new authority, and every phone, pager and program has to be given that one."
        )
    made = Authority(site=site)
    write_private(certificate, made.kept.certificate.decode())
    write_private(key, made.kept.key.decode())
    return made
