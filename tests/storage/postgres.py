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


class Server:
    """A server and its databases; it can go away and come back."""

    def __init__(self, programs: Path, folder: Path) -> None:
        """Its data and its socket are in `folder`; `programs` is where initdb is."""
        self._programs, self._folder = programs, folder
        self._other = os.geteuid() == 0  # initdb refuses to run as root
        if self._other:
            shutil.chown(folder, "postgres", "postgres")
        self._user = "postgres" if self._other else getpass.getuser()
        self._databases = 0
        self._run("initdb", "-D", self._data, "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        """It answers when this is done."""
        listen = f"-c listen_addresses='' -c unix_socket_directories={self._folder}"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", self._data, "-w", "-l", log, "-o", listen, "start")

    def stop(self) -> None:
        """At once, as a power cut does: what it has said to be written is found in its log at the start."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "stop")

    def database(self) -> str:
        """The URL of a new one, empty."""
        self._databases += 1
        name = f"record_{self._databases}"
        self._run("createdb", "-h", str(self._folder), name)
        return f"postgresql+asyncpg://{self._user}@/{name}?host={self._folder}"

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        command = (str(self._programs / program), *arguments)
        full = ("runuser", "-u", "postgres", "--", *command) if self._other else command
        subprocess.run(full, check=True, cwd=self._folder, stdout=subprocess.DEVNULL)


@contextmanager
def server() -> Iterator[Server]:
    """One that runs; it and its data are gone afterwards."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found or find_spec("asyncpg") is None:
        explain = "PostgreSQL is not installed (apt-get install postgresql; pip install asyncpg)"
        if os.environ.get("CI") == "true":
            pytest.fail(explain)
        pytest.skip(explain)
    with TemporaryDirectory(prefix="kap-pg-") as name:
        there = Server(found[-1], Path(name))
        there.start()
        try:
            yield there
        finally:
            there.stop()
