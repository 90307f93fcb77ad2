"""Patience: how long one question, or the writing of one document, waits for a server over all its calls: it makes several."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, cast

from lectern.tutor.ports.passages import PassageIndex

#: What a question may wait for a server in all; then it is answered without, within two seconds.
QUESTION_SECONDS = 1.2
#: What a document may wait for it to be written, and how much longer for each of its passages. A loaded server takes a tenth.
_DOCUMENT_SECONDS, _PASSAGE_SECONDS = 10.0, 0.1
#: The longest: after a quarter of an hour what was written is taken for left over.
_WRITING_SECONDS = 600.0


class Patience:
    """What is left of some seconds. Calls that are made at once, from several threads, take their time together."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._left, self._clock = seconds, clock
        self._lock, self._waiting, self._since = Lock(), 0, 0.0

    @property
    def left(self) -> float:
        """Seconds that may still be waited."""
        with self._lock:
            return max(0.0, self._left - (self._clock() - self._since if self._waiting else 0.0))

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time of a call."""
        with self._lock:
            if not self._waiting:
                self._since = self._clock()
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
                if not self._waiting:
                    self._left -= self._clock() - self._since


_here: ContextVar[Patience | None] = ContextVar("patience", default=None)


@contextmanager
def waiting_at_most(patience: Patience) -> Iterator[None]:
    """Have all calls of servers in here wait of that."""
    token = _here.set(patience)
    try:
        yield
    finally:
        _here.reset(token)


def for_writing(passages: int) -> Patience:
    """Return the patience for a document of so many passages, or so many vectors."""
    return Patience(min(_DOCUMENT_SECONDS + _PASSAGE_SECONDS * passages, _WRITING_SECONDS))


@contextmanager
def patiently(seconds: float) -> Iterator[float]:
    """Make a call of a server that may take `seconds`; yield how many it may take, as who makes it has patience left."""
    patience = _here.get()
    if patience is None:
        yield seconds
        return
    left = min(seconds, patience.left)
    with patience.waiting():
        yield left


class PatientIndex:
    """Stands for `index` during one question: all that this waits for a server, it waits of the same seconds."""

    def __init__(self, index: PassageIndex, seconds: float = QUESTION_SECONDS) -> None:
        self._index, self._patience = index, Patience(seconds)

    def __getattr__(self, name: str) -> Any:
        """Return a method of the index."""
        method = getattr(self._index, name)

        def call(*given: Any) -> Any:
            with waiting_at_most(self._patience):
                return method(*given)

        return call


def for_a_question(index: PassageIndex) -> PassageIndex:
    """Return an index for one question."""
    return cast("PassageIndex", PatientIndex(index))
