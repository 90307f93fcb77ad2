"""What the Django project tells Lectern: read by `bootstrap` and by entry points, never by the rooms."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: The database in VAR_DIR when DATABASE_URL names no other.
ROWS_FILE = "lectern.sqlite3"


@dataclass(frozen=True, kw_only=True)
class LecternSettings:
    """Values of the environment, read and checked by `config/env.py`. Times in seconds."""

    root: Path
    var_dir: Path
    host: str
    port: int
    broker_url: str
    result_backend: str
    #: True when no broker was named, so that `make run` starts its own on `broker_socket`.
    broker_is_bundled: bool
    broker_socket: Path
    #: Environment for programs that `make run` starts.
    child_environment: Mapping[str, str]
    default_course_id: str
    result_expires: float
    run_deadline: float
    run_max_attempts: int
    worker_concurrency: int
    wsgi_threads: int
    sync_ask_seconds: float
    embedding_threads: int
    cors_allowed_origins: tuple[str, ...]
    #: Serve without authentication on addresses that other machines reach.
    allow_open: bool
    #: Where the Celery app is, as "module:attribute".
    celery_app: str
    #: Further workloads, each as "module:attribute" of a `Workload`.
    workloads: tuple[str, ...] = ()
