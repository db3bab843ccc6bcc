"""Disks that are small, full or read-only, and somebody who may not write everything."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

_NOBODY = 65534


@contextmanager
def small(folder: Path, size: str = "1m") -> Iterator[Path]:
    """A real disk of that size, mounted at the new `folder`; only root can, elsewhere the test is skipped."""
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=False)
    if made.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> None:
    """Leave no byte; removing `films` there makes room again."""
    with (folder / "films").open("ab", buffering=0) as films:
        size = 65536
        while size:
            try:
                films.write(bytes(size))
            except OSError:
                size //= 2


@contextmanager
def of_somebody_else() -> Iterator[Path]:
    """A folder in which everybody may read and the tests' own user not write; root is nobody meanwhile."""
    with TemporaryDirectory(prefix="kap-readonly-") as name:
        folder = Path(name)
        try:
            yield folder
        finally:
            if os.geteuid() == _NOBODY:
                os.seteuid(0)
            folder.chmod(0o700)


def give_away(folder: Path) -> None:
    """From now on nobody writes there."""
    for each in folder.iterdir():
        each.chmod(0o444)
    folder.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(_NOBODY)
