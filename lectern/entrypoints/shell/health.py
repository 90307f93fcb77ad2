"""Health: is the process alive, and can a question be answered. Each part is looked at by itself, for a bounded time."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse

from lectern.base.log import logger
from lectern.bootstrap import IN_NEO4J, IN_WEAVIATE, Lectern
from lectern.databases import is_migrated, room_for_rows
from lectern.engine.domain.queues import Queues
from lectern.entrypoints.http.problems import problem
from lectern.entrypoints.shell.threads import Threads

log = logger(__name__)

#: Longest look at one part.
LIMIT_SECONDS = 2.0

#: Less free space than this counts as none: SQLite's log takes half of it before it is written back.
LEAST_FREE_BYTES = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the whole."""

    ok: bool
    #: False for what may be away while questions are accepted, and answered later.
    required: bool
    says: str


class NotReady(Exception):
    """A part works, and yet no question can be answered; the message says why."""


class Health:
    """The two routes. A look that hangs is joined by later requests, not repeated, so that it takes one thread only."""

    def __init__(self, lectern_factory: Callable[[], Lectern]) -> None:
        self._lectern = lectern_factory
        self._threads = Threads("lectern-health", len(_LOOKS))
        self._looking: dict[str, asyncio.Task[Part]] = {}

    async def live(self, request: Request) -> JSONResponse:
        """Tell that the process answers; touches nothing else."""
        return JSONResponse({"live": True})

    async def ready(self, request: Request) -> JSONResponse:
        """Tell whether a question can be answered, and how each part stands: 200 or 503."""
        here = self._lectern()
        absent = {
            name for name, server in (("concepts", here.neo4j), ("weaviate", here.weaviate)) if not server
        }
        looks = [name for name in _LOOKS if name not in absent]
        parts = dict(zip(looks, await asyncio.gather(*map(self._look, looks)), strict=True))
        ready = all(part.ok for part in parts.values() if part.required)
        body = {"ready": ready, "parts": {name: asdict(part) for name, part in parts.items()}}
        return JSONResponse(body, 200 if ready else 503, {} if ready else {"Retry-After": "2"})

    async def _look(self, name: str) -> Part:
        task = self._looking.get(name)
        if task is None or task.done():
            task = self._looking[name] = asyncio.create_task(self._part(name))
        await asyncio.wait({task}, timeout=LIMIT_SECONDS)
        says = f"No answer within {LIMIT_SECONDS:.0f} s"
        return task.result() if task.done() else Part(ok=False, required=name in _REQUIRED, says=says)

    async def _part(self, name: str) -> Part:
        try:
            says, ok = await self._threads.run(lambda: _LOOKS[name](self._lectern())), True
        except NotReady as exc:
            says, ok = str(exc), False
        except Exception as exc:  # whatever it is, it is what this part says
            log.warning("health", part=name, error=str(exc))
            says, ok = str(problem(exc).body["error"]), False
        return Part(ok=ok, required=name in _REQUIRED, says=says)


def _sql(here: Lectern) -> str:
    here.engine.counts()
    if not _Migrated.seen:
        _Migrated.seen = is_migrated()
    if not _Migrated.seen:
        raise NotReady("Run manage.py migrate")
    if room_for_rows() < LEAST_FREE_BYTES:
        raise NotReady("The disk is full, so no question is accepted; make room")
    return "Reachable and migrated"


def _worker(here: Lectern) -> str:
    workers = here.engine.live_workers(Queues.LANGGRAPH)
    slots = sum(worker.slots[Queues.LANGGRAPH] for worker in workers)
    if not slots:
        raise NotReady("No worker serves the queue langgraph; questions wait")
    return f"{slots} slots in {len(workers)} process{'es' if len(workers) > 1 else ''}"


def _passages(here: Lectern) -> str:
    here.look_at_passages()
    return "Readable"


def _broker(here: Lectern) -> str:
    here.reach_broker()
    return "Reachable"


def _concepts(here: Lectern) -> str:
    version = here.neo4j.check() if here.neo4j else ""
    served = "Neo4j" if here.concepts.serving == IN_NEO4J else "SQL"
    return f"{version} answers; concepts are served from {served}"


def _weaviate(here: Lectern) -> str:
    version = here.weaviate.check() if here.weaviate else ""
    served = "Weaviate" if here.passages.serving == IN_WEAVIATE else "the file of this host"
    return f"{version} answers; passages are served from {served}"


class _Migrated:
    #: What is migrated stays so for the life of this process; reading all migrations takes some milliseconds.
    seen = False


_LOOKS: Mapping[str, Callable[[Lectern], str]] = {
    "sql": _sql,
    "worker": _worker,
    "passages": _passages,
    "broker": _broker,
    "concepts": _concepts,
    "weaviate": _weaviate,
}
#: Without the broker questions are accepted and wait in SQL; without concepts they are answered; while Weaviate is away
#: this host's file stands in for it, of which `passages` tells.
_REQUIRED = frozenset({"sql", "worker", "passages"})
