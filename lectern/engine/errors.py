"""The engine's errors.

LecternError
├── EngineError
│   ├── UnknownRun           no run of that id
│   ├── UnknownThread        no such conversation for this owner and tenant
│   ├── NotEnded             only a run that has ended can be asked again
│   ├── NotRepeatable        this run can never be asked again
│   ├── InputGone            the run ended so long ago that nobody knows what it was asked
│   ├── KeyReused            the idempotency key was given to another request
│   ├── UnknownWorkload      nobody registered a workload of that name
│   ├── StoreUnavailable     SQL cannot be reached, or is locked for too long
│   ├── StoreRefuses         SQL does not take this value; trying again will not help
│   ├── WorkerBroken         this process cannot execute runs; the message says why
│   ├── BrokerUnavailable    the broker cannot be reached, or is frozen
│   └── RunFailed            this run ends as a failure; the message is for the student
│       ├── GraphUnusable    a workload's graph cannot be loaded
│       ├── DeadlinePassed   it took longer than it may
│       └── RunFailedForNow  the same, but another attempt may succeed
└── ControlSignal            not failures: they end an attempt, and are caught in `executing` alone
    └── LeaseLost            somebody else owns the run, or it was cancelled: write nothing, stop
"""

from uuid import UUID

from lectern.base.errors import LecternError


class EngineError(LecternError):
    """Root of what the engine foresees."""


class UnknownRun(EngineError):
    """There is no run of that id."""

    code = "unknown_task"


class UnknownThread(EngineError):
    """There is no such conversation for this owner and tenant."""

    code = "unknown_thread"


class NotEnded(EngineError):
    """Only a run that has ended can be asked again."""

    code = "not_ended"


class NotRepeatable(EngineError):
    """The run is a part of a larger order, or nobody knows its workload any longer."""

    code = "not_repeatable"


class InputGone(EngineError):
    """The run ended so long ago that what it was asked is no longer kept."""

    code = "expired"


class KeyReused(EngineError):
    """The owner gave the same idempotency key to another request before."""

    code = "key_reused"


class UnknownWorkload(EngineError):
    """Nobody registered a workload of that name."""

    code = "unknown_workload"


class StoreUnavailable(EngineError):
    """SQL cannot be reached, or was locked for too long."""

    code = "store_unavailable"
    passing = True


class StoreRefuses(EngineError):
    """SQL does not take a value, such as a NUL in a text; trying again will not help."""

    code = "store_refuses"


class WorkerBroken(EngineError):
    """This process cannot execute runs: its checkpoints cannot be opened, or a graph cannot be built."""

    code = "worker_broken"


class BrokerUnavailable(EngineError):
    """The broker cannot be reached, or does not answer in time."""

    code = "broker_unavailable"
    passing = True


class RunFailed(EngineError):
    """Raised by a workload: the run ends as a failure, with this sentence for the student."""

    code = "failed"


class GraphUnusable(RunFailed):
    """A workload's graph cannot be imported, is none, or cannot be compiled; the message says why."""

    code = "graph_unusable"


class DeadlinePassed(RunFailed):
    """The run took longer than it may, counted from its first claim."""

    code = "deadline"


class RunFailedForNow(RunFailed):
    """Raised by a workload: this attempt failed, another one may succeed."""

    code = "failed_for_now"
    passing = True


class ControlSignal(LecternError):
    """Root of what ends an attempt without being a failure."""


class LeaseLost(ControlSignal):
    """The run belongs to somebody else by now, or was cancelled: write nothing and stop."""

    code = "lease_lost"


def unknown(run_id: UUID) -> UnknownRun:
    """Return the error that there is no run of that id."""
    return UnknownRun(f"There is no task {run_id}.", run_id=str(run_id))
