"""What `doctor` looks at, part by part: each answers with a sentence, and with what to do where something is wrong."""

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from lectern.base.clock import Clock, SystemClock
from lectern.base.errors import LecternError
from lectern.base.ids import new_id
from lectern.base.settings import LecternSettings
from lectern.bootstrap import IN_FILE, IN_SQL, IN_WEAVIATE, TO_WEAVIATE, Lectern
from lectern.databases import check_database, is_migrated
from lectern.engine.domain.queues import Queues
from lectern.engine.domain.worker import Worker
from lectern.engine.errors import BrokerUnavailable
from lectern.entrypoints.console.examining_graphs import graphs
from lectern.entrypoints.console.examining_models import embedding, llm
from lectern.entrypoints.console.finding import Finding

#: Less free space than this is too little: SQLite's logs and one ingest may want as much.
LEAST_FREE_BYTES = 500_000_000
#: A run that could be taken and waits longer than this is stuck, or there are too few workers.
LONGEST_WAIT_SECONDS = 60.0
#: Larger differences make logs of two machines hard to read; leases and retries go by the database's time anyway.
LARGEST_DIFFERENCE_SECONDS = 5.0
#: A Neo4j that has just begun took up to 25 s for its first answer on a busy machine; who looks has that time.
SERVER_SECONDS = 30.0

_START = "Start one: make run, or celery -A config.celery worker --queues=langgraph,embeddings."


def examine(here: Lectern, timeout: float) -> Mapping[str, Finding]:
    """Look at every part and return what was found, by part; `timeout` is how many seconds workers get to answer."""
    for server in (here.weaviate, here.neo4j):
        if server:
            server.read_seconds = max(server.read_seconds, SERVER_SECONDS)
    looks: Mapping[str, Callable[[], Finding]] = {
        "settings": partial(_settings, here),
        "disk": partial(_disk, here.settings.var_dir),
        "sql": partial(_sql, here),
        "clock": partial(_clock, here, SystemClock()),
        "broker": partial(_broker, here, timeout),
        "workers": partial(_workers, here),
        "waiting": partial(_waiting, here),
        "graphs": partial(graphs, here),
        # First: a server that is away is not asked again for some seconds, and it is to be told why.
        **({"weaviate": partial(_weaviate, here)} if _has_passages_elsewhere(here) else {}),
        "passages": partial(_passages, here),
        **({"concepts": partial(_concepts, here)} if _has_concepts_elsewhere(here) else {}),
        "embedding": partial(embedding, here),
        "llm": partial(llm, here),
    }
    return {part: _look(look) for part, look in looks.items()}


