"""Purge by Celery's own commands: what they take from the broker must not come back from the rows."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

import django
from celery.app.control import Control
from celery.bin import purge as purge_command
from click import ClickException, get_current_context
from django.utils.module_loading import import_string

from lectern.adapters.celery.broker import broker_call
from lectern.base.errors import LecternError

#: Ends the waiting runs of some queues that existed when the purge began, and returns how many.
PurgeRuns = Callable[[Iterable[str]], int]


def install(begin_path: str) -> None:
    """Let `celery purge` and `app.control.purge` end runs too.

    `begin_path` is the dotted name of a function without arguments that returns a `PurgeRuns`; it is called when a purge
    begins, so that runs accepted later stay, and what it returned when the purge was confirmed and done.
    """

    def begin() -> PurgeRuns:
        django.setup()
        purge_runs: PurgeRuns = import_string(begin_path)()
        return purge_runs

    PurgingControl.begin_purge = staticmethod(begin)
    _wrap_command(begin)


def _wrap_command(begin: Callable[[], PurgeRuns]) -> None:
    original = purge_command.purge.callback

    @functools.wraps(original)
    def callback(*args: Any, **kwargs: Any) -> Any:
        context = get_current_context()
        try:
            purge_runs = begin()
            with broker_call():
                answer = original(*args, **kwargs)  # raises Abort when it is not confirmed
            names = set(kwargs.get("queues") or context.obj.app.amqp.queues) - set(
                kwargs.get("exclude_queues") or ()
            )
            context.obj.echo(f"Ended {purge_runs(names)} waiting runs.")
        except LecternError as exc:
            raise ClickException(str(exc)) from exc
        return answer

    purge_command.purge.callback = callback


class PurgingControl(Control):  # type: ignore[misc]  # Celery has no types
    """`app.control` whose `purge` ends the waiting runs too."""

    #: Set by `install`.
    begin_purge: Callable[[], PurgeRuns]

    def purge(self, connection: Any = None) -> int:
        """Discard all waiting messages and end the runs that wait; return how many messages there were."""
        purge_runs = self.begin_purge()
        messages: int = super().purge(connection)
        purge_runs(self.app.amqp.queues.consume_from)
        return messages

    discard_all = purge
