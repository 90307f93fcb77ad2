"""Ask Celery's workers and the broker what they do, without waiting for one that is away."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from celery import Celery
from kombu.connection import Connection

from lectern.adapters.celery.broker import TRANSPORT, broker_call, waiting_messages

#: For a look that is over in a moment: a broker that is frozen fails, too.
_ONCE = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0, "max_retries": 0}

#: Rows of a table: column -> value.
Rows = list[dict[str, Any]]


def inspect_cluster(app: Celery, queues: Iterable[str], timeout: float) -> dict[str, Rows]:
    """Return tables "queues", "stats", "active" and "scheduled"; "stats" has no row when no worker answers.

    `timeout` is how many seconds the workers get to answer. Raises `BrokerUnavailable` within about a second.
    """
    with (
        broker_call(),
        app.connection_for_write(transport_options=TRANSPORT, connect_timeout=1) as connection,
    ):
        inspect = app.control.inspect(timeout=timeout, connection=connection)
        tables = {"queues": [_queue(connection, queue) for queue in queues]}
        stats = inspect.stats() or inspect.stats() or {}  # a busy worker may miss the first call
        active, etas = (inspect.active() or {}, inspect.scheduled() or {}) if stats else ({}, {})
        tables["stats"] = [_worker(name, values) for name, values in sorted(stats.items())]
        tables["active"] = [_task(name, task) for name, tasks in sorted(active.items()) for task in tasks]
        tables["scheduled"] = [_eta(name, task) for name, tasks in sorted(etas.items()) for task in tasks]
        return tables


def reach_broker(app: Celery) -> None:
    """Return when the broker takes a connection. Raises `BrokerUnavailable` within about a second."""
    with broker_call(), app.connection_for_write(transport_options=_ONCE) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)


def duration(seconds: float) -> str:
    """Return a length of time in the words of a table."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _queue(connection: Connection, queue: str) -> dict[str, Any]:
    return {"queue": queue, "messages": waiting_messages(connection, queue)}


def _worker(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    pool = values.get("pool", {})
    return {
        "worker": name,
        "pool": str(pool.get("implementation", "")).rsplit(":", 1)[0].rsplit(".", 1)[-1],
        "concurrency": pool.get("max-concurrency", ""),
        "processed": sum(values.get("total", {}).values()),
        "pid": values.get("pid", ""),
        "uptime": duration(values.get("uptime", 0)),
    }


def _task(worker: str, task: Mapping[str, Any]) -> dict[str, Any]:
    since = time.time() - task["time_start"] if task.get("time_start") else 0
    return {"task": task["id"], "name": task["name"], "worker": worker, "running for": duration(since)}


def _eta(worker: str, task: Mapping[str, Any]) -> dict[str, Any]:
    return {"what": task["request"]["name"], "when": task["eta"], "where": worker}
