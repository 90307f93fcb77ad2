"""Check: holds what clients heard, the rows and the ledger of the nodes against one another. Pure.

Each check returns its violations as sentences. All times are seconds of the monotonic clock but those of rows, which
`Account.clock` shifts.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import Any

from benchmarks.chaos.clients import Answer, Heard
from benchmarks.chaos.planning import PlannedRun
from benchmarks.ledger import Entry
from benchmarks.rows import ENDED, RunFacts

#: Seconds in which what a node returned is written after it ended, on a machine under a storm.
WRITE_SECONDS = 2.0
#: Two heartbeats: so long a process that was stopped may go on before it notices that its lease ran out.
NOTICE_SECONDS = 4.0
#: Late answers within so many seconds are one violation.
TOGETHER_SECONDS = 5.0
_WORDS = {"succeeded": "SUCCESS", "failed": "FAILURE", "cancelled": "REVOKED"}
#: Seconds that a worker which is asked to stop lets its attempts go on before it gives them back: it sets WORKER_GRACE.
GRACE_SECONDS = 3.0
#: Fault on an attempt's process -> why its nodes may run again.
CAUSES = {
    "worker-kill": "killed",
    "exit": "worker ended",
    "worker-stop": "lease lost",
    "worker-stop-over": "lease lost",
    "worker-term": "given back",
}


@dataclass(kw_only=True)
class Account:
    """Everything that is known after a storm."""

    heard: Heard
    rows: Sequence[RunFacts]
    entries: Sequence[Entry]
    #: Seconds to take off a row's time to get the monotonic clock's.
    clock: float
    #: True when rows' times are the database's own.
    database_time: bool = True
    #: Seconds that a request may take.
    slowest: float = 1.0
    #: (run, node, cause) of every node that ran again, filled by `repeated_nodes`.
    repeated: list[tuple[str, str, str]] = field(default_factory=list)

    @cached_property
    def by_id(self) -> Mapping[str, RunFacts]:
        """Rows by run id."""
        return {row.id: row for row in self.rows}

    @cached_property
    def by_run(self) -> Mapping[str, list[Entry]]:
        """What nodes wrote, by run, in order."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if "execution" in entry:
                found[entry["run"]].append(entry)
        return found

    @cached_property
    def pauses(self) -> Mapping[int, list[tuple[float, float]]]:
        """From the end of a step to the beginning of the next one in the same attempt, by process; for ever where none came."""
        found: dict[int, list[tuple[float, float]]] = defaultdict(list)
        for run, planned in self.heard.accepted.items():
            steps, entries = planned.plan["steps"], self.by_run.get(run, [])
            for execution in {entry["execution"] for entry in entries}:
                mine = [entry for entry in entries if entry["execution"] == execution]
                for step, following in pairwise(steps):
                    ends = [entry["t"] for entry in mine if entry["node"] in step and entry["what"] == "end"]
                    begins = [
                        entry["t"]
                        for entry in mine
                        if entry["node"] in following and entry["what"] == "begin"
                    ]
                    if len(ends) == len(step):
                        found[mine[0]["pid"]].append((max(ends), min(begins, default=inf)))
        return found

    @cached_property
    def faults(self) -> list[Entry]:
        """What was done to the processes, in order."""
        return [entry for entry in self.entries if entry["what"] == "fault"]

    @cached_property
    def results(self) -> dict[str, list[dict[str, Any]]]:
        """The log of nodes in each successful run's result."""
        return {
            run: final["result"]["log"]
            for run, finals in self.heard.finals.items()
            for final in finals
            if final["status"] == "SUCCESS"
        }


def violations(account: Account) -> list[str]:
    """Return every broken promise, as sentences."""
    checks = (one_final_state, expected_ends, repeated_nodes, one_history, order_in_threads, answers)
    return [sentence for check in checks for sentence in check(account)]


