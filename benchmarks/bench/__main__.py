"""Measure what the engine reaches; see BENCHMARKS.md.

    make bench                               all rows: about 25 minutes, ten of which workers are away
    make bench ROWS="latency throughput"     some of them
    make bench AWAY=30 SCALE=.1              a first look

PostgreSQL is the one from the wheel, with fsync, or the server that DATABASE_URL names. Prints each row with its
limits, writes var/bench/<time>/numbers.json and table.md, and ends with 1 when a limit was missed.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import machine
from benchmarks.bench.empty_runs import latency, throughput
from benchmarks.bench.losses import backlog, killed, stopped
from benchmarks.bench.many_at_once import most_waiting, waiting_runs
from benchmarks.bench.measuring import Options, Row
from benchmarks.house import end_on_sigterm, postgres_server
from benchmarks.profiling import summary
from tests.playground import ROOT

ROWS: dict[str, Callable[[Options], Row]] = {
    "latency": latency,
    "throughput": throughput,
    "waiting": waiting_runs,
    "waiting-sqlite": partial(waiting_runs, sqlite=True),
    "most": most_waiting,
    "kill": killed,
    "sigterm": stopped,
    "backlog": backlog,
}


def main() -> int:
    """Measure the chosen rows; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all when none is named"
    )
    parser.add_argument("--away", type=float, default=600, help="seconds that workers are away in `backlog`")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies all numbers of runs")
    parser.add_argument(
        "--profile", action="store_true", help="tell where the processes spend their CPU; slows them"
    )
    parser.add_argument(
        "--no-fsync", action="store_true", help="let the wheel's PostgreSQL forget commits at a power cut"
    )
    asked = parser.parse_args()
    if unknown := set(asked.rows) - set(ROWS):
        parser.error(f"there is no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    end_on_sigterm()
    out = ROOT / "var" / "bench" / time.strftime("%Y%m%d-%H%M%S")
    out.mkdir(parents=True)
    results: dict[str, Row] = {}
    with postgres_server(os.environ.get("DATABASE_URL", ""), durable=not asked.no_fsync) as (url, server):
        pid = server.process.pid if server and server.process else None
        options = Options(
            server=url, server_pid=pid, out=out, away=asked.away, scale=asked.scale, profile=asked.profile
        )
        for name in asked.rows or ROWS:
            results[name] = _measured(name, options)
            _write(out, results)
            if asked.profile:
                _print_profiles(out / name)
    print(f"\n{(out / 'table.md').read_text()}\nWritten to {out.relative_to(ROOT)}.")
    return int(any(number.met is False for row in results.values() for number in row.numbers))


def _measured(name: str, options: Options) -> Row:
    began = time.monotonic()
    try:
        row = ROWS[name](options)
    except (AssertionError, OSError) as exc:  # the next rows may do better
        row = Row(name)
        row.add("could not be measured", 1, at_most=0)
        row.notes.append(str(exc)[-1000:])
    print(f"\n{name}: {row.title} ({time.monotonic() - began:.0f} s)")
    for line in (*row.numbers, *row.notes):
        print(f"  {line}")
    sys.stdout.flush()
    return row


def _write(out: Path, results: dict[str, Row]) -> None:
    numbers = {
        name: {
            "title": row.title,
            "notes": row.notes,
            "numbers": [{**vars(number), "met": number.met} for number in row.numbers],
        }
        for name, row in results.items()
    }
    told = {"machine": machine.described(), "load": os.getloadavg(), "rows": numbers}
    (out / "numbers.json").write_text(json.dumps(told, indent=1))
    lines = [f"{machine.described()}.", "", "| what | reached | to reach |", "|---|---|---|"]
    for row in results.values():
        with_limits = [number for number in row.numbers if number.limit is not None]
        for number in with_limits:
            shown = str(number).split(" (")[0].removeprefix(number.what).strip()
            lines.append(
                f"| {row.title}: {number.what} | {shown}{'' if number.met else ' **missed**'} | {number.bound} {number.limit:g} |"
            )
        rest = "; ".join(str(number) for number in row.numbers if number.limit is None)
        lines.append(f"| {row.title}: beside it | {rest} | |")
    (out / "table.md").write_text("\n".join(lines) + "\n")


def _print_profiles(folder: Path) -> None:
    for path in sorted(folder.glob("*.stacks")):
        print(f"\n--- {path.name}\n{summary(path.read_text().splitlines())}")


if __name__ == "__main__":
    sys.exit(main())
