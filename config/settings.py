"""Django's settings, all from `config/env.py`."""

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url

from config import env, graphs, variables
from config.logging import logging_config
from lectern.base.restoring import finish_restore
from lectern.base.settings import ROWS_FILE, LecternSettings, uploads_in

_env = env.read()
env.export_for_celery(_env)
VAR_DIR: Path = _env["VAR_DIR"]
finish_restore(VAR_DIR)  # before anything in it is opened


def _secret_key() -> str:
    """Return the given key, or this installation's own, made at the first start."""
    if _env["SECRET_KEY"]:
        return str(_env["SECRET_KEY"])
    path = VAR_DIR / "secret_key"
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        draft.replace(path)
    return path.read_text()


def _database() -> dict[str, Any]:
    url = _env["DATABASE_URL"] or f"sqlite:///{VAR_DIR / ROWS_FILE}"
    database: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    if "sqlite" in database["ENGINE"]:
        # IMMEDIATE takes the write lock where a transaction begins: no deadlock in its middle. FULL: a commit that was
        # answered with 202 outlives a power cut.
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;"
        database["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "init_command": pragmas, "timeout": 5}
        database["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}  # a file: threads of the tests share it
    else:
        given: dict[str, Any] = database.get("OPTIONS", {})  # by the URL, such as ?sslmode=require
        # A worker that is stopped in mid-transaction must not hold its locks longer than its lease.
        timeouts = "-c lock_timeout=5000 -c idle_in_transaction_session_timeout=8000"
        database["OPTIONS"] = {
            "connect_timeout": 3,
            # A server whose machine is gone says nothing: it is given up after about ten seconds, not after hours.
            **{
                "keepalives_idle": 4,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": 10_000,
            },
            **given,
            "options": f"{timeouts} {given.get('options', '')}".strip(),
        }
    return database


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *_env["ALLOWED_HOSTS"]]
INSTALLED_APPS = [
    "lectern.adapters.sql.apps.SqlConfig",
    "lectern.entrypoints.apps.EntrypointsConfig",
    "ninja",
]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
STATIC_URL = "/static/"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
# Uploaded files are written to the disk that keeps them, never held in memory.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = uploads_in(VAR_DIR)
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)
DATA_UPLOAD_MAX_NUMBER_FILES = 100  # `MOST_FILES` in http/requests.py
LOGGING_CONFIG = "config.logging.configure"
LOGGING = logging_config(_env["LOG_LEVEL"])


def _graphs() -> graphs.Graphs:
    """Return the graphs of the file that was named, else of the project's own; none when it has no such file."""
    path = _env["LANGGRAPH_CONFIG"] or variables.ROOT / graphs.FILE
    return graphs.read(path) if path.is_file() else graphs.Graphs()


_own_graphs = _graphs()
_broker_url = env.broker_url(_env)
_result_backend = _env["CELERY_RESULT_BACKEND"] or ("" if _broker_url.startswith("amqp") else _broker_url)
LECTERN = LecternSettings(
    root=variables.ROOT,
    var_dir=VAR_DIR,
    host=_env["HOST"],
    port=_env["PORT"],
    broker_url=_broker_url,
    result_backend=_result_backend,
    valkey_url=env.valkey_url(_broker_url, _result_backend),
    broker_is_bundled=env.wants_bundled_broker(_env),
    broker_socket=env.bundled_socket_of(_env),
    child_environment=env.child_environment(),
    default_course_id=_env["DEFAULT_COURSE_ID"],
    result_expires=_env["RESULT_EXPIRES"],
    run_deadline=_env["RUN_DEADLINE"],
    run_max_attempts=_env["RUN_MAX_ATTEMPTS"],
    worker_concurrency=_env["WORKER_CONCURRENCY"],
    batch_concurrency=_env["BATCH_CONCURRENCY"],
    worker_grace=_env["WORKER_GRACE"],
    node_threads=_env["NODE_THREADS"],
    wsgi_threads=_env["WSGI_THREADS"],
    sync_ask_seconds=_env["SYNC_ASK_SECONDS"],
    embedding_threads=_env["EMBEDDING_THREADS"],
    embedding_model=_env["EMBEDDING_MODEL"],
    embedding_base_url=_env["EMBEDDING_BASE_URL"],
    embedding_api_key=env.api_key(_env, "EMBEDDING_MODEL"),
    embedding_timeout=_env["EMBEDDING_TIMEOUT"],
    cors_allowed_origins=_env["CORS_ALLOWED_ORIGINS"],
    heartbeat_file=_env["HEARTBEAT_FILE"] or None,
    allow_open=_env["ALLOW_OPEN"],
    upload_token=_env["UPLOAD_TOKEN"],
    upload_max_bytes=_env["UPLOAD_MAX_BYTES"],
    llm_model=_env["LLM_MODEL"],
    llm_base_url=_env["LLM_BASE_URL"],
    llm_api_key=env.api_key(_env, "LLM_MODEL"),
    llm_max_concurrency=_env["LLM_MAX_CONCURRENCY"],
    llm_timeout=_env["LLM_TIMEOUT"],
    llm_token_budget=_env["LLM_TOKEN_BUDGET"],
    llm_concepts_budget=_env["LLM_CONCEPTS_BUDGET"],
    llm_falls_back=_env["LLM_FALLBACK"] == "extractive",
    neo4j_uri=_env["NEO4J_URI"],
    neo4j_user=_env["NEO4J_USER"],
    neo4j_password=_env["NEO4J_PASSWORD"],
    weaviate_url=_env["WEAVIATE_URL"],
    weaviate_grpc_url=_env["WEAVIATE_GRPC_URL"],
    weaviate_api_key=_env["WEAVIATE_API_KEY"],
    celery_app="config.celery:app",
    graphs=_own_graphs.graphs,
    graphs_unused=_own_graphs.unused,
)

