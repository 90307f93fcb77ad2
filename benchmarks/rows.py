"""Looks at Lectern's rows from outside, by plain SQL: what the service tells of itself is what is measured."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

#: Statuses of `lectern_run` that never change again.
ENDED = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """A run's row. Times are seconds since 1970 by the store's clock."""

    seq: int
    id: str
    status: str
    attempt: int
    thread: str | None
    error: str
    error_code: str
    created_at: float
    started_at: float | None
    finished_at: float | None


class Rows:
    """The rows behind a DATABASE_URL, or of the SQLite file in `var` when there is none. One thread at a time."""

    def __init__(self, var: Path, database_url: str) -> None:
        self._file, self._url = var / "lectern.sqlite3", database_url
        self._connection: Any = None

    def statuses(self) -> dict[str, int]:
        """Count runs by status."""
        return dict(self._ask("SELECT status, count(*) FROM lectern_run GROUP BY status"))

    def ended(self) -> int:
        """Count runs that ended."""
        counts = self.statuses()
        return sum(counts.get(status, 0) for status in ENDED)

    def runs(self) -> list[RunFacts]:
        """Return all runs in the order of their submission."""
        columns = (
            "seq, id, status, attempt, thread_id, error, error_code, created_at, started_at, finished_at"
        )
        return [_facts(*row) for row in self._ask(f"SELECT {columns} FROM lectern_run ORDER BY seq")]

    def most_attempts(self) -> int:
        """Return the attempts of the run that had most."""
        return int(self._ask("SELECT coalesce(max(attempt), 0) FROM lectern_run")[0][0])

    def claimed_by(self, pid: int) -> int:
        """Count runs that the worker of process `pid` holds."""
        asked = f"SELECT count(*) FROM lectern_run r JOIN lectern_worker w ON r.worker_id = w.id WHERE r.status = 'running' AND w.pid = {pid:d}"
        return int(self._ask(asked)[0][0])

    def oldest_heartbeat(self) -> float:
        """Return the age in seconds of the oldest sign of life among the workers' rows."""
        if self._url:
            asked = "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(heartbeat_at)), 0) FROM lectern_worker"
            return float(self._ask(asked)[0][0])
        oldest = self._ask("SELECT min(heartbeat_at) FROM lectern_worker")[0][0]
        return datetime.now(UTC).timestamp() - (_seconds(oldest) or 0) if oldest else 0.0

    def sql_connections(self, program: str) -> int:
        """Count a program's connections to this database, by its PGAPPNAME; 0 on SQLite."""
        if not self._url:
            return 0
        named = f"datname = current_database() AND application_name = '{program}'"
        asked = f"SELECT count(*) FROM pg_stat_activity WHERE {named}"
        return int(self._ask(asked)[0][0])

    def close(self) -> None:
        """Drop the connection; the next look opens another one."""
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _ask(self, asked: str) -> Sequence[Any]:
        try:
            self._connection = self._connection or self._open()
            found: Sequence[Any] = self._connection.execute(asked).fetchall()
            return found
        except Exception:
            self.close()
            raise

    def _open(self) -> Any:
        if not self._url:
            return sqlite3.connect(
                f"file:{self._file}?mode=ro", uri=True, timeout=10, check_same_thread=False
            )
        import psycopg

        return psycopg.connect(self._url, autocommit=True, connect_timeout=3, application_name="looking")


def _facts(
    seq: int, run_id: Any, status: str, attempt: int, thread: Any, error: str, code: str, *times: Any
) -> RunFacts:
    created, started, finished = map(_seconds, times)
    return RunFacts(
        seq=seq, id=str(UUID(str(run_id))), status=status, attempt=attempt, thread=str(thread) if thread else None,
        error=error, error_code=code, created_at=created or 0.0, started_at=started, finished_at=finished,
    )  # fmt: skip


def _seconds(time: Any) -> float | None:
    if time is None:
        return None
    moment = datetime.fromisoformat(time) if isinstance(time, str) else time
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
