"""Each promise that the storm's ledger checks: a violation that is planted is found, and what is allowed is not one."""

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.chaos.checking import Account, figures, violations
from benchmarks.chaos.clients import Answer, Heard
from benchmarks.chaos.planning import PlannedRun
from benchmarks.ledger import Entry
from benchmarks.rows import RunFacts

STEPS = [["n0"], ["n1", "n2"], ["n3"]]
PLANNED = PlannedRun(
    number=0,
    at=0,
    thread=None,
    plan={"steps": STEPS, "waits": {}, "errors": {}},
    cancel_after=None,
    duplicate_after=None,
)
BUGGY = replace(PLANNED, plan={**PLANNED.plan, "errors": {"n1": {"kind": "never", "times": 9}}})


class Story:
    """A run "a" that was told, written down and stored; each method adds to it."""

    def __init__(self, planned: PlannedRun = PLANNED) -> None:
        self.heard, self.entries, self.rows, self.t = Heard(), list[Entry](), list[RunFacts](), 0.0
        self.heard.accepted["a"] = planned

    def node(
        self, node: str, execution: str = "x1", *, pid: int = 1, run: str = "a", end: str = "end"
    ) -> None:
        """Let a node begin, and end a second later as `end`, unless that is ""."""
        facts = {"run": run, "node": node, "execution": execution, "pid": pid}
        self.entries.append({"t": self.t, "what": "begin", **facts})
        self.t += 1
        if end:
            nonce = {"nonce": f"{node}-{execution}"} if end == "end" else {}
            self.entries.append({"t": self.t, "what": end, **facts, **nonce})

    def fault(self, kind: str, pid: int = 1) -> None:
        self.entries.append({"t": self.t, "what": "fault", "kind": kind, "pid": pid})
        self.t += 1

    def all_nodes(self) -> "Story":
        for node in ("n0", "n1", "n2", "n3"):
            self.node(node)
        return self

    def row(self, status: str = "succeeded", **changes: Any) -> "Story":
        values: dict[str, Any] = {
            "seq": len(self.rows), "id": "a", "status": status, "attempt": 1, "thread": None, "error": "", "error_code": "",
            "created_at": 100.0, "started_at": 100.0, "finished_at": 100 + self.t,
        }  # fmt: skip
        self.rows.append(RunFacts(**{**values, **changes}))
        return self

    def told(
        self, status: str = "SUCCESS", log: list[dict[str, Any]] | None = None, run: str = "a"
    ) -> "Story":
        result = {"log": log if log is not None else history()} if status == "SUCCESS" else None
        self.heard.finals.setdefault(run, []).append({"status": status, "result": result, "error": None})
        return self

    def account(self) -> Account:
        entries = sorted(self.entries, key=lambda entry: entry["t"])
        return Account(heard=self.heard, rows=self.rows, entries=entries, clock=100.0)

    def violations(self) -> list[str]:
        return violations(self.account())

    def found(self) -> str:
        """The only violation."""
        (sentence,) = self.violations()
        return sentence


def history(**executions: str) -> list[dict[str, Any]]:
    """A result's log in which each node was given what came before; nodes are of x1 but those named."""
    log, before = [], list[str]()
    for step in STEPS:
        made = [(node, executions.get(node, "x1")) for node in step]
        log += [{"node": n, "execution": x, "nonce": f"{n}-{x}", "saw": sorted(before)} for n, x in made]
        before += [f"{node}-{execution}" for node, execution in made]
    return log


def answered(**changes: Any) -> Story:
    """A story that went well, with one more answer of the web process."""
    story = Story().all_nodes().row().told()
    values: dict[str, Any] = {
        "t": 1.0,
        "what": "status",
        "status": 200,
        "seconds": 0.1,
        "retry_after": "",
        "error": "",
    }
    story.heard.answers.append(Answer(**{**values, **changes}))
    return story


def test_a_run_that_went_well_breaks_nothing() -> None:
    assert Story().all_nodes().row().told().violations() == []


# --- one final state --------------------------------------------------------------------------------------------------


def test_an_accepted_run_without_a_row_is_found() -> None:
    assert "has no row" in Story().found()


def test_a_run_that_never_ended_is_found() -> None:
    assert "has not ended" in Story().all_nodes().row("running", finished_at=None).found()


def test_a_final_state_that_changed_is_found() -> None:
    story = Story().all_nodes().row().told().told("FAILURE")
    assert any("2 final states" in sentence for sentence in story.violations())


def test_another_result_of_the_same_status_is_found() -> None:
    story = Story().all_nodes().row().told().told(log=history(n3="x2"))
    assert any("2 final states" in sentence for sentence in story.violations())


def test_an_end_that_nobody_could_read_is_found() -> None:
    assert "nobody was told" in Story().all_nodes().row().found()


def test_a_row_that_says_otherwise_than_the_answer_is_found() -> None:
    assert any(
        "its row says failed" in sentence
        for sentence in Story().all_nodes().row("failed").told().violations()
    )


# --- expected ends ----------------------------------------------------------------------------------------------------


