"""Submit: a request becomes a row. Nothing else is needed for it to be answered one day."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from lectern.base.ids import new_id
from lectern.base.json import JsonObject
from lectern.engine.domain.run import Run
from lectern.engine.options import EngineOptions
from lectern.engine.ports import Idempotency, NewRun, RunStore
from lectern.engine.workload import Workload


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What a caller asks of the engine."""

    workload: str
    input: JsonObject
    owner: str = ""
    tenant: str = ""
    #: The client's name of the conversation; None begins a new one.
    thread_key: str | None = None
    #: False for work that has no order among its like.
    in_thread: bool = True
    group_id: UUID | None = None
    metadata: JsonObject = field(default_factory=dict)
    #: The owner's name of this request: sent twice, it is one run. "" for none.
    idempotency_key: str = ""


def submit(
    request: RunRequest,
    workload: Workload,
    runs: RunStore,
    options: EngineOptions,
    run_id: UUID | None = None,
) -> Run:
    """Insert the run, its thread and its turn in one transaction, and return it queued; `run_id` None: a fresh one.

    A request whose key was given before is that one's run, however it stands. Raises `KeyReused`, and
    `StoreUnavailable`: then nothing was accepted, and the key is free.
    """
    idempotency = request.idempotency_key and Idempotency(
        key=request.idempotency_key, digest=_digest(request), keep_seconds=options.idempotency_seconds
    )
    return runs.add(
        NewRun(
            id=run_id or new_id(),
            workload=workload.name,
            queue=workload.queue,
            input=request.input,
            owner=request.owner,
            tenant=request.tenant,
            thread_key=request.thread_key,
            in_thread=request.in_thread,
            with_turn=workload.conversational,
            group_id=request.group_id,
            step="Waiting for a worker",
            max_attempts=workload.max_attempts,
            deadline_seconds=workload.deadline_seconds,
            metadata=request.metadata,
            idempotency=idempotency or None,
        )
    )


def _digest(request: RunRequest) -> str:
    """Return a hash of all that is asked for, whatever the order of keys in its objects."""
    asked = (
        request.workload, request.tenant, request.thread_key, request.in_thread, request.input, request.metadata
    )  # fmt: skip
    return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
