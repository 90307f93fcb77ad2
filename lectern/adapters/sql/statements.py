"""Statements that every run needs several times, written out: the ORM would take several times as long to build each.

They name the tables as they are: SQLite's RETURNING knows no alias. Statuses are written into them, since an index with a
condition serves a statement only if that says the same. Values of others are parameters, named as their columns.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any
from zlib import crc32

from django.db import connection

from lectern.adapters.sql.models import RunRow
from lectern.adapters.sql.time import StoreClock
from lectern.engine.domain.run import UNFINISHED, WAITING, Run, RunStatus

#: Columns of a run that are its fields too.
SAME = (
    "id", "workload", "queue", "input", "owner", "tenant", "thread_id", "group_id", "metadata", "step", "attempt",
    "max_attempts", "deadline_seconds", "token", "worker_id", "created_at", "dispatched_at", "not_before", "started_at",
    "finished_at", "result", "error", "error_code", "fingerprint", "checkpoint_id",
)  # fmt: skip

#: Names the windows among PostgreSQL's advisory locks.
_WINDOWS = 0x6C656374

_CONVERTED = (*SAME, "subgraph_heads")


def _any_of(statuses: Iterable[RunStatus]) -> str:
    return ", ".join(f"'{status.value}'" for status in sorted(statuses))


def _given(column: str, key: str, by: str = "id") -> str:
    """Return what was given for the row whose key this is."""
    return f"(SELECT given.{column} FROM given WHERE given.{by} = {key})"


#: It waits, its time has come, and no earlier run of its thread is unfinished.
_ELIGIBLE = f"""lectern_run.status IN ({_any_of(WAITING)})
    AND (lectern_run.not_before IS NULL OR lectern_run.not_before <= {{now}})
    AND (lectern_run.thread_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM lectern_run AS earlier WHERE earlier.thread_id = lectern_run.thread_id
        AND earlier.seq < lectern_run.seq AND earlier.status IN ({_any_of(UNFINISHED)})))"""

#: The last answered turns before that of each run. One index finds where they begin, and what lies between.
TURNS_BEFORE = """WITH given (id) AS ({given})
    SELECT mine.run_id, turn.run_id, turn.number, turn.input, turn.output, turn.created_at
    FROM lectern_turn AS mine JOIN lectern_turn AS turn ON turn.thread_id = mine.thread_id
    AND turn.number < mine.number AND turn.output IS NOT NULL AND turn.number >= COALESCE((
        SELECT first.number FROM lectern_turn AS first WHERE first.thread_id = mine.thread_id
        AND first.number < mine.number AND first.output IS NOT NULL ORDER BY first.number DESC LIMIT 1 OFFSET %(limit)s
    ), 0)
    WHERE mine.run_id IN (SELECT given.id FROM given) ORDER BY turn.number"""

#: A whole run.
_RUN = ", ".join((*_CONVERTED, "status")) + (
    ', (SELECT lectern_thread."key" FROM lectern_thread WHERE lectern_thread.id = lectern_run.thread_id)'
)

GET = f"SELECT {_RUN} FROM lectern_run WHERE lectern_run.id = %(id)s"

OLDEST_ELIGIBLE = f"""SELECT {_RUN} FROM lectern_run WHERE lectern_run.queue = %(queue)s AND {_ELIGIBLE}
    ORDER BY lectern_run.seq LIMIT 1"""

OWED = f"""SELECT {_RUN} FROM lectern_run WHERE copied_at IS NULL AND finished_at IS NOT NULL
    AND finished_at >= %(finished_at)s ORDER BY seq LIMIT %(limit)s"""

#: The thread of that name, made if there is none. Either way its row is locked: two questions of one thread get their
#: order here, also when two processes accept them at once.
THREAD = """INSERT INTO lectern_thread (id, workload, owner, tenant, "key", created_at)
    VALUES (%(thread_id)s, %(workload)s, %(owner)s, %(tenant)s, %(key)s, {now})
    ON CONFLICT (workload, owner, tenant, "key") DO UPDATE SET tenant = excluded.tenant RETURNING id"""

_NEW = (
    "id", "workload", "queue", "input", "owner", "tenant", "thread_id", "group_id", "metadata", "status", "step",
    "max_attempts", "deadline_seconds",
)  # fmt: skip
_EMPTY = {"attempt": "0", "error": "''", "error_code": "''", "fingerprint": "''"}

ADD = f"""INSERT INTO lectern_run ({", ".join((*_NEW, *_EMPTY))}, created_at)
    VALUES ({", ".join(f"%({name})s" for name in _NEW)}, {", ".join(_EMPTY.values())}, {{now}}) RETURNING {_RUN}"""

TURN = """INSERT INTO lectern_turn (thread_id, number, run_id, input, created_at)
    SELECT %(thread_id)s, COALESCE(MAX(number), 0) + 1, %(id)s, %(input)s, {now}
    FROM lectern_turn WHERE thread_id = %(thread_id)s RETURNING number"""

#: `THREAD`, `ADD` and `TURN` for a thread that nobody knows yet, for PostgreSQL: without the round trips of a transaction.
ADD_IN_NEW_THREAD = f"""WITH thread AS (
    INSERT INTO lectern_thread (id, workload, owner, tenant, "key", created_at)
    VALUES (%(thread_id)s, %(workload)s, %(owner)s, %(tenant)s, %(key)s, {{now}})
), turn AS (
    INSERT INTO lectern_turn (thread_id, number, run_id, input, created_at)
    VALUES (%(thread_id)s, 1, %(id)s, %(input)s, {{now}})
) {ADD}"""

ANSWERED = f"""WITH given (id, result) AS ({{given}}) UPDATE lectern_turn SET output = {_given("result", "run_id")}
    WHERE run_id IN (SELECT given.id FROM given) RETURNING number"""

#: True. The change need not be on PostgreSQL's disk when it is answered: whatever follows it durably takes it along, and
#: without it all is as if it had not been made yet. Saves the wait for a disk.
_SOON = "{soon}"

CLAIM = f"""WITH given (id, token) AS ({{given}}) UPDATE lectern_run SET status = '{RunStatus.RUNNING}',
    token = {_given("token", "lectern_run.id")}, worker_id = %(worker_id)s, attempt = attempt + 1, step = %(step)s,
    not_before = NULL, started_at = COALESCE(started_at, {{now}}), error = '', error_code = ''
    WHERE lectern_run.id IN (SELECT given.id FROM given) AND {_ELIGIBLE} AND {_SOON} RETURNING {_RUN}"""

_GIVEN_RESULTS = "WITH given (id, token, result) AS ({given})"
#: By tokens: a run may be given twice, by an attempt that lost it and by its successor.
_END = f"""UPDATE lectern_run SET status = '{RunStatus.SUCCEEDED}', token = NULL, worker_id = NULL, dispatched_at = NULL,
    result = {_given("result", "lectern_run.token", by="token")}, step = 'Done',
    error = '', error_code = '', finished_at = {{now}}
    WHERE lectern_run.id IN (SELECT given.id FROM given) AND lectern_run.status = '{RunStatus.RUNNING}'
    AND lectern_run.token IN (SELECT given.token FROM given) RETURNING {_RUN}"""

SUCCEED = f"{_GIVEN_RESULTS} {_END}"

#: `SUCCEED` and `ANSWERED`, for PostgreSQL: without the round trips of a transaction of two statements.
SUCCEED_AND_ANSWER = f"""{_GIVEN_RESULTS}, ended AS ({_END}), answered AS (
    UPDATE lectern_turn SET output = ended.result FROM ended WHERE lectern_turn.run_id = ended.id)
    SELECT * FROM ended"""

PAID = f"""WITH given (id) AS ({{given}}) UPDATE lectern_run SET copied_at = {{now}}
    WHERE id IN (SELECT given.id FROM given) AND {_SOON} RETURNING seq"""

_DISPATCHED = f"""SELECT COUNT(*) FROM lectern_run AS held
    WHERE held.queue = %(queue)s AND held.status IN ({_any_of(WAITING)}) AND held.dispatched_at IS NOT NULL"""

#: MATERIALIZED: as a subquery it may be executed again for each row, and fill the window several times.
TAKE_ELIGIBLE = f"""WITH chosen AS MATERIALIZED (
    SELECT lectern_run.seq FROM lectern_run WHERE lectern_run.queue = %(queue)s AND lectern_run.dispatched_at IS NULL
    AND {_ELIGIBLE} ORDER BY lectern_run.seq
    LIMIT (SELECT CASE WHEN room > 0 THEN room ELSE 0 END FROM (SELECT %(window)s - ({_DISPATCHED}) AS room) AS there)
    {{skip_locked}})
    UPDATE lectern_run SET dispatched_at = {{now}} WHERE seq IN (SELECT chosen.seq FROM chosen) AND {_SOON}
    RETURNING seq, id"""


def note(changes: Iterable[str]) -> str:
    """Return the statement that writes columns of a running run under its token, `held`."""
    sets = ", ".join(f"{name} = %({name})s" for name in changes)
    return f"""UPDATE lectern_run SET {sets}
        WHERE id = %(id)s AND status = '{RunStatus.RUNNING}' AND token = %(held)s AND {_SOON} RETURNING seq"""


def move(allowed: Iterable[RunStatus], changes: Iterable[str], *, ends: bool, under_token: bool) -> str:
    """Return the statement by which a status changes; `changes` are further columns, `held` the token that must be."""
    sets = ", ".join(f"{name} = %({name})s" for name in ("status", *changes))
    finished = ", finished_at = {now}" if ends else ""
    token = " AND lectern_run.token = %(held)s" if under_token else ""
    return f"""UPDATE lectern_run SET token = NULL, worker_id = NULL, dispatched_at = NULL, {sets}{finished}
        WHERE lectern_run.id = %(id)s AND lectern_run.status IN ({_any_of(allowed)}){token} RETURNING {_RUN}"""


def execute(
    statement: str, clock: StoreClock, given: Sequence[Mapping[str, Any]] = (), **parameters: Any
) -> list[tuple[Any, ...]]:
    """Execute a statement and return its rows.

    `{now}` in it becomes the store's time, `{given}` a table of the rows that are given, `{soon}` a condition that holds.
    """
    text, values = _written(statement, clock, given, parameters)
    return (execute_prepared if connection.vendor == "postgresql" else _execute)(text, values)


def _written(
    statement: str, clock: StoreClock, given: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]
) -> tuple[str, Mapping[str, Any]]:
    """Return a statement as the database takes it, and its values."""
    now, at = clock.expression()
    values = {name: _prepared(name, value) for name, value in {**parameters, **at}.items()}
    on_postgres = connection.vendor == "postgresql"
    table, rows = (_arrays if on_postgres else _values)(given)
    soon = "set_config('synchronous_commit', 'off', true) = 'off'" if on_postgres else "TRUE"
    text = statement.format(now=now, given=table, skip_locked=_skip_locked(), soon=soon)
    return text, {**values, **rows}


def execute_prepared(text: str, values: Any) -> list[tuple[Any, ...]]:
    """Execute a statement that PostgreSQL plans once a connection; Django has each planned anew, for half of its time."""
    with _cursors(text) as [cursor]:
        return list(cursor.execute(text.encode(), values, prepare=True).fetchall())


@contextmanager
def _cursors(*texts: str) -> Iterator[list[Any]]:
    """Give a cursor of psycopg's own, on Django's connection, for each of these statements."""
    from psycopg import Cursor

    connection.close_if_health_check_failed()  # as Django does before each statement of its own
    connection.ensure_connection()
    if connection.queries_logged:
        connection.queries_log.extend({"sql": text, "time": ""} for text in texts)
    with connection.wrap_database_errors, ExitStack() as stack:
        yield [stack.enter_context(Cursor(connection.connection)) for _ in texts]


def _execute_at_once(*orders: tuple[str, Any]) -> list[tuple[Any, ...]]:
    """Execute statements on PostgreSQL by one message, as one transaction; return the rows of the last.

    The message ends the transaction, too, before anything of its answer is read: the server does not take one whose end
    has not come for idle, so what a worker that is stopped then had locked would be so for as long as it is.
    """
    with _cursors(*(text for text, _ in orders)) as cursors:
        with connection.connection.pipeline():
            for cursor, (text, values) in zip(cursors, orders, strict=True):
                cursor.execute(text.encode(), values, prepare=True)
        return list(cursors[-1].fetchall())


def _execute(text: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return list(cursor.fetchall())


def _values(given: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Return rows as words of SQL, and their parameters."""
    rows: list[str] = []
    values: dict[str, Any] = {}
    for number, row in enumerate(given):
        rows.append(f"({', '.join(f'%({name}_{number})s' for name in row)})")
        values |= {f"{name}_{number}": _prepared(name, value) for name, value in row.items()}
    return f"VALUES {', '.join(rows)}", values


