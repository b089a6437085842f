"""One SQLite file, shared by the threads of a process and by several processes."""

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

BUSY_TIMEOUT_S = 15.0


class UnknownDatabaseVersion(Exception):
    """The file was written by another version of the program."""


class SqliteDatabase:
    """WAL journal; each transaction takes the write lock at once, so that none can deadlock."""

    def __init__(
        self, path: Path, schema: str, version: int, synchronous: Literal["FULL", "NORMAL"]
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {synchronous}")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._create(path, schema, version)

    def _create(self, path: Path, schema: str, version: int) -> None:
        with self.transaction() as connection:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found not in (0, version):
                raise UnknownDatabaseVersion(
                    f"{path} has version {found}, but this program reads version {version}."
                )
            for statement in schema.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """Commit when the block ends, roll back when it raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, query: str, *parameters: Any) -> list[sqlite3.Row]:
        """Read without a transaction of one's own."""
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()

    def close(self) -> None:
        """Close the connection; the object is of no more use."""
        with self._lock:
            self._connection.close()