CELERY_BROKER_URL = LECTERN.broker_url
CELERY_RESULT_BACKEND = LECTERN.result_backend or None
CELERY_RESULT_EXPIRES = LECTERN.result_expires
CELERY_IMPORTS = [
    "lectern.entrypoints.worker.tasks",
    "lectern.entrypoints.worker.lifecycle",
    "lectern.entrypoints.worker.control",
]
CELERY_WORKER_POOL = "lectern.adapters.celery.pool.coroutines:TaskPool"
CELERY_WORKER_CONSUMER = "lectern.adapters.celery.consumer:Consumer"
CELERY_WORKER_CONCURRENCY = LECTERN.worker_concurrency
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = True  # with the multiplier: a worker holds no more messages than it has slots
# Both are read by the pool and the consumer of ours.
CELERY_QUEUE_SLOTS = {"embeddings": LECTERN.batch_concurrency}
CELERY_LOOP_THREADS = LECTERN.node_threads
CELERY_TASK_DEFAULT_QUEUE = "langgraph"
CELERY_TASK_QUEUES: dict[str, Any] = {"langgraph": {}, "embeddings": {}}
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_ROUTES = {
    "lectern.process_langgraph_question": {"queue": "langgraph"},
    "lectern.process_embeddings_batch": {"queue": "embeddings"},
    "lectern.forget": {"queue": "embeddings"},
    "lectern.tend_concepts": {"queue": "embeddings"},
    "lectern.tend_passages": {"queue": "embeddings"},
}
CELERY_TASK_TRACK_STARTED = False  # the row tells; results hold outcomes only
CELERY_WORKER_SEND_TASK_EVENTS = False  # three messages a run; who watches (Flower) asks the workers for them
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # a lost broker ends no run
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_keepalive": True,
    "health_check_interval": 10,
    "socket_timeout": 5.0,  # a frozen server holds the thread that talks with it no longer
    # Ours, for Redis and Valkey; see `lectern/adapters/celery/transport.py`.
    "run_tasks": ["lectern.process_langgraph_question", "lectern.process_embeddings_batch"],
}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"retry_policy": {"timeout": 1.0, "max_retries": 1}}
CELERY_REDIS_SOCKET_TIMEOUT = 1.0
CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 1.0
CELERY_HEARTBEAT_FILE = LECTERN.heartbeat_file
CELERY_BEAT_SCHEDULER = "lectern.adapters.celery.scheduler:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 10.0
CELERY_BEAT_SCHEDULE = {
    # Expires: a queue that nobody serves does not fill up with it.
    "forget": {
        "task": "lectern.forget",
        "schedule": 300.0,
        "options": {"expires": 240, "queue": "embeddings"},
    },
}
if LECTERN.neo4j_uri:  # what was put off while it was away
    CELERY_BEAT_SCHEDULE["tend-concepts"] = {
        "task": "lectern.tend_concepts",
        "schedule": 60.0,
        "options": {"expires": 50, "queue": "embeddings"},
    }
if LECTERN.weaviate_url:  # what it owes
    CELERY_BEAT_SCHEDULE["tend-passages"] = {
        "task": "lectern.tend_passages",
        "schedule": 60.0,
        "options": {"expires": 50, "queue": "embeddings"},
    }
