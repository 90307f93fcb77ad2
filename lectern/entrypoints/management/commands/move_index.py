"""`manage.py move_index --to weaviate|embedded`: copy all passages to the other store, compare, and have it serve them."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from lectern.bootstrap import IN_FILE, IN_WEAVIATE, SWITCH_SECONDS, TO_WEAVIATE, lectern
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.progress import progress
from lectern.tutor.errors import IndexUnavailable
from lectern.tutor.retrieval.making_up import find_lost
from lectern.tutor.retrieval.moving import Moved, ahead, bring_home, compare, move
from lectern.tutor.retrieval.standby import StandbyIndex

#: A Weaviate that has just begun takes seconds for its first answers; nobody else waits for these.
_PATIENCE_SECONDS = 30.0


class Command(LecternCommand):
    """Nothing is embedded and nothing is deleted where it came from; who reads meanwhile reads there."""

    help = "Copy the passages of all courses to Weaviate or back to the file of this host, compare both, and have them served from there."
    interrupted = "Stopped; the same command goes on. doctor tells where passages are served from."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare --to."""
        parser.add_argument(
            "--to", choices=(IN_WEAVIATE, IN_FILE), required=True, help="the store that is to serve passages"
        )

    def run(self, *, to: str, **_: Any) -> None:
        """Copy, compare, switch."""
        here = lectern()
        served, serving = here.passages.stores.get(IN_WEAVIATE), here.passages.serving
        if serving == to == IN_FILE:
            self.stdout.write(f"Passages are served from {to} already.")
            return
        if not isinstance(served, StandbyIndex) or here.weaviate is None:
            raise CommandError(
                "WEAVIATE_URL names no Weaviate. Set it, with WEAVIATE_API_KEY if it wants a key."
            )
        here.weaviate.read_seconds = _PATIENCE_SECONDS
        if serving == to:
            self._restore(served)
            return
        if to == IN_WEAVIATE:
            moved = self._to_weaviate(served)
        elif serving == IN_WEAVIATE:
            moved = self._home(served, [course.key for course in here.tutor.courses()])
        else:  # on their way: the file has everything
            moved = Moved(copied=0, compared=0)
        here.passages.serve(to)
        alike = (
            f"both stores gave the same {moved.compared} answers"
            if moved.compared
            else "nothing was compared"
        )
        self.stdout.write(
            f"Passages of {len(here.tutor.courses())} courses are served from {to}: {moved.copied} documents were copied now, and {alike}."
        )

    def _to_weaviate(self, served: StandbyIndex) -> Moved:
        here = lectern()
        served.server.check()  # before anything changes
        here.passages.serve(TO_WEAVIATE)
        time.sleep(SWITCH_SECONDS)  # till then other processes write to the file alone
        documents = sum(len(served.standby.kept_documents(one.key)) for one in here.tutor.courses())
        with progress("Moving", "documents", documents) as step:
            return move(lambda: [one.key for one in here.tutor.courses()], served, step)

    def _restore(self, served: StandbyIndex) -> None:
        """Give Weaviate what it lost or is owed and this host has."""
        here = lectern()
        for course in here.tutor.courses():
            find_lost(served, course.key)
        given = here.tend_passages()
        if lacks := here.owed_passages():
            raise CommandError(
                f"Passages are served from weaviate already. {given} documents were given to it now, and it lacks "
                f"{lacks} that this host does not have, or that it refused. Run this on the other hosts, or give the "
                "courses their material again."
            )
        self.stdout.write(
            f"Passages are served from weaviate already; {given} documents that it lacked were given to it now."
        )

    def _home(self, served: StandbyIndex, keys: list[int]) -> Moved:
        copied = compared = 0
        try:
            lectern().tend_passages()  # what it owes is compared too
        except IndexUnavailable as exc:
            self.stderr.write(str(exc))
        with progress("Moving", "courses", len(keys)) as step:
            for key in keys:
                copied += bring_home(served, key)
                step()
        try:
            compared = sum(compare(key, served.server, served.standby, ahead(served, key)) for key in keys)
        except IndexUnavailable as exc:  # this host's file is whole: it may be that Weaviate is given up
            self.stderr.write(f"{exc} So nothing was compared.")
        return Moved(copied=copied, compared=compared)