def test_a_run_that_failed_without_a_bug_is_found() -> None:
    assert "ended as failed, not succeeded" in Story().row("failed").told("FAILURE").found()


def test_a_run_that_succeeded_in_spite_of_its_bug_is_found() -> None:
    assert "ended as succeeded, not failed" in Story(BUGGY).all_nodes().row().told().found()


def test_a_confirmed_cancel_that_did_not_stay_is_found() -> None:
    story = Story(replace(PLANNED, cancel_after=1)).all_nodes().row().told()
    assert story.violations() == []
    story.heard.cancelled.add("a")
    assert "not cancelled" in story.found()


# --- nodes that ran again ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("worker-kill", "killed"),
        ("worker-stop", "lease lost"),
        ("worker-term", "given back"),
        ("database-restart", "write failed"),
        ("", "lease lost for no planned reason"),
    ],
)
def test_a_node_that_had_not_ended_may_run_again_and_its_cause_is_counted(fault: str, cause: str) -> None:
    story = Story()
    story.node("n0", end="")
    if fault:
        story.fault(fault)
    for node in ("n0", "n1", "n2", "n3"):
        story.node(node, "x2", pid=2)
    account = story.row().told(log=history(n0="x2", n1="x2", n2="x2", n3="x2")).account()
    assert violations(account) == []
    assert figures(account)["nodes run again, by cause"] == {cause: 1}


def test_a_node_that_raised_may_run_again() -> None:
    story = Story()
    story.node("n0", end="raise")
    for node in ("n0", "n1", "n2", "n3"):
        story.node(node, "x2")
    account = story.row().told(log=history(n0="x2", n1="x2", n2="x2", n3="x2")).account()
    assert violations(account) == []
    assert figures(account)["nodes run again, by cause"] == {"node raised": 1}


def test_a_node_that_runs_again_after_a_later_one_is_found_whatever_was_killed() -> None:
    story = Story()
    story.node("n0")
    story.node("n1", end="")
    story.fault("worker-kill")
    for node in ("n0", "n1", "n2", "n3"):
        story.node(node, "x2", pid=2)
    found = story.row().told(log=history(n0="x2", n1="x2", n2="x2", n3="x2")).found()
    assert "n0 ran again in x2 after a later node had begun" in found


def test_a_finished_parallel_branch_that_runs_again_is_found() -> None:
    story = Story()
    story.node("n0")
    story.node("n1")
    story.t += 10  # long enough to be written, while n2 works
    story.fault("worker-kill")
    story.node("n1", "x2", pid=2)
    story.node("n2", "x2", pid=2)
    story.node("n3", "x2", pid=2)
    found = story.row().told(log=history(n1="x2", n2="x2", n3="x2")).found()
    assert "n1 ran again in x2 though it had ended in x1" in found


def test_a_branch_of_a_process_that_was_late_with_all_of_its_writes_may_run_again() -> None:
    story = Story()
    story.node("n0")
    story.node("n1")
    story.heard.accepted["b"] = PLANNED
    story.node("n0", "y1", run="b")  # goes on only after the kill: so late is the process
    story.t += 10
    story.fault("worker-kill")
    for node in ("n1", "n2", "n3"):
        story.node(node, "x2", pid=2)
    for node in ("n0", "n1", "n2", "n3"):
        story.node(node, "y2", pid=2, run="b")
    story.row().told(log=history(n1="x2", n2="x2", n3="x2"))
    again = history(n0="y2", n1="y2", n2="y2", n3="y2")
    assert story.row(id="b").told(log=again, run="b").violations() == []


def test_a_branch_that_ended_just_before_the_kill_may_run_again() -> None:
    story = Story()
    story.node("n0")
    story.node("n1")
    story.fault("worker-kill")
    for node in ("n1", "n2", "n3"):
        story.node(node, "x2", pid=2)
    assert story.row().told(log=history(n1="x2", n2="x2", n3="x2")).violations() == []


def test_a_node_that_began_and_ended_while_its_worker_was_about_to_give_it_back_may_run_again() -> None:
    story = Story()
    story.node("n0")
    story.fault("worker-term")
    story.node("n1")
    story.node("n2", end="")
    for node in ("n1", "n2", "n3"):
        story.node(node, "x2", pid=2)
    assert story.row().told(log=history(n1="x2", n2="x2", n3="x2")).violations() == []


def test_a_branch_that_ended_long_before_its_worker_gave_it_back_may_not_run_again() -> None:
    story = Story()
    story.node("n0")
    story.node("n1")
    story.fault("worker-term")  # and three seconds later it is given back
    story.node("n2", end="")
    for node in ("n1", "n2", "n3"):
        story.node(node, "x2", pid=2)
    assert "n1 ran again in x2" in story.row().told(log=history(n1="x2", n2="x2", n3="x2")).found()


def test_a_fault_of_another_process_is_no_excuse() -> None:
    story = Story()
    story.node("n0")
    story.fault("worker-kill", pid=7)
    for node in ("n0", "n1", "n2", "n3"):
        story.node(node, "x2", pid=2)
    found = story.row().told(log=history(n0="x2", n1="x2", n2="x2", n3="x2")).found()
    assert "nothing happened to that" in found


