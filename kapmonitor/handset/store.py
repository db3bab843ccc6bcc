"""The pager's file: facts, one after the other, each on the disk before anything is answered."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kapmonitor.errors import KapmonitorError
from kapmonitor.pager.facts import Fact, worth_keeping

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (number INTEGER PRIMARY KEY, fact TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS words (name TEXT PRIMARY KEY, word TEXT NOT NULL);
"""


class Store:
    """The facts of one pager, in SQLite with a full flush at every commit. One process at a time.

    A commit takes milliseconds and is awaited by nobody else: it may block.
    """

    def __init__(self, folder: Path, pager: str) -> None:
        """Open the file of `pager` in `folder`; what is long over goes.

        Raises:
            KapmonitorError: it cannot be used, or another process uses it.
        """
        self._path = folder / f"{pager}.pager"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._database = sqlite3.connect(self._path, isolation_level=None, timeout=1.0)
            self._path.chmod(0o600)
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from None

    def _prepare(self) -> None:
        self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("BEGIN EXCLUSIVE")
        self._database.execute("COMMIT")
        self._database.executescript(_TABLES)
        known = self.facts()
        kept = worth_keeping(known, datetime.now(UTC))
        if len(kept) < len(known):
            self._replace(kept)

    def _replace(self, facts: Sequence[Fact]) -> None:
        self._database.execute("BEGIN")
        self._database.execute("DELETE FROM facts")
        self._insert(facts)
        self._database.execute("COMMIT")

    def _insert(self, facts: Sequence[Fact]) -> None:
        rows = [(msgspec.json.encode(fact).decode(),) for fact in facts]
        self._database.executemany("INSERT INTO facts (fact) VALUES (?)", rows)

    def facts(self) -> list[Fact]:
        """All of them, in their order."""
        with closing(self._database.execute("SELECT fact FROM facts ORDER BY number")) as rows:
            return [msgspec.json.decode(row[0], type=Fact) for row in rows]

    def add(self, facts: Sequence[Fact]) -> None:
        """Have `facts` on the disk, all or none.

        Raises:
            KapmonitorError: they are not.
        """
        try:
            self._database.execute("BEGIN")
            try:
                self._insert(facts)
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:  # a full disk ends it by itself
                    self._database.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def word(self, name: str, first: str = "") -> str:
        """What was kept under `name`; `first` where nothing was."""
        with closing(self._database.execute("SELECT word FROM words WHERE name = ?", (name,))) as rows:
            found = rows.fetchone()
        return str(found[0]) if found else first

    def keep_word(self, name: str, word: str) -> None:
        """Keep `word` under `name`."""
        self._database.execute("INSERT OR REPLACE INTO words VALUES (?, ?)", (name, word))

    def client_id(self) -> str:
        """The MQTT client id under which a broker keeps what this pager missed: the same for ever."""
        found = self.word("client") or f"kap-pager-{secrets.token_hex(4)}"
        self.keep_word("client", found)
        return found

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _unusable(self, error: Exception) -> KapmonitorError:
        if "locked" in str(error):
            return KapmonitorError(f"{self._path} is in use: this pager runs already; end that one first")
        return KapmonitorError(f"{self._path} cannot be written ({error}); free the disk or choose --store")
