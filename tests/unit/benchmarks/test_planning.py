"""A storm is made from its seed alone, and has every kind of fault however short it is."""

from collections import Counter

from benchmarks.chaos.planning import make_plan


def test_the_same_seed_makes_the_same_storm_and_another_seed_another_one() -> None:
    assert make_plan(3, 200, 60) == make_plan(3, 200, 60)
    assert make_plan(3, 200, 60) != make_plan(4, 200, 60)


def test_a_short_storm_has_each_kind_of_fault() -> None:
    lanes = make_plan(1, 150, 70).lanes
    kinds = {fault.kind for faults in lanes.values() for fault in faults}
    assert kinds == {
        "worker-kill", "worker-term", "worker-stop", "web-kill", "web-term", "broker-flush", "broker-restart",
        "broker-away", "broker-frozen", "database-restart",
    }  # fmt: skip


def test_a_stopped_worker_is_stopped_for_longer_than_a_lease() -> None:
    faults = [
        fault
        for lane in make_plan(1, 10, 600).lanes.values()
        for fault in lane
        if fault.kind == "worker-stop"
    ]
    assert faults
    assert all(fault.seconds > 10 for fault in faults)


def test_graphs_are_of_two_to_six_nodes_each_named_once_with_parallel_branches_and_both_kinds_of_errors() -> (
    None
):
    plans = [run.plan for run in make_plan(1, 2000, 480).runs]
    for plan in plans:
        nodes = [node for step in plan["steps"] for node in step]
        assert 2 <= len(nodes) <= 6
        assert len(set(nodes)) == len(nodes)
        assert all(0.1 <= plan["waits"][node] <= 3 for node in nodes)
    assert any(len(step) > 1 for plan in plans for step in plan["steps"])
    kinds = Counter(error["kind"] for plan in plans for error in plan["errors"].values())
    assert set(kinds) == {"again", "limit", "never"}


def test_threads_have_several_runs() -> None:
    runs = make_plan(1, 2000, 480).runs
    assert max(Counter(run.thread for run in runs if run.thread).values()) >= 3
    assert len(runs) == 2000
