"""A small Celery app whose tasks any pool runs: each is written once, and waits by `pause`."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

from celery import Celery, Task, signals
from celery.exceptions import Ignore, SoftTimeLimitExceeded

COROUTINES = "lectern.adapters.celery.pool.coroutines:TaskPool"

_URL = os.environ.get("CELERY_BROKER_URL")  # in the tests' own process a fixture names it
app = Celery("pool_app", broker=_URL, backend=_URL)
app.conf.update(
    worker_pool=os.environ.get("TEST_POOL", COROUTINES),
    worker_consumer="lectern.adapters.celery.consumer:Consumer",
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_prefetch_multiplier=1,
    worker_send_task_events=True,
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_default_queue="common",
    task_queues={"common": {}, "batches": {}},
    queue_slots={"batches": 2},
)
_PLACE = Path(os.environ["VAR_DIR"])
_LEDGER = _PLACE / "ledger"


class Pause:
    """Waits as the pool wants it: on the loop, or by holding the process."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __await__(self) -> Generator[Any, None, None]:
        if asyncio._get_running_loop() is None:
            time.sleep(self._seconds)
        else:
            yield from asyncio.sleep(self._seconds).__await__()


def released(name: str) -> Path:
    """The file that is there as soon as the tasks that hold for `name` may end."""
    return _PLACE / f"released-{name}"


def note(what: str, task_id: str) -> None:
    """Leave a line in the ledger: what, whose, when."""
    with _LEDGER.open("a") as ledger:
        ledger.write(f"{what} {task_id} {time.time()}\n")


def task(**options: Any) -> Callable[..., Any]:
    """Make a coroutine function a task of both kinds."""

    def register(body: Callable[..., Coroutine[Any, Any, Any]]) -> Any:
        def run(self: Any, *args: Any) -> Any:
            try:
                body(self, *args).send(None)  # `pause` never waits for a loop here
            except StopIteration as end:
                return end.value

        base = type("BothTask", (Task,), {"coroutine": body})
        return app.task(bind=True, base=base, name=body.__name__, **options)(run)

    return register


@task()
async def nap(self: Any, seconds: float, value: Any = None) -> Any:
    note("begin", self.request.id)
    try:
        await Pause(seconds)
        note("end", self.request.id)
    finally:
        note("finally", self.request.id)
    return value


async def _until_released(self: Any, name: str) -> str:
    note("begin", self.request.id)
    while not released(name).exists():
        await Pause(0.02)
    note("end", self.request.id)
    return name


@task()
async def hold(self: Any, name: str) -> str:
    """Run until the test releases `name`."""
    return await _until_released(self, name)


@task(acks_late=False)
async def hold_early(self: Any, name: str) -> str:
    """Do so, acknowledged before it begins."""
    return await _until_released(self, name)


@task()
async def who_am_i(self: Any, *args: Any) -> Any:
    await Pause(0.01)
    request = self.request
    return [request.id, request.retries, list(request.args), app.current_worker_task.name]


@task()
async def fail(self: Any) -> None:
    await Pause(0.01)
    raise KeyError("nobody has that")


@task(max_retries=3)
async def retry_twice(self: Any) -> int:
    await Pause(0.01)
    if self.request.retries < 2:
        raise self.retry(countdown=0)
    return int(self.request.retries)


@task(autoretry_for=(ValueError,), retry_kwargs={"max_retries": 1, "countdown": 0})
async def retry_by_itself(self: Any) -> None:
    note("begin", self.request.id)
    raise ValueError("always")


@task()
async def ignore(self: Any) -> None:
    note("begin", self.request.id)
    raise Ignore


@task(soft_time_limit=0.5)
async def soft(self: Any, tidy: bool) -> str:
    try:
        await Pause(20)
    except SoftTimeLimitExceeded:
        if not tidy:
            raise
        await Pause(0.05)
    return "tidied up"


@task(time_limit=0.5)
async def hard(self: Any) -> None:
    await Pause(20)


@task()
async def leave(self: Any) -> None:
    raise SystemExit(3)


@task()
async def count_rows(self: Any) -> int:
    from lectern.adapters.sql.models import WorkerRow

    await Pause(0.01)
    if asyncio._get_running_loop() is None:
        return WorkerRow.objects.count()
    return await asyncio.to_thread(WorkerRow.objects.count)


@app.task(name="count_rows_blocking")
def count_rows_blocking() -> int:
    """A task that blocks."""
    from lectern.adapters.sql.models import WorkerRow

    return WorkerRow.objects.count()


@app.task(name="block", bind=True)
def block(self: Any, name: str) -> str:
    """A task that blocks until the test releases `name`."""
    note("begin", self.request.id)
    while not released(name).exists():
        time.sleep(0.02)
    return str(self.request.id)


@app.task(name="double")
def double(value: int) -> int:
    """What is linked to others."""
    note("double", str(value))
    return value * 2


# --- what only coroutines can ------------------------------------------------------------------------------------------


@app.task(name="plain")
async def plain(value: int) -> int:
    """A task that is nothing but a coroutine function."""
    await asyncio.sleep(0)
    return value + 1


@app.task(name="children", bind=True)
async def children(self: Any) -> list[str]:
    """Begin tasks of asyncio that ask whose they are."""

    async def child() -> str:
        await asyncio.sleep(0.01)
        return str(self.request.id)

    return list(await asyncio.gather(child(), asyncio.to_thread(lambda: str(self.request.id))))


@app.task(name="cancelled_within")
async def cancelled_within() -> None:
    """Wait for something that is cancelled."""
    waited = asyncio.get_running_loop().create_future()
    waited.cancel()
    await waited


@app.task(name="group", bind=True, soft_time_limit=0.3)
async def group(self: Any) -> None:
    """Run over the soft limit with children of a task group."""

    async def child() -> None:
        try:
            await asyncio.sleep(20)
        finally:
            note("finally", self.request.id)

    async with asyncio.TaskGroup() as together:
        together.create_task(child())


@signals.task_prerun.connect
def _before(task_id: str, **_: Any) -> None:
    note("prerun", task_id)


@signals.task_postrun.connect
def _after(task_id: str, state: str, **_: Any) -> None:
    note(f"postrun-{state}", task_id)