def one_final_state(account: Account) -> Iterator[str]:
    """Every accepted run has a row that ended, and whoever looked saw that end and no other."""
    for run in account.heard.accepted:
        row, finals = account.by_id.get(run), account.heard.finals.get(run, [])
        if row is None:
            yield f"run {run} was accepted and has no row"
        elif row.status not in ENDED:
            yield f"run {run} has not ended: {row.status}, attempt {row.attempt}"
        elif len(finals) > 1:
            yield f"run {run} had {len(finals)} final states: {[final['status'] for final in finals]}"
        elif not finals:
            yield f"run {run} ended as {row.status} and nobody was told"
        elif finals[0]["status"] != _WORDS[row.status]:
            yield f"run {run} was told to be {finals[0]['status']} and its row says {row.status}"


def expected_ends(account: Account) -> Iterator[str]:
    """A confirmed cancel stays, what has a bug fails, and nothing else does."""
    for run, planned in account.heard.accepted.items():
        row = account.by_id.get(run)
        if row is None or row.status not in ENDED:
            continue
        if run in account.heard.cancelled:
            wanted = {"cancelled"}
        elif planned.cancel_after is not None:  # its answer got lost, or it came too late
            wanted = {"cancelled", "failed" if planned.fails else "succeeded"}
        else:
            wanted = {"failed"} if planned.fails else {"succeeded"}
        if row.status not in wanted:
            why = f" ({row.error_code}: {row.error})" if row.error else ""
            yield f"run {run} ended as {row.status}, not {' or '.join(sorted(wanted))}{why}"


def repeated_nodes(account: Account) -> Iterator[str]:
    """A node ran again only where its checkpoint had not been written when its attempt ended."""
    account.repeated.clear()
    for run, planned in account.heard.accepted.items():
        step_of = {node: number for number, step in enumerate(planned.plan["steps"]) for node in step}
        entries = account.by_run.get(run, [])
        fenced = _begun_late(entries)
        for number, entry in enumerate(entries):
            if (
                number in fenced
            ):  # what it does is nobody's second time: nobody reads it, and it stops within a heartbeat
                continue
            earlier = [
                before
                for place, before in enumerate(entries[:number])
                if before["what"] == "begin" and place not in fenced
            ]
            mine = [before for before in earlier if before["node"] == entry["node"]]
            if entry["what"] != "begin" or not mine:
                continue
            node, last = entry["node"], mine[-1]
            if any(step_of[before["node"]] > step_of[node] for before in earlier):
                yield f"run {run}: {node} ran again in {entry['execution']} after a later node had begun: its checkpoint was written"
            elif last["execution"] == entry["execution"]:
                yield f"run {run}: {node} ran twice in the attempt {entry['execution']}"
            elif cause := _cause(account, entries, last, entry["t"]):
                account.repeated.append((run, node, cause))
            else:
                yield f"run {run}: {node} ran again in {entry['execution']} though it had ended in {last['execution']} and nothing happened to that"


def _cause(account: Account, entries: Sequence[Entry], last: Entry, until: float) -> str:
    """Return why a node had to run again after the attempt of `last`; "" when it had not."""
    same = [entry for entry in entries if entry["execution"] == last["execution"] and entry["t"] >= last["t"]]
    ended = next(
        (entry for entry in same if entry["node"] == last["node"] and entry["what"] != "begin"), None
    )
    if ended and ended["what"] == "raise" and ended["t"] <= until:
        return "node raised"
    if ended and ended["t"] > until:
        ended = None  # a fenced worker's: it came too late
    written_by = ended["t"] + WRITE_SECONDS if ended else until
    what_happened = [
        (
            entry["t"] + (GRACE_SECONDS if ended and entry["kind"] == "worker-term" else 0),
            CAUSES[entry["kind"]],
        )
        for entry in account.faults
        if entry["kind"] in CAUSES
        and entry.get("pid") == last["pid"]
        and _may_end(entry, last)
        and entry["t"] <= until
    ]
    what_happened += [
        (entry["t"], "another node raised")
        for entry in same
        if entry["what"] == "raise" and entry["t"] <= until
    ]
    what_happened += [
        (begin, "write failed")
        for begin, end in _database_away(account)
        if end >= last["t"] and begin <= written_by
    ]
    in_time = [
        cause
        for t, cause in sorted(what_happened)
        if t <= written_by or (ended and t <= written_by + _write_lag(account, last["pid"], ended["t"], t))
    ]
    return in_time[0] if in_time else "" if ended else "lease lost for no planned reason"