def test_what_a_fenced_attempt_begins_is_counted_and_is_no_second_time() -> None:
    story = Story()
    story.node("n0", "x1", pid=1)
    for node in ("n1", "n2"):
        story.node(node, "x2", pid=2)
    story.node("n1", "x1", pid=1)  # was stopped meanwhile, and has not noticed yet
    story.node("n3", "x2", pid=2)
    story.row().told(log=history(n1="x2", n2="x2", n3="x2"))
    assert story.violations() == []
    assert figures(story.account())["nodes begun by a fenced attempt"] == 1


def test_a_node_that_began_before_its_stopped_process_noticed_its_loss_may_run_again() -> None:
    story = Story()
    story.fault("worker-stop")
    story.fault("worker-stop-over")
    story.node("n0", "x1")
    story.t += 30
    story.node("n0", "x2", pid=2)
    account = story.account()
    assert violations(account)  # it has not ended, but nothing of n0
    assert [cause for _, _, cause in account.repeated] == ["lease lost"]


def test_a_node_that_runs_twice_in_one_attempt_is_found() -> None:
    story = Story()
    story.node("n0")
    assert any(
        "ran twice in the attempt x1" in sentence for sentence in story.all_nodes().row().told().violations()
    )


# --- one history ------------------------------------------------------------------------------------------------------


def test_a_result_that_lacks_a_node_is_found() -> None:
    assert "its result is of the nodes" in Story().all_nodes().row().told(log=history()[:-1]).found()


def test_a_result_that_has_a_node_twice_is_found() -> None:
    assert (
        "its result is of the nodes"
        in Story().all_nodes().row().told(log=[*history(), history()[-1]]).found()
    )


def test_a_node_that_was_given_another_state_is_found() -> None:
    log = history()
    log[3]["saw"] = ["n0-x1", "n1-x9", "n2-x1"]
    assert "n3 in its result was given another state" in Story().all_nodes().row().told(log=log).found()


def test_an_output_that_a_fenced_attempt_made_is_found() -> None:
    story = Story()
    story.node("n0")
    story.entries.append(
        {"t": story.t, "what": "begin", "run": "a", "node": "n1", "execution": "x1", "pid": 1}
    )
    story.fault("worker-stop")
    story.node("n1", "x2", pid=2, end="")  # the next attempt has begun
    ended = {"what": "end", "run": "a", "node": "n1", "execution": "x1", "pid": 1, "nonce": "n1-x1"}
    story.entries.append({"t": story.t, **ended})  # the first one wakes up
    story.t += 1
    story.node("n2", "x2", pid=2)
    story.node("n3", "x2", pid=2)
    found = story.row().told(log=history(n2="x2", n3="x2")).found()
    assert "its result has n1 of x1, a fenced attempt" in found


def test_an_output_that_nobody_made_is_found() -> None:
    story = Story()
    for node in ("n0", "n1", "n2"):
        story.node(node)
    assert "nobody wrote down that n3 ended" in story.row().told().found()


# --- order in threads -------------------------------------------------------------------------------------------------


def test_a_run_that_begins_before_the_end_of_the_one_before_it_is_found() -> None:
    story = Story().all_nodes().row(thread="t", finished_at=100 + 6.0).told()
    story.heard.accepted["b"] = PLANNED
    story.t = 5
    log = history()
    for node in ("n0", "n1", "n2", "n3"):
        story.node(node, "x1", run="b")
    story.row(id="b", thread="t").told(log=log, run="b")
    assert "thread t: run b began 1.00 s before the end of a" in story.found()


def test_runs_of_a_thread_one_after_the_other_break_nothing() -> None:
    story = Story().all_nodes().row(thread="t").told()
    story.heard.accepted["b"] = PLANNED
    story.t += 0.1
    for node in ("n0", "n1", "n2", "n3"):
        story.node(node, "x1", run="b")
    assert story.row(id="b", thread="t").told(run="b").violations() == []


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status": 500}, "answered with 500"),
        ({"status": 503}, "answered with 503"),
        ({"status": 404}, "answered with 404"),
        ({"seconds": 1.2}, "1 requests took 1.20 to 1.20 s (status 200)"),
        ({"status": 503, "retry_after": "2", "seconds": 1.2}, "took 1.20 to"),
        ({"status": 0, "error": "nothing within 10 s", "seconds": 10.0}, "took 10.00 to"),
    ],
    ids=["500", "503-without-retry-after", "lost", "slow", "slow-503", "silent"],
)
def test_a_wrong_or_late_answer_is_found(changes: dict[str, Any], says: str) -> None:
    assert says in answered(**changes).found()


@pytest.mark.parametrize(
    "changes",
    [{"status": 503, "retry_after": "2"}, {"status": 0, "error": "refused", "seconds": 3.0}, {"status": 202}],
    ids=["503", "away", "202"],
)
def test_an_answer_that_may_be_breaks_nothing(changes: dict[str, Any]) -> None:
    assert answered(**changes).violations() == []
