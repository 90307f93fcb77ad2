"""`manage.py serve`: what `make run` calls."""

import sys
from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connections

from lectern.base.settings import LecternSettings
from lectern.entrypoints.serving.children import run_to_end
from lectern.entrypoints.serving.die_with_parent import end_with_parent
from lectern.entrypoints.serving.errors import ServeError
from lectern.entrypoints.serving.launcher import serve
from lectern.entrypoints.serving.options import ServeOptions
from lectern.entrypoints.serving.programs import lectern_programs, programs_environment
from lectern.entrypoints.serving.terminal import say

DEMO_COURSE = "python_101"


class Command(BaseCommand):
    """Starts everything on this machine and keeps it running."""

    help = "Serve on this machine: bundled broker, worker, beat and web, until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take make's process, whose end must be ours too."""
        parser.add_argument("--end-with", type=int, metavar="PID", help="end when PID, our parent, ends")

    def handle(self, *, end_with: int | None, **_rest: Any) -> None:
        """Serve; the exit status is 0 after Ctrl-C and 1 if serving was not possible."""
        if end_with is not None:
            end_with_parent(end_with)
        lectern: LecternSettings = settings.LECTERN
        course = lectern.default_course_id or DEMO_COURSE
        options = _options(lectern, course)
        programs = lectern_programs(options)
        sys.exit(serve(options, programs, (_migrate, lambda: _load_demo(options)), course))


def _options(lectern: LecternSettings, course: str) -> ServeOptions:
    broker_socket = lectern.broker_socket if lectern.broker_is_bundled else None
    environment: Mapping[str, str] = lectern.child_environment
    return ServeOptions(
        root=lectern.root,
        var_dir=lectern.var_dir,
        host=lectern.host,
        port=lectern.port,
        environment=programs_environment(environment, broker_socket, course),
        broker_socket=broker_socket,
        allow_open=lectern.allow_open,
    )


def _migrate() -> None:
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except Error as exc:
        raise ServeError(f"The database could not be prepared: {exc}", hint="See DATABASE_URL.") from exc


def _load_demo(options: ServeOptions) -> None:
    """Load the demo course unless it is there; a loading that was interrupted left no documents."""
    # By the model alone: the whole house takes a second and 100 MB, which this process would keep to its end.
    present = apps.get_model("lectern", "DocumentRow").objects.filter(course_id=DEMO_COURSE).exists()
    connections.close_all()
    if present:
        return
    say(f"Loading the demo course {DEMO_COURSE}; the first time only, about half a minute …")
    ingest = (sys.executable, "manage.py", "ingest_course", DEMO_COURSE, "demo/python_101")
    if run_to_end(options, "demo", ingest):
        say("The demo course was not loaded; the next start tries again. Other courses can be asked.")