def _write_lag(account: Account, pid: int, begin: float, end: float) -> float:
    """Return how long a process took between two times to go on after a step: it was late with all of its writes."""
    overlapping = [(a, min(b, end)) for a, b in account.pauses.get(pid, []) if a <= end and b >= begin]
    return max((b - a for a, b in overlapping), default=0.0)


def _may_end(fault: Entry, last: Entry) -> bool:
    """True when a fault ended the attempt of `last`.

    It came later, or the worker had been asked to stop before, or went on and had not noticed yet what it had lost.
    """
    before = {"worker-term": inf, "worker-stop-over": NOTICE_SECONDS}
    return bool(fault["t"] >= last["t"] - before.get(fault["kind"], 0))


def _database_away(account: Account) -> list[tuple[float, float]]:
    begins = [entry["t"] for entry in account.faults if entry["kind"] == "database-restart"]
    ends = [
        entry["t"] + WRITE_SECONDS for entry in account.faults if entry["kind"] == "database-restart-over"
    ]
    return [
        (begin, ends[number] if number < len(ends) else begin + 60) for number, begin in enumerate(begins)
    ]


def one_history(account: Account) -> Iterator[str]:
    """A final state is of one history: each node once, each given what the nodes before it returned, and nothing of a fenced worker."""
    for run, log in account.results.items():
        planned = account.heard.accepted.get(run)
        if planned is None:
            continue
        wanted = sorted(node for step in planned.plan["steps"] for node in step)
        if sorted(entry["node"] for entry in log) != wanted:
            yield f"run {run}: its result is of the nodes {sorted(entry['node'] for entry in log)}, not {wanted}"
            continue
        yield from _given(run, planned, log)
        yield from _of_the_living(run, log, account.by_run.get(run, []))


