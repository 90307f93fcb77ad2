"""`ModelSlots` of one process, for installations without a Valkey: each worker then counts for itself."""

from threading import Lock
from uuid import uuid4


class LocalSlots:
    """At most `slots` calls at once in this process; they end with it."""

    def __init__(self, *, slots: int) -> None:
        self._slots, self._taken, self._lock = slots, set[str](), Lock()

    def take(self) -> str | None:
        """Add a slot, unless there are enough."""
        with self._lock:
            if len(self._taken) >= self._slots:
                return None
            slot = str(uuid4())
            self._taken.add(slot)
            return slot

    def give_back(self, slot: str) -> None:
        """Remove a slot."""
        with self._lock:
            self._taken.discard(slot)
