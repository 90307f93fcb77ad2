"""What the engine lets an operator choose, with the values of a small installation."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """Times in seconds. `config/variables.py` names the variables behind them."""

    #: How long a result is served after a run ended.
    result_expires_seconds: float = 3600
    #: How long an ended run's row stays as a tombstone.
    tombstone_seconds: float = 30 * 86400
    #: How long an idempotency key names the request that it was first given to.
    idempotency_seconds: float = 86400
    #: A worker that gave no sign of life for this long has lost its runs.
    lease_seconds: float = 10
    #: How often a worker gives a sign of life.
    heartbeat_seconds: float = 2
    #: A worker whose event loop did not answer for this long is stuck: a node blocks it, or ended it.
    loop_silence_seconds: float = 30
    #: How often a worker looks for runs to dispatch and to take back; jittered by a quarter.
    sweep_seconds: float = 2
    #: A message unclaimed for this long, while a slot is free, is taken for lost.
    redelivery_seconds: float = 5
    #: Messages per queue that the broker holds at least, however few slots are free.
    window_floor: int = 8
    #: For how long the number of slots is good: every submit and every end of a run leads to a dispatch.
    window_seconds: float = 1
    #: Threads for sync nodes, and for whatever else coroutines hand to one, in each process that executes runs.
    node_threads: int = 32
    #: Turns of a conversation that a graph gets to see.
    history_turns: int = 10
