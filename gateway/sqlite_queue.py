"""`JobQueue` in a SQLite file: for processes that share one machine."""

import time
from pathlib import Path

from gateway.sqlite_database import SqliteDatabase

POLL_INTERVAL_S = 0.05
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE
)
"""


class SqliteJobQueue:
    """Polls the file; an id that already waits is not entered twice."""

    def __init__(self, path: Path) -> None:
        self._database = SqliteDatabase(path, SCHEMA, SCHEMA_VERSION, synchronous="NORMAL")

    def publish(self, job_id: str) -> None:
        """Announce a job; an id that already waits may be announced again."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO messages (job_id) VALUES (?)", (job_id,))

    def receive(self, timeout_s: float) -> str | None:
        """Take the oldest id, waiting up to `timeout_s` for one."""
        deadline = time.monotonic() + timeout_s
        while (job_id := self._take()) is None:
            if time.monotonic() >= deadline:
                return None
            time.sleep(POLL_INTERVAL_S)
        return job_id

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _take(self) -> str | None:
        if not self._database.rows("SELECT 1 FROM messages LIMIT 1"):
            return None  # polling must not take the write lock
        with self._database.transaction() as connection:
            row = connection.execute(
                "DELETE FROM messages WHERE number = (SELECT min(number) FROM messages)"
                " RETURNING job_id"
            ).fetchone()
        return None if row is None else row["job_id"]
