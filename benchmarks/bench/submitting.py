"""Clients of the measurements: so many submit runs over HTTP at once."""

import asyncio
import time
from dataclasses import dataclass, field

from benchmarks.client import Connection


@dataclass
class Submitted:
    """What became of the requests. Times by this machine's clock, in seconds since 1970."""

    began: float = 0.0
    ended: float = 0.0
    ids: list[str] = field(default_factory=list)
    #: When each run's request was sent.
    sent: dict[str, float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def submit(
    address: str, runs: int, *, wait: float = 0.0, ledger: bool = False, clients: int = 32
) -> Submitted:
    """Submit `runs` as fast as `clients` get their answers."""
    return asyncio.run(_submit(address, runs, wait, ledger, clients))


async def _submit(address: str, runs: int, wait: float, ledger: bool, clients: int) -> Submitted:
    done = Submitted(began=time.time())
    numbers = iter(range(runs))

    async def client(name: int) -> None:
        connection = Connection(address, timeout=60)
        body = {"student_id": f"s{name}", "question": "?", "context": {"wait": wait, "ledger": ledger}}
        for _ in numbers:
            sent = time.time()
            reply = await connection.post("/api/ai/ask-async/", body)
            done.seconds.append(reply.seconds)
            if reply.status == 202:
                run = reply.json()["task_id"]
                done.ids.append(run)
                done.sent[run] = sent
            else:
                done.refused.append(f"{reply.status} {reply.error or reply.body[:200]!r}")
        connection.close()

    await asyncio.gather(*(client(number) for number in range(min(clients, runs))))
    done.ended = time.time()
    return done