def _arrays(given: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Return rows in words that are the same for any number of them: one parameter is one column of all."""
    names = list(given[0]) if given else []
    columns = ", ".join(f"%(given_{name})s::{_column(name).db_type(connection)}[]" for name in names)
    values = {f"given_{name}": [_prepared(name, row[name]) for row in given] for name in names}
    return f"SELECT * FROM unnest({columns})", values


def runs(
    statement: str, clock: StoreClock, given: Sequence[Mapping[str, Any]] = (), **parameters: Any
) -> list[Run]:
    """Execute a statement and return the runs that it selects or has changed."""
    return [_run(row) for row in execute(statement, clock, given, **parameters)]


def take_eligible(queue: str, window: int, clock: StoreClock) -> list[tuple[Any, ...]]:
    """Execute `TAKE_ELIGIBLE`, and return number and id of each run taken.

    One transaction at a time fills the window of a queue: two that count its room at once would both fill it. SQLite has
    one writer at a time anyway.
    """
    text, values = _written(TAKE_ELIGIBLE, clock, (), {"queue": queue, "window": window})
    if connection.vendor != "postgresql":
        return _execute(text, values)
    lock = "SELECT pg_advisory_xact_lock(%s::int, %s::int)"
    return _execute_at_once((lock, [_WINDOWS, crc32(queue.encode()) - 2**31]), (text, values))


def _prepared(name: str, value: Any) -> Any:
    """Return a value as the database's driver takes it for the column."""
    if name in ("window", "limit", "key"):
        return value
    return _column("token" if name == "held" else name).get_db_prep_save(value, connection)


def _run(row: tuple[Any, ...]) -> Run:
    *found, status, thread_key = row
    values = dict(zip(_CONVERTED, found, strict=True))
    for name, expression, converters in _converters(connection.vendor):
        for convert in converters:
            values[name] = convert(values[name], expression, connection)
    values["subgraph_heads"] = values["subgraph_heads"] or {}
    return Run(**values, status=RunStatus(status), thread_key=thread_key or "")


@cache
def _converters(_vendor: str) -> list[tuple[str, Any, list[Any]]]:
    """Return what Django does to the values that a driver gives in a form of its own."""
    columns = [_column(name).get_col(RunRow._meta.db_table) for name in _CONVERTED]
    found = RunRow.objects.all().query.get_compiler(connection.alias).get_converters(columns)
    return [
        (_CONVERTED[index], expression, list(converters)) for index, (converters, expression) in found.items()
    ]


def _column(name: str) -> Any:
    return RunRow._meta.get_field(name)


def _skip_locked() -> str:
    skips = connection.features.has_select_for_update_skip_locked
    return "FOR UPDATE OF lectern_run SKIP LOCKED" if skips else ""
