"""Report and plots of a made-up report, and the reference that a retrieval is held against."""

from typing import Any
from xml.etree import ElementTree

import numpy as np

from evaluation.measuring.plain_fusion import PlainFusion
from evaluation.measuring.plots import interval_plot, reliability_plot
from evaluation.measuring.report import markdown, summary
from lectern.tutor.domain.passage import Passage, PassageKind, passage_id


def passage(text: str, title: str = "T") -> Passage:
    return Passage(
        id=passage_id("d", text, 0), document="d", title=title, ordinal=0, text=text, kind=PassageKind.BODY,
        heading_path=(), anchor="", start=0, end=len(text),
    )  # fmt: skip


def test_plain_fusion_adds_half_of_each_stretched_leg() -> None:
    passages = [passage("cell wall wall"), passage("cell"), passage("salt"), passage("sugar")]
    vectors = np.eye(4, dtype=np.float32)
    plain = PlainFusion(passages, vectors)
    # By words: the first (1), the second (0). By meaning: salt 1, sugar .6, the rest 0.
    meant = np.array([0, 0, 1, 0.6], np.float32)
    assert [one.text for one in plain.best("cell walls?", meant)][:3] == ["cell wall wall", "salt", "sugar"]
    assert [one.text for one in plain.best('"?!', meant)][:2] == ["salt", "sugar"], "no word is no error"
    # The only passage with the word is the leg's best, not its worst: .5 + .15 against .5.
    assert plain.best("salt", np.array([1, 0.2, 0.3, 0], np.float32))[0].text == "salt"


def test_a_point_of_the_reliability_plot_lies_where_it_was_said_and_right() -> None:
    drawn = reliability_plot("A <course>", {"own": [{"n": 10, "confidence": 0.5, "right": 1.0}]})
    circle = next(one for one in ElementTree.fromstring(drawn).iter() if one.tag.endswith("circle"))
    assert float(circle.get("cx", "")) == 52 + 0.5 * 300
    assert float(circle.get("cy", "")) == 40
    assert "A &lt;course&gt;" in drawn


def test_an_interval_plot_bears_what_is_missing() -> None:
    drawn = interval_plot("hit@5", ["new", "plain"], [("set", [{"value": 0.9, "ci95": [0.8, 1.0]}, None])])
    assert len([one for one in ElementTree.fromstring(drawn).iter() if one.tag.endswith("circle")]) == 1


def test_a_leak_and_a_drop_stand_in_the_report() -> None:
    course: dict[str, Any] = {
        "name": "c", "documents": 1, "passages": 2, "problems": [], "calibration": "as shipped", "sets": {},
        "confidence": None, "confidence_of_answers": None, "refusal": None, "citations": None,
        "leaks": {"questions_in_course_text": 3, "left_out_document_found": 0},
        "model": {"calls": 0},
    }  # fmt: skip
    report = {
        "rule": "first_cited", "sample": 0, "language_model": "", "trials": [course], "latency": None, "targets": [],
        "compared": {"own": {}}, "drops": ["own: hit@5 fell by .2."],
        "pairs": {"c": {"compared": 40, "not_asked": 12, "not_stored": ["q1"]}},
    }  # fmt: skip
    said = markdown(report)
    assert "LEAK: 3 questions stand word for word" in said
    assert "**own: hit@5 fell by .2.**" in said
    paired = "c: 40 questions were compared with their stored outcomes; 12 stored ones were not asked, and nothing is stored of 1"
    assert paired in said
    assert paired in summary(report)
