"""`manage.py move_concepts --to neo4j|sql`: copy all concepts to the other store, compare, and have it serve them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from lectern.bootstrap import IN_NEO4J, IN_SQL, lectern
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.progress import progress
from lectern.tutor.concepts.moving import move

#: A Neo4j that has just begun takes seconds for its first answers; nobody else waits for these.
_PATIENCE_SECONDS = 30.0


class Command(LecternCommand):
    """Nothing is made anew and nothing is deleted where it came from; who reads meanwhile reads there."""

    help = "Copy the concepts of all courses to Neo4j or back to SQL, compare both, and have them served from there."
    interrupted = "Stopped; concepts are served from where they were. The same command goes on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare --to."""
        parser.add_argument(
            "--to", choices=(IN_NEO4J, IN_SQL), required=True, help="the store that is to serve concepts"
        )

    def run(self, *, to: str, **_: Any) -> None:
        """Copy, compare, switch."""
        here = lectern()
        stores, before = here.concepts.stores, here.concepts.serving
        if to not in stores:
            raise CommandError("NEO4J_URI names no Neo4j. Set it, with NEO4J_USER and NEO4J_PASSWORD.")
        if before == to:
            self.stdout.write(f"Concepts are served from {to} already.")
            return
        if here.neo4j:
            here.neo4j.read_seconds = _PATIENCE_SECONDS
        courses = here.tutor.courses()
        if before not in stores:
            here.concepts.serve(to)
            self.stdout.write(
                f"Concepts are served from {to}. Those in {before} were not copied, since this process has no address of it: "
                "python manage.py build_concepts <course_id> makes a course's anew."
            )
            return
        with progress("Moving", "courses", len(courses)) as step:
            moved = move([course.key for course in courses], stores[before], stores[to], step)
        here.concepts.serve(to)
        self.stdout.write(
            f"Concepts of {len(courses)} courses are served from {to}: {moved.copied} were copied now, "
            f"and both stores gave the same {moved.compared} answers."
        )
