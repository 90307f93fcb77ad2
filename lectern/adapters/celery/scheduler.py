"""Celery's scheduler, with a sign of life."""

from pathlib import Path
from typing import Any

from celery.beat import PersistentScheduler

from lectern.base.heartbeat import renew


class Scheduler(PersistentScheduler):  # type: ignore[misc]  # Celery has no types
    """Renews the heartbeat file at each look at what is due, so at least every `beat_max_loop_interval` seconds."""

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due; return the seconds until the next look."""
        wait = super().tick(*args, **kwargs)
        file: Path | None = self.app.conf["heartbeat_file"]
        renew(file)
        return wait