def _look(look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except LecternError as exc:
        return Finding(ok=False, says=str(exc.args[0]), do=exc.hint or "Read the log of the program.")


def _settings(here: Lectern) -> Finding:
    settings = here.settings
    if settings.allow_open:
        says = "ALLOW_OPEN is set: whoever reaches the web process can ask in anybody's name."
        return Finding(ok=True, says=says)
    return Finding(ok=True, says=f"All can be read; what is written goes to {settings.var_dir}.")


def _disk(var_dir: Path) -> Finding:
    free = shutil.disk_usage(var_dir).free
    says = f"{free / 1e9:.1f} GB are free in {var_dir}."
    if free < LEAST_FREE_BYTES:
        return Finding(ok=False, says=says, do="Make room: with a full disk no question is accepted.")
    return Finding(ok=True, says=says)


def _sql(here: Lectern) -> Finding:
    check_database()
    if not is_migrated():
        says = "The database answers, and its tables are not those of this version."
        return Finding(ok=False, says=says, do="Run: python manage.py migrate.")
    # A worker without slots is nobody's: only that a row can be written is to be known.
    workers, mine = here.engine.workers, new_id()
    workers.register(worker_id=mine, name="doctor", pid=0, slots={})
    workers.leave(mine)
    return Finding(ok=True, says="It answers, is migrated and can be written to.")


def _clock(here: Lectern, clock: Clock) -> Finding:
    before = clock.now()
    theirs = here.engine.runs.now()
    after = clock.now()
    seconds = (theirs - (before + (after - before) / 2)).total_seconds()
    says = f"The database's clock and this machine's are {abs(seconds):.1f} s apart."
    if abs(seconds) > LARGEST_DIFFERENCE_SECONDS:
        return Finding(ok=False, says=says, do="Let both machines follow a time server.")
    return Finding(ok=True, says=says)


def _broker(here: Lectern, timeout: float) -> Finding:
    fallback = _fallback(here.settings)
    try:
        tables = here.cluster(timeout)
    except BrokerUnavailable as exc:
        raise BrokerUnavailable(f"{fallback}{exc.args[0]}", hint=exc.hint) from exc
    messages = sum(row["messages"] for row in tables["queues"])
    answering = {(row["worker"], row["pid"]) for row in tables["stats"]}
    live = {_as_celery(worker) for worker in here.engine.live_workers() if any(worker.slots.values())}
    ours = {one for one in answering if one in live or (one[0], 0) in live}
    address = _address(here.settings.broker_url)
    says = f"{fallback}{address} answers and holds {messages} messages; {len(ours)} workers answer by it."
    if others := len(answering - ours):
        says = f"{says[:-1]}, and {others} that no row of this database names."
    if live and not ours:
        do = "A worker lives and is not connected to this broker: compare CELERY_BROKER_URL, then restart it."
        return Finding(ok=False, says=says, do=do)
    return Finding(ok=True, says=says)


def _as_celery(worker: Worker) -> tuple[str, int]:
    """Return by what a worker is known where Celery's answer: names are alike in two installations of one machine.

    A child of a pool that forks is known by its parent's name, and not by its own process (0).
    """
    name, _, child = worker.name.partition("/")
    return name, 0 if child else worker.pid


def _fallback(settings: LecternSettings) -> str:
    """Return what is to be said first when none was named: then another one than that of `make run` may be asked."""
    if not settings.broker_is_bundled or settings.broker_url.startswith("redis+socket:"):
        return ""
    return "No broker is named and the bundled one does not run, so this machine's Redis was asked. "


def _address(url: str) -> str:
    """Return a broker's URL without user and password: which one was asked is not plain when none was named."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _workers(here: Lectern) -> Finding:
    live = {
        queue: [worker for worker in here.engine.live_workers(queue) if worker.slots[queue]]
        for queue in Queues
    }
    served = {queue: sum(worker.slots[queue] for worker in workers) for queue, workers in live.items()}
    says = "; ".join(f"{queue}: {slots} slots in {len(live[queue])}" for queue, slots in served.items()) + "."
    idle = [str(queue) for queue, slots in served.items() if not slots]
    if idle:
        return Finding(ok=False, says=says, do=f"No worker serves {' and '.join(idle)}. {_START}")
    return Finding(ok=True, says=says)


def _waiting(here: Lectern) -> Finding:
    now, since = here.engine.runs.now(), {queue: here.engine.oldest_waiting(queue) for queue in Queues}
    ages = {queue: (now - then).total_seconds() for queue, then in since.items() if then}
    if not ages:
        return Finding(ok=True, says="No run waits for a worker.")
    says = "; ".join(f"{queue}: the oldest run waits for {age:.0f} s" for queue, age in ages.items()) + "."
    if ages.get(Queues.LANGGRAPH, 0.0) > LONGEST_WAIT_SECONDS:
        do = "If workers live, all their slots are busy or they get no messages: manage.py celery_monitor shows which."
        return Finding(ok=False, says=says, do=do)
    return Finding(ok=True, says=says)


def _has_concepts_elsewhere(here: Lectern) -> bool:
    try:
        return here.neo4j is not None or here.concepts.serving != IN_SQL
    except LecternError:  # the part of SQL tells
        return False


def _concepts(here: Lectern) -> Finding:
    if here.neo4j is None:
        says = (
            f"SQL says that concepts are in {here.concepts.serving}, and this process has no address of it."
        )
        do = "Set NEO4J_URI, NEO4J_USER and NEO4J_PASSWORD for every process."
        return Finding(ok=False, says=says, do=do)
    version = here.neo4j.check()
    if here.concepts.serving == IN_SQL:
        says = f"{version} at {here.neo4j.place} answers; concepts are in SQL."
        return Finding(
            ok=True, says=says, do="To have them there: python manage.py move_concepts --to neo4j."
        )
    courses = here.tutor.courses()
    old = [course.id for course in courses if not here.tutor.state(course).concepts_are_current]
    says = f"{version} at {here.neo4j.place} answers and has the concepts of {len(courses) - len(old)} of {len(courses)} courses."
    if old:
        says += f" Of older material, or none: {', '.join(old[:5])}{' …' if len(old) > 5 else ''}."
    return Finding(ok=True, says=says)


def _has_passages_elsewhere(here: Lectern) -> bool:
    try:
        return here.weaviate is not None or here.passages.serving != IN_FILE
    except LecternError:  # the part of SQL tells
        return False


def _weaviate(here: Lectern) -> Finding:
    if here.weaviate is None:
        where = "on their way to" if here.passages.serving == TO_WEAVIATE else "in"
        says = f"SQL says that passages are {where} {IN_WEAVIATE}, and this process has no address of it."
        return Finding(ok=False, says=says, do="Set WEAVIATE_URL and WEAVIATE_API_KEY for every process.")
    version = here.weaviate.check()
    if here.passages.serving in (IN_FILE, TO_WEAVIATE):
        says = f"{version} at {here.weaviate.place} answers; passages are in a file of this host."
        do = "To have them there: python manage.py move_index --to weaviate."
        return Finding(ok=True, says=says, do=do)
    owed = here.owed_passages()
    says = f"{version} at {here.weaviate.place} answers and lacks {owed} documents."
    if owed:
        do = (
            "Beat sees to it every minute, on the host that took them in: look whether beat and a worker run there, and "
            "whether it takes changes (standby_refused in the worker's log says why not)."
        )
        return Finding(ok=False, says=says, do=do)
    if lost := here.lost_passages():
        says = f"{version} at {here.weaviate.place} answers and lost passages of {lost} documents."
        do = "On each host that took some in: python manage.py move_index --to weaviate."
        return Finding(ok=False, says=says, do=do)
    return Finding(ok=True, says=says)


def _passages(here: Lectern) -> Finding:
    courses = here.tutor.courses()
    index = here.tutor.indexing.index
    passages = (
        sum(index.stats(course.key).passages for course in courses) if courses else index.stats(0).passages
    )
    says = f"The index can be read: {passages} passages of {len(courses)} courses."
    others = [course.id for course in courses if here.tutor.embedded_otherwise(course)]
    if others:
        says += f" {', '.join(others)}: embedded by another model than {here.tutor.indexing.model}, so searched by words alone."
        do = " && ".join(f"python manage.py reembed_course {course}" for course in others)
        return Finding(ok=False, says=says, do=f"Embed anew: {do}")
    return Finding(ok=True, says=says)
