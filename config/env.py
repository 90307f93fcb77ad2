"""The only reader of the environment: one line per variable, and every wrong one named at start."""

import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from config.providers import PROVIDERS, embedding_name, model_name, provider_of
from lectern.base.loopback import is_loopback_host
from lectern.base.paths import bundled_socket

ROOT = Path(__file__).resolve().parent.parent


class WrongSettings(SystemExit):
    """Some variables of the environment are wrong; the message names each, its value and what was expected."""


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


#: What the extra `neo4j` brings.
_NEO4J = ("neo4j", "circuitbreaker")
_INSTALL_NEO4J = ".venv/bin/uv pip install -r pyproject.toml --extra neo4j -c requirements/server.txt"
_NEO4J_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


def _neo4j(value: str) -> str:
    parts = _split(value)
    if parts.scheme not in _NEO4J_SCHEMES or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError("bolt://host:port, neo4j://host:port, or one of them with +s for TLS")
    if "@" in parts.netloc:
        raise ValueError("an address without user and password, which NEO4J_USER and NEO4J_PASSWORD have")
    if not all(map(find_spec, _NEO4J)):
        raise ValueError(f"nothing, unless Neo4j's driver is installed: {_INSTALL_NEO4J}")
    return value


#: What the extra `weaviate` brings.
_WEAVIATE = ("weaviate", "circuitbreaker")
_WEAVIATE_GRPC_PORT = 50051
_INSTALL_WEAVIATE = ".venv/bin/uv pip install -r pyproject.toml --extra weaviate -c requirements/server.txt"


