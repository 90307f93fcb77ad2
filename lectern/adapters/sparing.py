"""Spare a server that does not answer: after some failures in a row nobody asks it for a while, then one caller tries."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from lectern.adapters.absence import Absence
from lectern.base.errors import LecternError


class Sparing:
    """A circuit breaker around calls of one server, as one process has it.

    `failure` is the class of errors that count. Callers meet it at once while the server is spared. The state machine is
    the library's; that a single one tries it out, while the others go on without, is ours. The log is told by `Absence`.
    """

    def __init__(
        self,
        failure: type[LecternError],
        *,
        what: str,
        failures: int = 2,
        pause_seconds: float = 5.0,
    ) -> None:
        # Imported late: an extra, of those who have a server.
        from circuitbreaker import CircuitBreaker

        self._breaker = CircuitBreaker(failures, pause_seconds, expected_exception=failure, name=what)
        self._failure, self._what = failure, what
        self._trial = Lock()
        self.absence = Absence(what)

    @property
    def spares(self) -> bool:
        """True while calls are not made."""
        return bool(self._breaker.state == "open")

    def _spared(self) -> LecternError:
        """Return the error of a call that is not made; it tells why: who looks may be another than who failed."""
        last = self._breaker.last_failure
        why = str(last.args[0]) if isinstance(last, LecternError) else f"{self._what} did not answer."
        hint = last.hint if isinstance(last, LecternError) else "Try again in a moment."
        return self._failure(f"{why} That was a moment ago, and it is not asked for some seconds.", hint=hint)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Make one call, unless the server is spared."""
        state, tries = self._breaker.state, False
        if state != "closed":
            tries = state == "half_open" and self._trial.acquire(blocking=False)
            if not tries:
                self.absence.missed(error := self._spared())
                raise error
        try:
            with self._breaker:
                yield
        except self._failure as exc:
            self.absence.missed(exc)
            raise
        except LecternError:  # an answer too
            self.absence.over()
            raise
        else:
            self.absence.over()
        finally:
            if tries:
                self._trial.release()
