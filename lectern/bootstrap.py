"""The composition root: the one place where parts are chosen and joined."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from celery import Celery
from django.conf import settings as django_settings
from django.db import transaction

from lectern.adapters.celery.broker import CeleryBroker
from lectern.adapters.celery.inspecting import Rows, duration, inspect_cluster, reach_broker
from lectern.adapters.celery.results import RunResult
from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.graphs.workload import graph_workload
from lectern.adapters.models.chat import ChatLanguageModel
from lectern.adapters.models.hosted import HostedEmbeddings
from lectern.adapters.models.minilm import MiniLMEmbeddings
from lectern.adapters.models.slots import LocalSlots
from lectern.adapters.neo4j.concepts import Neo4jConceptGraph
from lectern.adapters.neo4j.server import Neo4jServer
from lectern.adapters.sql.concepts import SqlConcepts
from lectern.adapters.sql.conversations import SqlConversations
from lectern.adapters.sql.courses import SqlCourses, SqlIndexingJobs
from lectern.adapters.sql.ledger import SqlLedger
from lectern.adapters.sql.questions import SqlQuestions
from lectern.adapters.sql.readings import SqlReadings
from lectern.adapters.sql.runs import SqlRuns
from lectern.adapters.sql.standings import SqlStandings
from lectern.adapters.sql.stores import KNOWN_SECONDS, SqlSwitch, installation
from lectern.adapters.sql.teacher_answers import SqlTeacherAnswers
from lectern.adapters.sql.workers import SqlWorkers
from lectern.adapters.valkey.slots import ValkeySlots
from lectern.adapters.weaviate.index import WeaviatePassageIndex
from lectern.adapters.weaviate.server import WeaviateServer
from lectern.base.heartbeat import renew
from lectern.base.settings import LecternSettings
from lectern.databases import PASSAGES_FILE, checkpoint_dropper, checkpointer_opener
from lectern.engine.background import Dispatcher
from lectern.engine.domain.queues import Queues
from lectern.engine.domain.run import Run
from lectern.engine.engine import Engine
from lectern.engine.forgetting import forget
from lectern.engine.leasing import Lease
from lectern.engine.options import EngineOptions
from lectern.engine.ports import Broker
from lectern.engine.workload import Workload
from lectern.tutor.confidence.model import ANSWERABLE, AnswerKind, ConfidenceModel, load_confidence_model
from lectern.tutor.curator import Curator
from lectern.tutor.errors import ConceptsUnavailable, IndexUnavailable
from lectern.tutor.gaps import TeacherDesk
from lectern.tutor.graph.context import IndexingContext, ModelUse, TutorContext
from lectern.tutor.ingest.spooling import Spool
from lectern.tutor.ports.concepts import ConceptStore
from lectern.tutor.ports.passages import PassageIndex
from lectern.tutor.retrieval.making_up import tend
from lectern.tutor.retrieval.moving import MovingIndex, UnaddressedIndex
from lectern.tutor.retrieval.standby import StandbyIndex
from lectern.tutor.tutor import Tutor
from lectern.tutor.workload import indexing_workload, tutor_workload

if TYPE_CHECKING:
    from lectern.engine.working import WorkerProcess

#: The stores that may serve concepts, as a row in SQL names them. Without a row it is SQL.
IN_SQL, IN_NEO4J = "sql", "neo4j"
#: The stores that may serve passages. Without a row it is the file in VAR_DIR.
IN_FILE, IN_WEAVIATE = "embedded", "weaviate"
#: On their way to Weaviate: read from the file, written to both.
TO_WEAVIATE = "moving"
#: Until a change of the store is known to all processes.
SWITCH_SECONDS = KNOWN_SECONDS + 0.5

#: The Celery task that takes each queue's messages.
TASKS: Mapping[str, str] = {
    Queues.LANGGRAPH: "lectern.process_langgraph_question",
    Queues.EMBEDDINGS: "lectern.process_embeddings_batch",
}


#: Seconds that a slot outlives the longest call.
_SLOT_MARGIN_SECONDS = 5.0


@dataclass(frozen=True)
class Lectern:
    """Everything, joined. One a process: `lectern()`."""

    settings: LecternSettings
    engine: Engine
    tutor: Tutor
    curator: Curator
    desk: TeacherDesk
    #: The process that it was made in: threads do not survive a fork.
    pid: int
    #: Where concepts can be, in SQL and in Neo4j where there is one, and which of both serves them.
    concepts: SqlSwitch
    #: Where passages can be, in the file of this host and in Weaviate where there is one, and which of both serves them.
    passages: SqlSwitch
    neo4j: Neo4jServer | None = None
    weaviate: WeaviateServer | None = None
    language_model: ChatLanguageModel | None = None

    @cached_property
    def _dispatcher(self) -> Dispatcher:
        thread = Dispatcher(self.engine)
        thread.start()
        return thread

    def wake(self, *queues: str) -> None:
        """Have runs that wait in these queues (any) dispatched soon, from a thread of its own; never blocks."""
        self._dispatcher.poke(*queues)

    def cancel(self, run_id: UUID) -> Run:
        """End a run that has not ended, and have its worker told and its thread's next run dispatched soon.

        Raises `UnknownRun`, `StoreUnavailable`.
        """
        told: list[UUID] = []
        run = self.engine.cancel(run_id, told.append)
        # Within a transaction of the caller's nobody sees the cancel before it commits.
        transaction.on_commit(partial(self._tell, told, run.queue))
        return run

    def _tell(self, cancelled: list[UUID], queue: str) -> None:
        for run_id in cancelled:
            self._dispatcher.announce_cancel(run_id)
        self.wake(queue)

    def worker(
        self,
        name: str,
        slots: Mapping[str, int],
        **options: Any,
    ) -> "WorkerProcess":
        """Return what lets this process execute runs; not started. `slots` are those of each queue that it serves.

        `options` are those of `WorkerProcess`.
        """
        # Imported late: LangGraph takes two seconds to load, and only a process that executes runs needs it.
        from lectern.engine.working import WorkerProcess

        engine = self.engine
        lease = Lease(
            workers=engine.workers,
            options=engine.options,
            name=name,
            pid=os.getpid(),
            slots=slots,
            on_beat=partial(renew, self.settings.heartbeat_file),
        )
        opener = checkpointer_opener(self.settings)
        return WorkerProcess(engine, opener, lease, **options)

    def result(self, run_id: UUID) -> RunResult:
        """Return a run as Celery's clients see it."""
        return RunResult(run_id, celery_app(self.settings), self.engine.get, self.cancel)

    def cluster(self, timeout: float) -> dict[str, Rows]:
        """Return what Celery's workers and the broker tell of themselves; see `inspect_cluster`."""
        return inspect_cluster(celery_app(self.settings), self.engine.queues, timeout)

    def reach_broker(self) -> None:
        """Return when the broker takes a connection; see `adapters/celery/inspecting.py`."""
        reach_broker(celery_app(self.settings))

    def beat_schedule(self) -> Rows:
        """Return what beat sends, and how often."""
        entries = celery_app(self.settings).conf.beat_schedule.values()
        return [
            {"what": entry["task"], "when": f"every {duration(entry['schedule'])}", "where": "beat"}
            for entry in entries
        ]

    def forget(self) -> tuple[int, int]:
        """Clear expired results with their checkpoints and files of ended uploads, delete old tombstones and questions.

        Returns how many results and tombstones.
        """
        self.curator.sweep_spool()
        self.desk.forget()
        return forget(self.engine.retention, checkpoint_dropper(self.settings), self.engine.options)

    def look_at_passages(self) -> None:
        """Return when questions can be answered from passages. Raises `IndexUnavailable`.

        No server is asked: while that is away, the file of this host answers in its place.
        """
        stands_by = self.weaviate and self.passages.serving == IN_WEAVIATE
        answers = self.passages.stores[IN_FILE] if stands_by else self.tutor.indexing.index
        answers.stats(0)  # of a course that is none: enough to know that it can be read

    def tend_passages(self) -> int:
        """Give Weaviate what it owes, where it serves passages; return how many documents. Raises `IndexUnavailable`."""
        if self.passages.serving != IN_WEAVIATE or IN_WEAVIATE not in self.passages.stores:
            return 0
        served: StandbyIndex = self.passages.stores[IN_WEAVIATE]
        return tend(served, lambda: {course.key for course in self.tutor.courses()}, self._is_embedding)

    def _is_embedding(self) -> bool:
        jobs = self.tutor.indexing.jobs
        return any(jobs.unfinished(course.id) for course in self.tutor.courses())

    def owed_passages(self) -> int:
        """Return how many documents Weaviate lacks."""
        return len(SqlLedger().owed())

    def lost_passages(self) -> int:
        """Return of how many documents Weaviate should have passages that it lacks. Raises `IndexUnavailable`."""
        served: StandbyIndex = self.passages.stores[IN_WEAVIATE]
        return sum(len(served.server.lost(course.key)) for course in self.tutor.courses())

    def warm_up(self) -> None:
        """Load the models now, so that the first question does not wait for them. No server is asked: it may be away."""
        embeddings = self.tutor.indexing.embeddings
        if isinstance(embeddings, HostedEmbeddings):
            embeddings.load()
        else:
            embeddings.embed_query("What is Lectern?")
        if self.language_model:
            self.language_model.load()
        if self.weaviate:
            self.weaviate.load()
        if self.neo4j:
            self.neo4j.load()


