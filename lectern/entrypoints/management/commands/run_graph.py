"""`manage.py run_graph NAME --input '{…}'`: run a graph of one's own, and look at it or cancel it later."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from lectern.bootstrap import lectern
from lectern.engine.domain.queues import Queues
from lectern.engine.domain.run import Run, RunStatus
from lectern.entrypoints import graphs
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.progress import say
from lectern.entrypoints.http.guide import WORDS

_LONGEST_WAIT_SECONDS = 10**8


class Command(LecternCommand):
    """The result is JSON on standard output; steps and sentences go to standard error."""

    help = "Run a graph that langgraph.json names and write its result as JSON; Ctrl-C leaves the run to the workers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what to run, or which run is meant."""
        parser.add_argument("name", nargs="?", help="name of the graph in langgraph.json")
        parser.add_argument(
            "--input", default="{}", help="a JSON object, @FILE that holds one, or - for standard input"
        )
        parser.add_argument("--thread", help="conversation: its runs are executed in their order")
        parser.add_argument("--owner", default="", help="in whose name it runs")
        parser.add_argument("--no-wait", action="store_true", help="write the run's id and return")
        parser.add_argument(
            "--timeout", type=_seconds, help="seconds to wait for the end; the run goes on behind them"
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--status", metavar="ID", help="tell how a run stands, and do nothing")
        which.add_argument("--cancel", metavar="ID", help="end a run, and tell how it stands")

    def run(
        self,
        *,
        name: str | None,
        input: str,
        thread: str | None,
        owner: str,
        no_wait: bool,
        timeout: float | None,
        status: str | None,
        cancel: str | None,
        **_: Any,
    ) -> None:
        """Submit and wait, or look."""
        if status or cancel:
            run = graphs.find(status or cancel or "")
            if cancel:
                graphs.cancel(run.id)
            self.print_json(graphs.told(run.id))
            return
        if not name:
            names = ", ".join(graph.name for graph in lectern().settings.graphs) or "none"
            raise CommandError(f"Name the graph to run. langgraph.json names: {names}.")
        run = graphs.submit(name, _object(input), thread_id=thread, owner=owner)
        if no_wait:
            self.print_json({"task_id": str(run.id), "status": WORDS[run.status]})
            return
        self.interrupted = _how_to_go_on(run)
        self._print_end(graphs.wait_for(run.id, timeout, _Steps()), timeout)

    def _print_end(self, run: Run, timeout: float | None) -> None:
        if not run.ended:
            raise CommandError(f"It did not end within {timeout:g} seconds. {_how_to_go_on(run)}")
        if run.status is not RunStatus.SUCCEEDED:
            raise CommandError(run.error)
        self.print_json(run.result)


class _Steps:
    """Says what a run is doing, each time that this is something else."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, run: Run) -> None:
        if not self._last:
            say(f"Run {run.id}")
            if not any(worker.slots for worker in lectern().engine.live_workers(Queues.LANGGRAPH)):
                say(
                    "No worker lives; it waits for one: celery -A config.celery worker --queues=langgraph,embeddings"
                )
        if run.step != self._last and not run.ended:
            say(run.step)
        self._last = run.step


def _how_to_go_on(run: Run) -> str:
    command = "python manage.py run_graph"
    return (
        f"Run {run.id} goes on. Look at it: {command} --status {run.id}. End it: {command} --cancel {run.id}."
    )


def _object(text: str) -> Any:
    """Return the JSON that an option gives, names or pipes in; no more than may be given is read."""
    try:
        if text == "-":
            text = sys.stdin.read(graphs.LARGEST_INPUT + 1)
        elif text.startswith("@"):
            with Path(text[1:]).open(encoding="utf-8") as file:
                text = file.read(graphs.LARGEST_INPUT + 1)
        if len(text) > graphs.LARGEST_INPUT:
            raise CommandError(f"--input has more than {graphs.LARGEST_INPUT} characters.")
        return json.loads(text)
    except OSError as exc:
        raise CommandError(f"--input: {exc.filename} cannot be read ({exc.strerror}).") from None
    except UnicodeDecodeError:
        raise CommandError("--input is not in UTF-8.") from None
    except (ValueError, RecursionError) as exc:
        raise CommandError(f"--input is not JSON ({exc}).") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= _LONGEST_WAIT_SECONDS:  # sorts NaN out too
        raise ArgumentTypeError("must be a number of seconds above 0")
    return seconds
