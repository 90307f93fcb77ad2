"""Free places, counted per queue: a queue with slots of its own never takes one of the others'."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class _Group(Generic[T]):
    of: int
    taken: int = 0
    waiting: deque[T] = field(default_factory=deque)


class Slots(Generic[T]):
    """Who comes takes a slot of the queue's or waits for one, first come, first served.

    `own` gives queues slots of their own; the other queues of `queues` share `shared`.
    """

    def __init__(self, shared: int, own: Mapping[str, int], queues: tuple[str, ...]) -> None:
        self._lock = Lock()
        common: _Group[T] = _Group(shared)
        self._common, self._groups = (
            common,
            {name: _Group[T](of) for name, of in own.items() if name in queues},
        )
        self._shared_name = ",".join(name for name in queues if name not in self._groups)

    @property
    def total(self) -> int:
        """All slots together."""
        return sum(group.of for group in self._named().values())

    def take(self, queue: str, who: T) -> bool:
        """Return True when `who` got a slot; else it waits, and a later `free` returns it."""
        group = self._groups.get(queue, self._common)
        with self._lock:
            if group.taken < group.of:
                group.taken += 1
                return True
            group.waiting.append(who)
            return False

    def free(self, queue: str) -> T | None:
        """Give a slot back; return who has it now, if anybody waited."""
        group = self._groups.get(queue, self._common)
        with self._lock:
            if group.waiting:
                return group.waiting.popleft()
            group.taken -= 1
            return None

    def taken(self, queue: str) -> int:
        """Count the slots of a queue that are taken, and what waits for one."""
        group = self._groups.get(queue, self._common)
        return group.taken + len(group.waiting)

    def clear(self) -> list[T]:
        """Return all who wait; they wait no more."""
        with self._lock:
            groups = self._named().values()
            gone = [who for group in groups for who in group.waiting]
            for group in groups:
                group.waiting.clear()
        return gone

    def info(self) -> dict[str, dict[str, int]]:
        """Return for each queue, or those that share, how many slots there are, are taken, and are waited for."""
        return {
            name: {"of": group.of, "taken": group.taken, "waiting": len(group.waiting)}
            for name, group in self._named().items()
        }

    def _named(self) -> dict[str, _Group[T]]:
        shared = {self._shared_name: self._common} if self._shared_name or not self._groups else {}
        return {**shared, **self._groups}
