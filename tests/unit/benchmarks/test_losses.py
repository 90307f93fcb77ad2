"""What the bench counts as a finished node that ran again, and how a missed limit shows."""

from pathlib import Path

from benchmarks.bench.losses import repeated
from benchmarks.bench.measuring import Row
from benchmarks.ledger import Ledger, count, read


def test_a_node_that_runs_again_after_a_later_one_began_is_counted_and_one_that_was_cut_off_is_not() -> None:
    def begin(node: str, run: str) -> dict[str, object]:
        return {"what": "begin", "node": node, "run": run}

    cut_off = [begin("one", "a"), begin("two", "a"), begin("two", "a"), begin("three", "a")]
    again = [begin("one", "b"), begin("two", "b"), begin("one", "b")]
    assert repeated(cut_off) == 0
    assert repeated(again) == 1


def test_a_missed_limit_is_told_beside_its_number() -> None:
    row = Row("a row")
    row.add("runs/s", 99.0, at_least=100)
    row.add("seconds", 1.5, "s", at_most=2)
    row.add("beside it", 7)
    assert [number.met for number in row.numbers] == [False, True, None]
    assert str(row.numbers[0]) == "runs/s 99 (>= 100: MISSED)"


def test_a_line_that_a_killed_process_left_half_written_is_no_entry(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.write("begin", node="one")
    with (tmp_path / "ledger").open("a") as file:
        file.write('{"t": 1, "wh')
    assert count(read(tmp_path / "ledger"), "begin", "one") == 1
