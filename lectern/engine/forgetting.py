"""Forget: results after a while, rows after a longer while. Run by beat; nothing that safety depends on."""

from collections.abc import Callable
from uuid import UUID

from lectern.engine.options import EngineOptions
from lectern.engine.ports import Retention

#: Rows a statement: no long write lock on SQLite.
_AT_ONCE = 200

#: A key stays that much longer than it is valid, so that none goes while somebody reads it.
KEYS_MARGIN_SECONDS = 3600


def forget(
    retention: Retention, drop_checkpoints: Callable[[list[UUID]], object], options: EngineOptions
) -> tuple[int, int]:
    """Clear expired results with their checkpoints, delete old tombstones and keys; return the first two counts."""
    cleared = 0
    while run_ids := retention.drop_results(options.result_expires_seconds, _AT_ONCE):
        drop_checkpoints(run_ids)
        cleared += len(run_ids)
    deleted = 0
    while gone := retention.drop_rows(options.tombstone_seconds, _AT_ONCE):
        deleted += gone
    while retention.drop_keys(options.idempotency_seconds + KEYS_MARGIN_SECONDS, _AT_ONCE):
        pass
    return cleared, deleted
