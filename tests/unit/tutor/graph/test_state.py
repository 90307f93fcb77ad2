import json
from dataclasses import replace

from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.graph.state import merged, passage_from_json, passage_to_json


def test_a_passage_comes_back_from_json_as_it_was() -> None:
    passage = Passage(
        id="p",
        document="d",
        title="t",
        ordinal=3,
        text="text",
        kind=PassageKind.SUMMARY,
        heading_path=("a", "b"),
        anchor="x",
        start=1,
        end=5,
        page=7,
    )
    written = json.loads(json.dumps(passage_to_json(passage)))
    assert passage_from_json(written) == passage
    del written["page"]  # as a checkpoint from before pages has it
    assert passage_from_json(written) == replace(passage, page=None)


def test_parallel_legs_both_report_that_they_were_away() -> None:
    assert merged(["vector"], ["keyword", "vector"]) == ["keyword", "vector"]