def _weaviate(value: str) -> str:
    parts = _split(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError("http://host:port, or https://host:port for TLS")
    if "@" in parts.netloc:
        raise ValueError("an address without user and password; a key is given by WEAVIATE_API_KEY")
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
    "EMBEDDING_THREADS": Variable(_count, "2", "threads of the bundled embedding model"),
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


#: Variables that name a model, each with that of its server's address.
_SERVERS = {"LLM_MODEL": "LLM_BASE_URL", "EMBEDDING_MODEL": "EMBEDDING_BASE_URL"}


@dataclass(frozen=True)
class Environment:
    """The variables, read and checked."""

    values: Mapping[str, Any]
    #: Names that were set to something.
    given: frozenset[str]

    def __getitem__(self, name: str) -> Any:
        """Return a variable's value."""
        return self.values[name]


def read(environ: Mapping[str, str] = os.environ) -> Environment:
    """Return all variables; raise `WrongSettings` that lists every wrong one. Empty counts as not set."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, variable in VARIABLES.items():
        text = environ.get(name, "").strip() or variable.default
        try:
            values[name] = (
                variable.parse(text) if text or variable.parse is _names or variable.parse is _origins else ""
            )
        except ValueError as exc:
            shown = "(not shown)" if variable.secret else repr(text)
            expected = (
                str(exc)
                if "invalid literal" not in str(exc) and "could not convert" not in str(exc)
                else "a number"
            )
            wrong.append(f"  {name} = {shown}: expected {expected} ({variable.meaning}).")
    for model, address in _SERVERS.items():
        if missing := _missing_key(values, model, address):
            wrong.append(f"  {missing} is empty: expected the key of {model}'s provider, or {address}.")
    if values.get("NEO4J_URI") and not values["NEO4J_PASSWORD"]:
        wrong.append("  NEO4J_PASSWORD is empty: expected the password of NEO4J_USER for NEO4J_URI.")
    if values.get("WEAVIATE_GRPC_URL") and values.get("WEAVIATE_URL") == "":
        wrong.append("  WEAVIATE_URL is empty: expected the address that WEAVIATE_GRPC_URL belongs to.")
    if values.get("WEAVIATE_URL") and _is_one_port(
        values["WEAVIATE_URL"], values.get("WEAVIATE_GRPC_URL", "")
    ):
        wrong.append(
            f"  WEAVIATE_GRPC_URL (port {_WEAVIATE_GRPC_PORT} when empty) is the port of WEAVIATE_URL: "
            "expected another one, which speaks gRPC."
        )
    if wrong:
        raise WrongSettings("These settings are wrong; nothing was started:\n" + "\n".join(wrong))
    return Environment(values, frozenset(name for name in VARIABLES if environ.get(name, "").strip()))


def _is_one_port(http: str, grpc: str) -> bool:
    one, other = urlsplit(http), urlsplit(grpc or http)
    return (one.hostname, one.port) == (other.hostname, (other.port if grpc else None) or _WEAVIATE_GRPC_PORT)


def _missing_key(values: Mapping[str, Any], model: str, address: str) -> str:
    """Return the variable of the key that a model needs and lacks; a server of one's own may need none."""
    provider = provider_of(values.get(model, ""))
    needed = provider is not None and provider.key and not values.get(address)
    return provider.key if provider and needed and not values[provider.key] else ""


def api_key(environment: Environment, model: str) -> str:
    """Return the key of the provider that the variable `model` names, "" when there is none."""
    provider = provider_of(environment[model])
    return str(environment[provider.key]) if provider and provider.key else ""


def bundled_socket_of(environment: Environment) -> Path:
    """Return the path of the bundled Valkey's socket for this VAR_DIR."""
    return bundled_socket(environment["VAR_DIR"], os.environ.get("XDG_RUNTIME_DIR"))


def wants_bundled_broker(environment: Environment) -> bool:
    """True when no broker was named: then `make run` starts its own."""
    return not environment.given & {"CELERY_BROKER_URL", "REDIS_HOST"}


def broker_url(environment: Environment) -> str:
    """Return kombu's URL of the broker: the named one, else the bundled one if it runs, else this host's Redis."""
    if environment["CELERY_BROKER_URL"]:
        return str(environment["CELERY_BROKER_URL"])
    bundled = bundled_socket_of(environment)
    if wants_bundled_broker(environment) and _answers(bundled):
        return socket_url(bundled)
    return f"redis://{environment['REDIS_HOST'] or '127.0.0.1'}:{environment['REDIS_PORT']}/0"


def socket_url(path: Path) -> str:
    """Return kombu's URL of a Valkey that listens on a Unix socket."""
    return f"redis+socket://{path}?virtual_host=0"


def valkey_url(*urls: str) -> str:
    """Return the first of kombu's `urls` that is a Valkey's, as redis-py spells it; "" when there is none."""
    url = next((url for url in urls if url.startswith(("redis:", "rediss:", "redis+socket:"))), "")
    return url.replace("redis+socket://", "unix://").replace("?virtual_host=", "?db=")


def export_for_celery(environment: Environment) -> None:
    """Write back the two variables that Celery reads by itself, in the only form that it understands."""
    for name in environment.given & {"CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"}:
        os.environ[name] = environment[name]


def check_open_address(environment: Environment, arguments: Sequence[str] = sys.argv) -> None:
    """Stop a server that was told to listen where other machines reach it, unless `ALLOW_OPEN` says so.

    An ASGI app is not told its address. uvicorn, and others that use its words, were told it by `--host` or
    `UVICORN_HOST`; with any other server each request is looked at instead (`shell/edge.py`).
    """
    host = os.environ.get("UVICORN_HOST")
    for word, after in zip(arguments, (*arguments[1:], ""), strict=True):
        name, _, value = word.partition("=")
        if name == "--host":
            host = value or after
    if host is not None and not environment["ALLOW_OPEN"] and not is_loopback_host(host):
        raise WrongSettings(
            f"--host {host}: other machines reach this address, and Lectern does not check who asks; nothing was "
            "started. Listen on 127.0.0.1, or set ALLOW_OPEN=true."
        )


def child_environment(**changes: str) -> dict[str, str]:
    """Return this process's environment with `changes`, for programs that it starts."""
    return {**os.environ, **changes}


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