def build(settings: LecternSettings, *, broker: Broker | None = None) -> Lectern:
    """Join the parts for `settings`; a keyword replaces a part. Connects to nothing."""
    weaviate = _weaviate(settings) if settings.weaviate_url else None
    passages = _passages(settings, weaviate)
    index = cast("PassageIndex", passages)
    bundled = MiniLMEmbeddings(settings.var_dir / "models", settings.embedding_threads)
    embeddings = _hosted_embeddings(settings) if settings.embedding_model else bundled
    courses = SqlCourses()
    neo4j = _neo4j(settings) if settings.neo4j_uri else None
    concepts = _concepts(neo4j, courses)
    language_model = _language_model(settings) if settings.llm_model else None
    answering = TutorContext(
        index=index,
        embeddings=embeddings,
        model=embeddings.name,
        confidence=_confidence_model(settings, AnswerKind.EXTRACTIVE),
        composed_confidence=_confidence_model(settings, AnswerKind.COMPOSED),
        answerable=_confidence_model(settings, ANSWERABLE),
        fitted=not settings.embedding_model,
        llm=_model_use(settings, language_model) if language_model else None,
        is_word=bundled.is_word,
        courses=courses,
        concepts=cast("ConceptStore", concepts),
    )
    indexing = IndexingContext(
        jobs=SqlIndexingJobs(),
        courses=courses,
        index=index,
        concepts=cast("ConceptStore", concepts),
        readings=SqlReadings(),
        embeddings=embeddings,
        model=embeddings.name,
        spool=Spool(settings.uploads_dir),
    )
    attempts = settings.run_max_attempts
    workloads: tuple[Workload, ...] = (
        tutor_workload(answering, courses, deadline=settings.run_deadline, max_attempts=attempts),
        indexing_workload(indexing, max_attempts=attempts),
        *(
            graph_workload(graph, deadline=settings.run_deadline, max_attempts=attempts)
            for graph in settings.graphs
        ),
    )
    runs = SqlRuns()
    engine = Engine(
        runs=runs,
        queue=runs,
        lost=runs,
        standings=SqlStandings(),
        failed=runs,
        copies=runs,
        retention=runs,
        workers=SqlWorkers(),
        conversations=SqlConversations(),
        broker=broker or CeleryBroker(celery_app(settings), TASKS),
        workloads={workload.name: workload for workload in workloads},
        options=_engine_options(settings),
    )
    answers = SqlTeacherAnswers()
    curator = Curator(engine=engine, indexing=indexing, answers=answers, llm=answering.llm)
    questions = SqlQuestions()
    return Lectern(
        settings,
        engine,
        Tutor(engine=engine, indexing=indexing, default_course_id=settings.default_course_id),
        curator,
        TeacherDesk(engine=engine, curator=curator, courses=courses, questions=questions, answers=answers),
        os.getpid(),
        concepts,
        passages,
        neo4j=neo4j,
        weaviate=weaviate,
        language_model=language_model,
    )