def _given(run: str, planned: PlannedRun, log: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    by_node = {entry["node"]: entry for entry in log}
    before: list[str] = []
    for step in planned.plan["steps"]:
        for node in step:
            if by_node[node]["saw"] != sorted(before):
                yield f"run {run}: {node} in its result was given another state than the result tells"
        before += [by_node[node]["nonce"] for node in step]


def _of_the_living(run: str, log: Sequence[Mapping[str, Any]], entries: Sequence[Entry]) -> Iterator[str]:
    """No output of an attempt counts that was made after another attempt had begun."""
    began: dict[str, float] = {}
    for entry in entries:
        began.setdefault(entry["execution"], entry["t"])
    ended = {entry["nonce"]: entry["t"] for entry in entries if entry["what"] == "end"}
    order = sorted(began.values())
    for output in log:
        if output["nonce"] not in ended:
            yield f"run {run}: nobody wrote down that {output['node']} ended as its result tells"
            continue
        later = bisect_left(order, began[output["execution"]] + 1e-9)
        if later < len(order) and order[later] < ended[output["nonce"]]:
            yield f"run {run}: its result has {output['node']} of {output['execution']}, a fenced attempt: another one had begun before that node ended"


def order_in_threads(account: Account) -> Iterator[str]:
    """In a thread the next run begins after the one before has ended."""
    threads: dict[str, list[RunFacts]] = defaultdict(list)
    for row in account.rows:
        if row.thread:
            threads[row.thread].append(row)
    for thread, rows in threads.items():
        for before, after in pairwise(rows):
            first = next(
                (entry["t"] for entry in account.by_run.get(after.id, []) if entry["what"] == "begin"), None
            )
            end = _end_of(account, before)
            if first is not None and end is not None and first < end:
                yield f"thread {thread}: run {after.id} began {end - first:.2f} s before the end of {before.id}, which was asked before it"


def _end_of(account: Account, row: RunFacts) -> float | None:
    if account.database_time:
        return row.finished_at - account.clock if row.finished_at else float("inf")
    nonces = {entry["nonce"] for entry in account.results.get(row.id, [])}
    return max(
        (entry["t"] for entry in account.by_run.get(row.id, []) if entry.get("nonce") in nonces), default=None
    )


def answers(account: Account) -> Iterator[str]:
    """The web process answers what it may, in time; it may be away, or say 503 with Retry-After."""
    late: list[Answer] = []
    for answer in account.heard.answers:
        silent = answer.status == 0 and "nothing within" in answer.error
        if answer.status not in (200, 202, 0) and not (answer.status == 503 and answer.retry_after):
            yield f"{answer.what} was answered with {answer.status}: {answer.error}"
        if silent or (answer.status and answer.seconds > account.slowest + account.heard.lag):
            late.append(answer)
    yield from _told_together(account, sorted(late, key=lambda answer: answer.t))


def _told_together(account: Account, late: Sequence[Answer]) -> Iterator[str]:
    """Tell of late answers, those together that were late at the same time: they had one reason."""
    while late:
        together = [answer for answer in late if answer.t < late[0].t + TOGETHER_SECONDS]
        late = late[len(together) :]
        begin, end = together[0].t, together[-1].t
        shortest, longest = (
            min(answer.seconds for answer in together),
            max(answer.seconds for answer in together),
        )
        what = ", ".join(
            sorted({f"{answer.what} {answer.status or 'without an answer'}" for answer in together})
        )
        near = [
            entry.get("kind", f"start of {entry.get('lane')}")
            for entry in account.entries
            if entry["what"] in ("fault", "start") and begin - TOGETHER_SECONDS <= entry["t"] <= end + longest
        ]
        yield f"{len(together)} requests took {shortest:.2f} to {longest:.2f} s ({what}), near {', '.join(near) or 'nothing'}"


def figures(account: Account) -> dict[str, Any]:
    """Return the ledger's sums, to be called after `violations`."""
    heard = account.heard
    executions = {(run, entry["execution"]) for run, entries in account.by_run.items() for entry in entries}
    statuses = Counter(str(answer.status or "no answer") for answer in heard.answers)
    told = [answer.seconds for answer in heard.answers if answer.status]
    return {
        "accepted": len(heard.accepted),
        "rows nobody was told of": sum(row.id not in heard.accepted for row in account.rows),
        "ended as": dict(
            Counter(account.by_id[run].status for run in heard.accepted if run in account.by_id)
        ),
        "cancels confirmed": len(heard.cancelled),
        "messages sent twice": heard.duplicates,
        "attempts": len(executions),
        "most attempts of a run": max((row.attempt for row in account.rows), default=0),
        "nodes begun": sum(
            entry["what"] == "begin" for entries in account.by_run.values() for entry in entries
        ),
        "nodes run again, by cause": dict(Counter(cause for _, _, cause in account.repeated)),
        "nodes begun by a fenced attempt": sum(
            len(_begun_late(entries)) for entries in account.by_run.values()
        ),
        "faults": dict(
            Counter(entry["kind"] for entry in account.faults if not entry["kind"].endswith("-over"))
        ),
        "answers": dict(statuses),
        "answers over the limit": sum(
            answer.seconds > account.slowest for answer in heard.answers if answer.status
        ),
        "longest answer, s": round(max(told, default=0), 2),
        "clients' own longest lag, s": round(heard.lag, 2),
    }


def _begun_late(entries: Sequence[Entry]) -> set[int]:
    """Return the places of nodes that an attempt began after a later attempt had."""
    newest, order, late = -1, dict[str, int](), set[int]()
    for place, entry in enumerate(entries):
        number = order.setdefault(entry["execution"], len(order))
        newest = max(newest, number)
        if entry["what"] == "begin" and number < newest:
            late.add(place)
    return late
