"""The only reader of the environment: all variables together, what must hold between them, and every wrong one named at start."""

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.providers import provider_of
from config.variables import VARIABLES
from lectern.base.loopback import is_loopback_host
from lectern.base.paths import bundled_socket


class WrongSettings(SystemExit):
    """Some variables of the environment are wrong; the message names each, its value and what was expected."""


#: Variables that name a model, each with that of its server's address.
_SERVERS = {"LLM_MODEL": "LLM_BASE_URL", "EMBEDDING_MODEL": "EMBEDDING_BASE_URL"}
#: Where Weaviate speaks gRPC unless it is told.
_WEAVIATE_GRPC_PORT = 50051


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
        try:
            values[name] = variable.read(environ.get(name, ""))
        except ValueError as exc:
            wrong.append(f"  {name} = {exc}")
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
