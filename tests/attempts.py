"""Claims of runs without an engine: who writes checkpoints on either SQL, and who lost the right to."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import psycopg

from lectern.engine.resuming import AttemptSaver, Checkpointer

#: The columns of a run's row that checkpoints know.
_ROWS = """CREATE TABLE IF NOT EXISTS lectern_run (
    id uuid PRIMARY KEY, token uuid, status text, attempt int,
    checkpoint_id text NOT NULL DEFAULT '', subgraph_heads jsonb, fingerprint text NOT NULL DEFAULT '')"""
_CLAIM = """INSERT INTO lectern_run (id, token, status, attempt) VALUES (%s, %s, 'running', 1)
    ON CONFLICT (id) DO UPDATE SET token = excluded.token, attempt = lectern_run.attempt + 1
    RETURNING attempt, checkpoint_id, subgraph_heads, fingerprint"""


@dataclass
class Runs:
    """Rows of runs: in `conninfo`'s PostgreSQL, else in memory, as SQLite's checkpoints do not look at them."""

    open: Callable[[], AbstractAsyncContextManager[Checkpointer]]
    conninfo: str = ""
    attempts: dict[UUID, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.conninfo:
            with psycopg.connect(self.conninfo, autocommit=True) as connection:
                connection.execute(_ROWS)

    async def claim(self, saver: Checkpointer, run_id: UUID, fingerprint: str = "shape") -> AttemptSaver:
        """Give the run to another attempt: from now on the ones before write nothing that can be found."""
        return await saver.attempt(self.claimed(run_id), fingerprint)

    def claimed(self, run_id: UUID, token: UUID | None = None, fingerprint: str = "") -> Any:
        """Return a run as a claim returns it."""
        token = token or uuid4()
        values: dict[str, Any] = {"checkpoint_id": "", "subgraph_heads": {}, "fingerprint": fingerprint}
        self.attempts[run_id] = self.attempts.get(run_id, 0) + 1
        if self.conninfo:
            with psycopg.connect(self.conninfo, autocommit=True) as connection:
                row = connection.execute(_CLAIM, [run_id, token]).fetchone()
            assert row
            self.attempts[run_id] = row[0]
            heads = json.loads(row[2]) if isinstance(row[2], str) else row[2] or {}
            values = {
                "checkpoint_id": row[1],
                "subgraph_heads": heads,
                "fingerprint": row[3] or fingerprint,
            }
        return SimpleNamespace(id=run_id, token=token, attempt=self.attempts[run_id], **values)
