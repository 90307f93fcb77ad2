"""The variables of the environment, one line each: how its text is read, what holds without it, and what it means."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from config.providers import PROVIDERS, embedding_name, model_name

ROOT = Path(__file__).resolve().parent.parent


def _text(value: str) -> str:
    return value


def _port(value: str) -> int:
    number = int(value)
    if not 1 <= number <= 65535:
        raise ValueError("a port from 1 to 65535")
    return number


def _count(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError("a whole number from 1")
    return number


def _seconds(value: str) -> float:
    number = float(value)
    if not 0 < number < 10**9:
        raise ValueError("a number of seconds above 0")
    return number


def _switch(value: str) -> bool:
    try:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[value.lower()]
    except KeyError:
        raise ValueError("true or false") from None


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _origins(value: str) -> tuple[str, ...]:
    origins = _names(value)
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or origin == "*":
            raise ValueError("origins such as https://lms.example.org, separated by commas")
    return origins


def _folder(value: str) -> Path:
    path = Path(value).expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise ValueError(f"a folder that can be made or is there ({exc.strerror})") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise ValueError("a folder that this user may write to")
    return path


def _file(value: str) -> Path:
    path = Path(value).expanduser().absolute()
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ValueError("a file that this user may write, in a folder that is there")
    return path


def _named_file(value: str) -> Path:
    path = Path(value).expanduser().absolute()
    if not path.is_file() or not os.access(path, os.R_OK):
        raise ValueError("a file that is there and can be read")
    return path


def _token(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value or len(value) < 16:
        raise ValueError("at least 16 letters, digits and signs of ASCII without a blank")
    return value


def _level(value: str) -> str:
    if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("DEBUG, INFO, WARNING or ERROR")
    return value.upper()


def _broker(value: str) -> str:
    """Take any of the forms in use; kombu wants `redis+socket://` where redis-py wants `unix://`."""
    if value.startswith("unix://"):
        value = "redis+socket://" + value.removeprefix("unix://").replace("?db=", "?virtual_host=")
    parts = _split(value)
    if parts.scheme not in ("redis", "rediss", "redis+socket", "amqp", "amqps"):
        raise ValueError("a URL that begins with redis://, rediss://, redis+socket://, unix:// or amqp://")
    return value


def _backend(value: str) -> str:
    value = _broker(value)
    if value.startswith("amqp"):
        raise ValueError("a redis://, rediss://, redis+socket:// or unix:// URL")
    return value


#: What the extra `postgres` brings.
_POSTGRES = ("psycopg", "psycopg_pool", "langgraph.checkpoint.postgres")
_INSTALL_POSTGRES = ".venv/bin/uv pip install -r pyproject.toml --extra postgres -c requirements/server.txt"


def _database(value: str) -> str:
    parts = _split(value)
    if parts.scheme not in ("sqlite", "postgres", "postgresql"):
        raise ValueError("sqlite:///path or postgresql://user:password@host:port/name")
    if parts.scheme != "sqlite" and not all(map(find_spec, _POSTGRES)):
        raise ValueError(f"sqlite:///path; for PostgreSQL install its driver first: {_INSTALL_POSTGRES}")
    return value


def _split(value: str) -> SplitResult:
    """Return the parts of a URL. Of one that is none nothing is said that urllib quotes: it may hold a password."""
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValueError(
            "a URL whose host and password have special characters written as %40 and the like"
        ) from None
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("a URL whose port is a number from 1 to 65535") from None
    return parts


def _address(value: str) -> str:
    parts = _split(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a URL that begins with http:// or https://")
    return value


def _bare_server(value: str, schemes: Collection[str], *, form: str, instead: str) -> None:
    """Refuse what is no address of `form`, with nothing behind the port; `instead` tells where a password goes."""
    parts = _split(value)
    if parts.scheme not in schemes or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError(form)
    if "@" in parts.netloc:
        raise ValueError(f"an address without user and password{instead}")


#: What the extra `neo4j` brings.
_NEO4J = ("neo4j", "circuitbreaker")
_INSTALL_NEO4J = ".venv/bin/uv pip install -r pyproject.toml --extra neo4j -c requirements/server.txt"
_NEO4J_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


def _neo4j(value: str) -> str:
    _bare_server(
        value,
        _NEO4J_SCHEMES,
        form="bolt://host:port, neo4j://host:port, or one of them with +s for TLS",
        instead=", which NEO4J_USER and NEO4J_PASSWORD have",
    )
    if not all(map(find_spec, _NEO4J)):
        raise ValueError(f"nothing, unless Neo4j's driver is installed: {_INSTALL_NEO4J}")
    return value


#: What the extra `weaviate` brings.
_WEAVIATE = ("weaviate", "circuitbreaker")
_INSTALL_WEAVIATE = ".venv/bin/uv pip install -r pyproject.toml --extra weaviate -c requirements/server.txt"


def _weaviate(value: str) -> str:
    _bare_server(
        value,
        ("http", "https"),
        form="http://host:port, or https://host:port for TLS",
        instead="; a key is given by WEAVIATE_API_KEY",
    )
    if not all(map(find_spec, _WEAVIATE)):
        raise ValueError(f"nothing, unless Weaviate's client is installed: {_INSTALL_WEAVIATE}")
    return value


def _fallback(value: str) -> str:
    if value not in ("extractive", "fail"):
        raise ValueError("extractive or fail")
    return value


@dataclass(frozen=True)
class Variable:
    """One variable: how its text is read, what holds without it, and what it means."""

    parse: Callable[[str], Any]
    default: str
    meaning: str
    #: Its value must not be shown.
    secret: bool = False

    def read(self, text: str) -> Any:
        """Return the value of `text`; empty means the default. Raises `ValueError` that tells what was expected."""
        text = text.strip() or self.default
        is_list = self.parse in (_names, _origins)
        try:
            return self.parse(text) if text or is_list else ""
        except ValueError as exc:
            is_pythons = "invalid literal" in str(exc) or "could not convert" in str(exc)
            shown = "(not shown)" if self.secret else repr(text)
            raise ValueError(
                f"{shown}: expected {'a number' if is_pythons else exc} ({self.meaning})."
            ) from None


#: Everything that Lectern reads from its environment. `docs/reference/settings.md` lists the same.
VARIABLES: dict[str, Variable] = {
    "HOST": Variable(_text, "127.0.0.1", "address that `make run` serves on"),
    "PORT": Variable(_port, "8000", "port that `make run` serves on"),
    "VAR_DIR": Variable(_folder, str(ROOT / "var"), "folder for everything that Lectern writes"),
    "SECRET_KEY": Variable(_text, "", "Django's signing key; made once in VAR_DIR when empty", secret=True),
    "ALLOWED_HOSTS": Variable(_names, "", "host names besides the loopback's that requests may name"),
    "CORS_ALLOWED_ORIGINS": Variable(
        _origins, "", "origins besides the loopback's whose pages may call the API"
    ),
    "ALLOW_OPEN": Variable(
        _switch, "false", "serve, without authentication, on addresses that other machines reach"
    ),
    "HEARTBEAT_FILE": Variable(
        _file, "", "file whose date worker and beat renew while they live, for health checks"
    ),
    "UPLOAD_TOKEN": Variable(
        _token, "", "secret that uploads must show; without it ALLOW_OPEN forbids them", secret=True
    ),
    "UPLOAD_MAX_BYTES": Variable(_count, "250000000", "largest upload, all its files together"),
    "LOG_LEVEL": Variable(_level, "INFO", "least level that is logged"),
    "DATABASE_URL": Variable(_database, "", "SQL database; a SQLite file in VAR_DIR when empty", secret=True),
    "CELERY_BROKER_URL": Variable(_broker, "", "broker; see REDIS_HOST", secret=True),
    "CELERY_RESULT_BACKEND": Variable(
        _backend, "", "Celery's result backend; the broker when empty", secret=True
    ),
    "REDIS_HOST": Variable(_text, "", "host of Redis or Valkey when CELERY_BROKER_URL is empty"),
    "REDIS_PORT": Variable(_port, "6379", "its port"),
    "DEFAULT_COURSE_ID": Variable(_text, "", "course of a question that names none"),
    "RESULT_EXPIRES": Variable(_seconds, "3600", "seconds that a result is served after its run ended"),
    "RUN_DEADLINE": Variable(_seconds, "120", "seconds from a run's first claim until it is given up"),
    "RUN_MAX_ATTEMPTS": Variable(_count, "5", "times that a run is claimed before it is given up"),
    "LANGGRAPH_CONFIG": Variable(
        _named_file,
        "",
        "file that names own graphs; langgraph.json beside manage.py when empty, if it is there",
    ),
    "WORKER_CONCURRENCY": Variable(_count, "500", "runs at once in a worker without --concurrency"),
    "BATCH_CONCURRENCY": Variable(_count, "2", "embedding batches at once in a worker, beside its runs"),
    "WORKER_GRACE": Variable(
        _seconds, "3", "seconds that runs get to end by themselves when their worker stops"
    ),
    "NODE_THREADS": Variable(_count, "32", "threads for graph nodes that block, per worker"),
    "WSGI_THREADS": Variable(_count, "32", "requests at once in Django's views, per web process"),
    "SYNC_ASK_SECONDS": Variable(_seconds, "60", "longest wait of POST /api/ai/ask/"),
    "EMBEDDING_THREADS": Variable(
        _count, "2", "threads of the bundled embedding model for the texts of one call"
    ),
    "EMBEDDING_MODEL": Variable(
        embedding_name,
        "",
        "hosted embedding model as provider:model; the bundled all-MiniLM-L6-v2 when empty",
    ),
    "EMBEDDING_BASE_URL": Variable(
        _address, "", "address of the embedding model's server; its provider's when empty", secret=True
    ),
    "EMBEDDING_TIMEOUT": Variable(
        _seconds, "10", "seconds that one request to a hosted embedding model may take"
    ),
    "LLM_MODEL": Variable(
        model_name, "", "language model as provider:model; answers are quotes of the course when empty"
    ),
    "LLM_BASE_URL": Variable(
        _address, "", "address of the model's server; its provider's when empty", secret=True
    ),
    "LLM_MAX_CONCURRENCY": Variable(_count, "8", "calls of the model at once, of all workers together"),
    "LLM_TIMEOUT": Variable(_seconds, "30", "seconds that one call of the model may take"),
    "LLM_TOKEN_BUDGET": Variable(_count, "20000", "tokens that one run may use, read and written"),
    "LLM_CONCEPTS_BUDGET": Variable(
        _count, "1000000", "tokens that one build_concepts --with-model may use, without --budget"
    ),
    "LLM_FALLBACK": Variable(
        _fallback, "extractive", "without the model: `extractive` quotes the course, `fail` ends as FAILURE"
    ),
    "NEO4J_URI": Variable(
        _neo4j, "", "address of a Neo4j that may hold the concepts; they stay in SQL when empty", secret=True
    ),
    "NEO4J_USER": Variable(_text, "neo4j", "its user"),
    "NEO4J_PASSWORD": Variable(_text, "", "its user's password", secret=True),
    "WEAVIATE_URL": Variable(
        _weaviate,
        "",
        "address of a Weaviate that may hold the passages; they stay in VAR_DIR when empty",
        secret=True,
    ),
    "WEAVIATE_GRPC_URL": Variable(
        _weaviate, "", "where it speaks gRPC; its host's port 50051 when empty", secret=True
    ),
    "WEAVIATE_API_KEY": Variable(_text, "", "key that it wants", secret=True),
    **{
        provider.key: Variable(_text, "", f"key for `{name}:` models", secret=True)
        for name, provider in PROVIDERS.items()
        if provider.key
    },
}