def lectern() -> Lectern:
    """Return this process's Lectern, built of Django's settings at the first call (again in a forked child)."""
    return _lectern_of(os.getpid())


def celery_app(settings: LecternSettings) -> Celery:
    """Return the Celery app that the settings name as "module:attribute"."""
    return _named(settings.celery_app)


def begin_purge() -> Callable[[Iterable[str]], int]:
    """Return what ends the runs that wait now in some queues; see `adapters/celery/purging.py`."""
    engine = lectern().engine
    now = engine.runs.now()
    return lambda queues: engine.purge(list(queues), now)


@cache
def _lectern_of(_pid: int) -> Lectern:
    return build(django_settings.LECTERN)


def _hosted_embeddings(settings: LecternSettings) -> HostedEmbeddings:
    return HostedEmbeddings(
        settings.embedding_model,
        api_key=settings.embedding_api_key,
        base_url=settings.embedding_base_url,
        timeout_seconds=settings.embedding_timeout,
    )


def _engine_options(settings: LecternSettings) -> EngineOptions:
    return EngineOptions(result_expires_seconds=settings.result_expires, node_threads=settings.node_threads)


def _neo4j(settings: LecternSettings) -> Neo4jServer:
    return Neo4jServer(settings.neo4j_uri, settings.neo4j_user, settings.neo4j_password)


