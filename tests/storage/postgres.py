"""A PostgreSQL server of a test's own, where Debian's is installed."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@contextmanager
def server() -> Iterator[str]:
    """The URL of an empty database; it and its server are gone afterwards."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found or find_spec("asyncpg") is None:
        explain = "PostgreSQL is not installed (apt-get install postgresql; pip install asyncpg)"
        if os.environ.get("CI") == "true":
            pytest.fail(explain)
        pytest.skip(explain)
    with TemporaryDirectory(prefix="kap-pg-") as name:
        folder = Path(name)
        other = os.geteuid() == 0  # initdb refuses to run as root
        if other:
            shutil.chown(folder, "postgres", "postgres")
        user = "postgres" if other else getpass.getuser()

        def run(*command: str) -> None:
            full = ("runuser", "-u", "postgres", "--", *command) if other else command
            subprocess.run(full, check=True, cwd=folder, stdout=subprocess.DEVNULL)

        data = str(folder / "data")
        run(str(found[-1] / "initdb"), "-D", data, "-A", "trust", "-E", "UTF8", "--no-sync")
        listen = f"-c listen_addresses='' -c unix_socket_directories={folder}"
        run(str(found[-1] / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", listen, "start")
        try:
            yield f"postgresql+asyncpg://{user}@/postgres?host={folder}"
        finally:
            run(str(found[-1] / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
