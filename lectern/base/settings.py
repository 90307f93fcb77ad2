"""What the Django project tells Lectern: read by `bootstrap` and by entry points, never by the rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: The database in VAR_DIR when DATABASE_URL names no other.
ROWS_FILE = "lectern.sqlite3"


@dataclass(frozen=True, kw_only=True)
class GraphSettings:
    """A graph that `langgraph.json` names, with Lectern's options for it. Times in seconds; None: as for any run."""

    name: str
    #: As the file says it.
    place: str
    #: The Python file that holds it, or None when `module` is one that can be imported by its name.
    file: Path | None
    module: str
    variable: str
    #: Where modules are looked for besides.
    folders: tuple[Path, ...] = ()
    deadline_seconds: float | None = None
    max_attempts: int | None = None
    first_pause_seconds: float | None = None
    longest_pause_seconds: float | None = None
    #: Names of exception classes, with their module or without: those after which a run is tried again, and those that
    #: end it.
    again: Sequence[str] = ()
    never: Sequence[str] = ()
    #: Carries its runs.
    queue: str = "langgraph"
    #: Node -> the sentence shown while it works.
    steps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LecternSettings:
    """Values of the environment, read and checked by `config/env.py`. Times in seconds."""

    root: Path
    var_dir: Path
    host: str
    port: int
    broker_url: str
    result_backend: str
    #: The Valkey or Redis among the two, as redis-py spells it; "" when there is none.
    valkey_url: str
    #: True when no broker was named, so that `make run` starts its own on `broker_socket`.
    broker_is_bundled: bool
    broker_socket: Path
    #: Environment for programs that `make run` starts.
    child_environment: Mapping[str, str] = field(repr=False)
    default_course_id: str
    result_expires: float
    run_deadline: float
    run_max_attempts: int
    #: Runs at once in one worker.
    worker_concurrency: int
    #: Embedding batches at once in one worker; they take no run's slot.
    batch_concurrency: int
    #: Seconds that runs get to end by themselves when their worker is asked to stop.
    worker_grace: float
    #: Threads for nodes that block, in one worker.
    node_threads: int
    wsgi_threads: int
    sync_ask_seconds: float
    embedding_threads: int
    #: As "provider:model"; "" means the bundled one.
    embedding_model: str
    embedding_base_url: str = field(repr=False)
    embedding_api_key: str = field(repr=False)
    #: Longest time of one request to a hosted one.
    embedding_timeout: float
    cors_allowed_origins: tuple[str, ...]
    #: Its date is renewed while a worker or beat lives.
    heartbeat_file: Path | None
    #: What uploads must show; "" leaves them to this machine's own callers.
    upload_token: str = field(repr=False)
    #: Largest body of an upload, all files together.
    upload_max_bytes: int
    #: Serve without authentication on addresses that other machines reach.
    allow_open: bool
    #: As "provider:model"; "" means that answers are quotes of the course.
    llm_model: str
    llm_base_url: str = field(repr=False)
    llm_api_key: str = field(repr=False)
    #: Calls at once, of all workers together.
    llm_max_concurrency: int
    #: Longest time of one call.
    llm_timeout: float
    #: Tokens that one run may use, read and written.
    llm_token_budget: int
    #: Tokens that finding the concepts of one course may use, where its command names no others.
    llm_concepts_budget: int
    #: True: without the model the course is quoted. False: the run fails.
    llm_falls_back: bool
    #: Where a Neo4j is that may hold the concepts; "" without one.
    neo4j_uri: str = field(repr=False)
    neo4j_user: str
    neo4j_password: str = field(repr=False)
    #: Where a Weaviate is that may hold the passages; "" without one.
    weaviate_url: str = field(repr=False)
    #: Where it speaks gRPC; "": port 50051 of the same host.
    weaviate_grpc_url: str = field(repr=False)
    weaviate_api_key: str = field(repr=False)
    #: Where the Celery app is, as "module:attribute".
    celery_app: str
    #: Own graphs, as `langgraph.json` names them.
    graphs: tuple[GraphSettings, ...] = ()
    #: Keys of that file that have no effect here.
    graphs_unused: tuple[str, ...] = ()

    @property
    def uploads_dir(self) -> Path:
        """Where uploaded files wait for a worker."""
        return uploads_in(self.var_dir)


def uploads_in(var_dir: Path) -> Path:
    """Return where uploaded files wait for a worker."""
    return var_dir / "uploads"
