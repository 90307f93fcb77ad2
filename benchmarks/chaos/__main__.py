"""Raise a storm over a whole Lectern and account for everything.

    make chaos                                       2,000 runs in eight minutes, on PostgreSQL
    make chaos SEED=7 RUNS=150 SECONDS=70            a short one
    make chaos SEED=7 DB=sqlite

The same seed makes the same questions and the same faults. PostgreSQL is the one from the wheel; DATABASE_URL names
another server, which is then not restarted. Writes var/chaos/<time>-<seed>/: the ledger, the logs, what clients heard, report.json. Ends with
1 when a promise was broken, and says which.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from math import inf
from pathlib import Path
from typing import Any

from benchmarks import ledger
from benchmarks.chaos.checking import Account, figures, violations
from benchmarks.chaos.clients import Clients
from benchmarks.chaos.faults import Storm
from benchmarks.chaos.planning import Plan, make_plan
from benchmarks.client import Connection
from benchmarks.house import end_on_sigterm, house, postgres_server
from tests.playground import ROOT, until

SETTINGS = "benchmarks.chaos.settings"
_MOST_SHOWN = 40


def main() -> int:
    """Raise the storm; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument(
        "--seconds", type=float, default=480, help="in which the runs are asked and faults begin"
    )
    parser.add_argument("--patience", type=float, default=240, help="seconds that runs may take after that")
    parser.add_argument("--db", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--slowest", type=float, help="seconds that a request may take; 1, on SQLite any")
    asked = parser.parse_args()
    end_on_sigterm()
    out = ROOT / "var" / "chaos" / f"{time.strftime('%Y%m%d-%H%M%S')}-{asked.seed}"
    out.mkdir(parents=True)
    plan = make_plan(asked.seed, asked.runs, asked.seconds)
    account, exits = _raise(plan, asked, out)
    broken = violations(account)
    told = {
        "seed": asked.seed,
        "runs": asked.runs,
        "seconds": asked.seconds,
        "database": asked.db,
        **figures(account),
    }
    told |= {"programs that ended by themselves": exits, "violations": broken}
    (out / "report.json").write_text(json.dumps(told, indent=1))
    heard = account.heard
    accepted = {run: asdict(planned) for run, planned in heard.accepted.items()}
    known = {"accepted": accepted, "finals": heard.finals, "cancelled": sorted(heard.cancelled)}
    (out / "heard.json").write_text(json.dumps(known))
    _print(told)
    print(f"Written to {out.relative_to(ROOT)}.")
    return int(bool(broken))


def _raise(plan: Plan, asked: argparse.Namespace, out: Path) -> tuple[Account, list[str]]:
    with ExitStack() as stack:
        url, server = "", None
        if asked.db == "postgresql":
            url, server = stack.enter_context(postgres_server(os.environ.get("DATABASE_URL", "")))
        place = stack.enter_context(house(SETTINGS, url, keep=out))
        place.postgres = server
        place.ledger.with_name("raised").mkdir()
        storm = Storm(place, plan, ledger.Ledger(place.ledger))
        stack.callback(storm.end)
        storm.begin()
        clients = Clients(storm.address, place.broker.kombu_url, plan)
        asyncio.run(_live(clients, storm, plan, asked.patience))
        rows = place.rows()
        until("the rows can be read", lambda: rows.runs() or not clients.heard.accepted)
        account = Account(
            heard=clients.heard,
            rows=rows.runs(),
            entries=ledger.read(place.ledger),
            clock=time.time() - time.monotonic(),
            database_time=bool(url),
            slowest=asked.slowest or (1.0 if url else inf),
        )
        rows.close()
        return account, storm.exits


async def _live(clients: Clients, storm: Storm, plan: Plan, patience: float) -> None:
    await _ready(storm.address)
    storm.rage()
    calm = asyncio.get_running_loop().call_later(plan.seconds, lambda: _in_thread(storm.calm))
    await clients.live(patience)
    calm.cancel()
    await asyncio.to_thread(storm.calm)
    await _ready(storm.address)
    await clients.look_again()


def _in_thread(call: Any) -> None:
    asyncio.get_running_loop().run_in_executor(None, call)


async def _ready(address: str) -> None:
    """Wait until the web process serves and a worker has told of itself."""
    connection, end = Connection(address), time.monotonic() + 90
    while time.monotonic() < end:
        if (await connection.get("/health/ready")).status == 200:
            connection.close()
            return
        await asyncio.sleep(0.2)
    raise AssertionError("the service was not ready within 90 s")


def _print(told: dict[str, Any]) -> None:
    print("\n| what | |\n|---|---|")
    for name, value in told.items():
        if name == "violations":
            continue
        shown = (
            ", ".join(f"{key}: {number}" for key, number in value.items())
            if isinstance(value, dict)
            else value
        )
        print(f"| {name} | {shown} |")
    broken = told["violations"]
    print(f"\n{len(broken)} violations" + (":" if broken else "."))
    for sentence in broken[:_MOST_SHOWN]:
        print(f"- {sentence}")
    if len(broken) > _MOST_SHOWN:
        print(f"- … and {len(broken) - _MOST_SHOWN} more, in report.json")


if __name__ == "__main__":
    sys.exit(main())