def _concepts(neo4j: Neo4jServer | None, courses: SqlCourses) -> SqlSwitch:
    stores: dict[str, ConceptStore] = {IN_SQL: SqlConcepts()}
    if neo4j:
        stores[IN_NEO4J] = Neo4jConceptGraph(neo4j, courses.has_key, installation)
    return SqlSwitch("concepts", stores, ConceptsUnavailable)


def _weaviate(settings: LecternSettings) -> WeaviateServer:
    return WeaviateServer(
        settings.weaviate_url, settings.weaviate_api_key, grpc_url=settings.weaviate_grpc_url
    )


def _passages(settings: LecternSettings, weaviate: WeaviateServer | None) -> SqlSwitch:
    file = FtsPassageIndex(settings.var_dir / PASSAGES_FILE)
    stores: dict[str, PassageIndex] = {IN_FILE: file}
    stores[TO_WEAVIATE] = cast("PassageIndex", UnaddressedIndex(file, IN_WEAVIATE))
    if weaviate:
        ledger = SqlLedger()
        on_server = WeaviatePassageIndex(weaviate, ledger, installation)
        served = stores[IN_WEAVIATE] = StandbyIndex(on_server, file, ledger, name=IN_WEAVIATE)
        stores[TO_WEAVIATE] = cast("PassageIndex", MovingIndex(served))
    return SqlSwitch("passages", stores, IndexUnavailable)


def _confidence_model(settings: LecternSettings, part: str) -> ConfidenceModel:
    """Return the fitted model, named as what it is where it was fitted to other embeddings than those in use."""
    fitted = load_confidence_model(part)
    if not settings.embedding_model:
        return fitted
    return replace(fitted, version=f"{fitted.version}, not fitted to {settings.embedding_model}")


def _language_model(settings: LecternSettings) -> ChatLanguageModel:
    return ChatLanguageModel(
        settings.llm_model,
        api_key=settings.llm_api_key,
        base_url=settings.llm_base_url,
        timeout_seconds=settings.llm_timeout,
    )


def _model_use(settings: LecternSettings, model: ChatLanguageModel) -> ModelUse:
    count, url = settings.llm_max_concurrency, settings.valkey_url
    # A call ends by itself within the timeout; a slot that is older belongs to a worker that died.
    held = settings.llm_timeout + _SLOT_MARGIN_SECONDS
    return ModelUse(
        model=model,
        slots=ValkeySlots(url, slots=count, held_seconds=held) if url else LocalSlots(slots=count),
        timeout_seconds=settings.llm_timeout,
        token_budget=settings.llm_token_budget,
        falls_back=settings.llm_falls_back,
    )


def _named(path: str) -> Any:
    """Return what "module:attribute" names."""
    module, attribute = path.split(":")
    return getattr(import_module(module), attribute)
