"""Stories of one question through the whole graph: a real index, toy embeddings that know words only."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from math import exp, log
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from langchain_core.embeddings import Embeddings

from lectern.adapters.fts.index import FtsPassageIndex
from lectern.tutor.errors import EmbeddingModelError, IndexUnavailable
from lectern.tutor.graph import build
from lectern.tutor.graph.at_once import AtOnce
from lectern.tutor.graph.build import build_graph
from lectern.tutor.graph.build_with_model import build_graph_with_model
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.steps import STEPS
from tests.tutor_house import MODEL, OPERATORS, TEA, WordEmbeddings, filled, passage

_PLAIN = ormsgpack.OPT_PASSTHROUGH_SUBCLASS | ormsgpack.OPT_PASSTHROUGH_ENUM


class BrokenEmbeddings(WordEmbeddings):
    def embed_query(self, text: str) -> list[float]:
        raise EmbeddingModelError("The model is away.")


class BrokenKeywords(FtsPassageIndex):
    def search_keywords(self, *_args: Any, **_kwargs: Any) -> Any:
        raise IndexUnavailable("The index is locked.")


@pytest.mark.parametrize("built", [build_graph, build_graph_with_model], ids=["rules", "model"])
def test_ways_and_what_is_over_at_once_are_handed_to_no_thread(built: Any) -> None:
    graph = built()
    quick = [graph.nodes[name].runnable for name in ("rewrite", "verify_citations", "repair")]
    ways = [branch.path for branches in graph.branches.values() for branch in branches.values()]
    assert all(isinstance(one, AtOnce) for one in (*quick, *ways))


class Tutor:
    """Asks the graph."""

    def __init__(self, index: FtsPassageIndex, embeddings: Embeddings, **changes: Any) -> None:
        self._graph = build_graph().compile()
        self._context = TutorContext(
            **{"index": index, "embeddings": embeddings, "model": "toy", "confidence": MODEL, **changes}
        )
        self.visited: list[str] = []

    def ask(
        self, question: str, history: Sequence[dict[str, Any]] = (), *, key: int = 1, exercises: bool = False
    ) -> dict[str, Any]:
        course = {"id": f"c{key}", "key": key, "title": "Operators", "answer_from_exercises": exercises}
        asked: Any = {"question": question, "course": course, "history": list(history)}
        self.visited, result = [], {}
        for update in self._graph.stream(asked, context=self._context, stream_mode="updates"):
            for node, state in update.items():
                # Every state is checkpointed: plain JSON only, and no subclass such as an enum's member.
                assert ormsgpack.packb(state, option=_PLAIN)
                self.visited.append(node)
                result = state.get("result", result)
        return result

    def turn(self, question: str) -> dict[str, Any]:
        answer = self.ask(question)
        return {"question": question, "answer": answer["answer"], "sources": answer["sources"]}


@pytest.fixture
def index(tmp_path: Path) -> FtsPassageIndex:
    index = FtsPassageIndex(tmp_path / "passages.sqlite3")
    filled(index, 1, OPERATORS)
    filled(index, 2, TEA)
    return index


@pytest.fixture
def tutor(index: FtsPassageIndex) -> Tutor:
    return Tutor(index, WordEmbeddings())


def test_a_fact_is_answered_with_its_source(tutor: Tutor) -> None:
    result = tutor.ask("What does the Zorblax operator return?")
    assert "returns the value seven. [1]" in result["answer"]
    assert not result["declined"]
    for source in result["sources"]:
        text = next(one.text for one in OPERATORS if one.id == source["passage_id"])
        assert text[source["start"] - 10 : source["end"] - 10] == source["quote"]
    assert result["sources"][0]["document"] == "z.md"
    assert result["calibration"] == "toy"


def test_promise_7_what_no_passage_says_is_taken_out_of_the_answer(
    index: FtsPassageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose = build.answer

    def answer(state: Any) -> Any:
        update = choose(state)
        false = {**update["pieces"][0], "text": "Paris lies on the Seine."}
        return {**update, "pieces": [false, *update["pieces"]]}

    monkeypatch.setattr(build, "answer", answer)
    tutor = Tutor(index, WordEmbeddings())
    result = tutor.ask("What does the Zorblax operator return?")
    assert "seven" in result["answer"]
    assert "Paris" not in result["answer"]
    assert tutor.visited[-4:] == ["verify_citations", "repair", "check_material", "confidence"]


def test_promise_7_a_passage_without_a_sentence_to_quote_is_no_evidence(
    index: FtsPassageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_state: Any) -> Any:
        return {"pieces": []}

    monkeypatch.setattr(build, "answer", answer)
    result = Tutor(index, WordEmbeddings()).ask("What does the Zorblax operator return?")
    assert (result["declined"], result["sources"]) == (True, [])
    assert result["confidence"] <= 0.3


def test_another_course_declines_it_and_leaks_nothing(tutor: Tutor) -> None:
    result = tutor.ask("What does the Zorblax operator return?", key=2)
    assert result["declined"]
    assert result["sources"] == []
    assert "seven" not in json.dumps(result)
    assert result["confidence"] < 0.3


@pytest.mark.parametrize(("operator", "year"), [("Zorblax", "1600"), ("Quibble", "1811")])
def test_a_follow_up_is_about_its_own_thread(tutor: Tutor, operator: str, year: str) -> None:
    result = tutor.ask("When was it named?", [tutor.turn(f"What does the {operator} operator return?")])
    assert result["answer"].startswith(f"The {operator} operator was named by its inventor in {year}.")
    assert result["question_type"] == "follow_up"


def test_a_new_question_forgets_the_old_topic(tutor: Tutor) -> None:
    result = tutor.ask("What is a loop?", [tutor.turn("What does the Zorblax operator return?")])
    assert result["answer"].startswith("A loop repeats a block of code. [1]")
    assert result["question_type"] == "simple"


def test_a_typing_error_is_put_right_before_the_search(tutor: Tutor) -> None:
    result = tutor.ask("What does the Zorblaxx operator return?")
    assert "seven" in result["answer"]
    assert tutor.visited.count("search_keywords") == 1


def test_code_is_shown_where_it_is_asked_for(tutor: Tutor) -> None:
    result = tutor.ask("how do i write a loop")
    assert "```python\nfor i in items:\n    print(i)\n```\n[2]" in result["answer"]
    assert result["sources"][1]["quote"].startswith("```python")


def test_exercises_are_not_answered_from_unless_the_course_says_so(tutor: Tutor) -> None:
    question = "Write a loop that prints the secret number"
    assert "42" not in tutor.ask(question)["answer"]
    assert "42" in tutor.ask(question, exercises=True)["answer"]


def test_one_word_of_the_course_is_answered(tutor: Tutor) -> None:
    assert "loop" in tutor.ask("loops?")["answer"]


def test_a_greeting_is_invited_without_a_search(tutor: Tutor) -> None:
    result = tutor.ask("hello")
    assert (result["declined"], result["question_type"]) == (True, "off_topic")
    assert tutor.visited == ["condense", "abstain"]


def test_a_refusal_names_near_sections_of_its_own_course(tutor: Tutor) -> None:
    result = tutor.ask("Which loop operator serves mitochondria?")
    assert result["declined"]
    assert set(result["nearest"]) <= {"The Zorblax operator", "The Quibble operator", "Loops"}


def test_a_question_that_the_course_does_not_answer_is_logged_as_a_gap_without_its_words(
    tutor: Tutor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tutor.ask("hello")
    tutor.ask("What does the Zorblax operator return?")
    result = tutor.ask("What does the Zorblax operator return?", key=2)
    (gap,) = [record.msg for record in caplog.records if record.msg["event"] == "gap"]
    assert (gap["course_id"], gap["confidence"], gap["degraded"]) == ("c2", result["confidence"], [])
    assert "Zorblax" not in caplog.text


def test_without_the_model_words_answer_and_the_answer_says_so(index: FtsPassageIndex) -> None:
    result = Tutor(index, BrokenEmbeddings()).ask("What does the Zorblax operator return?")
    assert "seven" in result["answer"]
    assert result["degraded"] == ["vector"]
    assert result["sources"][0]["legs"] == ["keyword"]


def test_promise_6_a_refusal_says_what_was_away(index: FtsPassageIndex) -> None:
    result = Tutor(index, BrokenEmbeddings()).ask("Who discovered the mitochondria of wombats?")
    assert (result["declined"], result["degraded"]) == (True, ["vector"])


class BreakingEmbeddings(WordEmbeddings):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise EmbeddingModelError("The model went away.")


def test_promise_6_a_model_that_goes_away_after_the_search_is_missed_by_no_answer(
    index: FtsPassageIndex,
) -> None:
    """Sentences are chosen without it: embedding one takes longer than all the rest of an answer."""
    result = Tutor(index, BreakingEmbeddings()).ask("What does the Zorblax operator return?")
    assert "seven" in result["answer"]
    assert result["degraded"] == []


class CountingEmbeddings(BrokenEmbeddings):
    asked = 0

    def embed_query(self, text: str) -> list[float]:
        self.asked += 1
        return super().embed_query(text)


def test_a_model_that_is_away_is_waited_for_once_in_a_run(index: FtsPassageIndex) -> None:
    embeddings = CountingEmbeddings()
    Tutor(index, embeddings).ask("What does the Zorblaxx operator return for wombats?")
    assert embeddings.asked == 1


def test_a_course_of_another_model_is_answered_by_words_and_names_the_command(index: FtsPassageIndex) -> None:
    result = Tutor(index, WordEmbeddings(), model="newer").ask("What does the Zorblax operator return?")
    assert "seven" in result["answer"]
    assert result["degraded"] == ["vector"]
    assert all(source["legs"] == ["keyword"] for source in result["sources"])
    (notice,) = result["notices"]
    assert "embedded by toy (512 numbers), and this server embeds by newer" in notice
    assert notice.endswith("python manage.py reembed_course c1")


def test_cosines_that_the_confidence_was_not_fitted_to_are_not_counted(index: FtsPassageIndex) -> None:
    by_cosine = replace(MODEL, features=("top_cosine",), means=(0.9,), scales=(0.1,), weights=(2.0,))
    question = "What does the Zorblax operator return?"
    fitted = Tutor(index, WordEmbeddings(), confidence=by_cosine).ask(question)
    other = Tutor(index, WordEmbeddings(), confidence=by_cosine, fitted=False).ask(question)
    assert (fitted["confidence"] < 0.3, other["confidence"]) == (True, 0.5)  # 0.5: counts as the mean


def test_without_the_keyword_leg_vectors_answer(tmp_path: Path, index: FtsPassageIndex) -> None:
    result = Tutor(BrokenKeywords(tmp_path / "passages.sqlite3"), WordEmbeddings()).ask(
        "What does Zorblax return?"
    )
    assert "seven" in result["answer"]
    assert result["degraded"] == ["keyword"]


def test_without_both_legs_there_is_an_error_and_no_answer(tmp_path: Path, index: FtsPassageIndex) -> None:
    tutor = Tutor(BrokenKeywords(tmp_path / "passages.sqlite3"), BrokenEmbeddings())
    with pytest.raises(IndexUnavailable):
        tutor.ask("What does Zorblax return?")


def test_an_empty_course_declines(tutor: Tutor) -> None:
    result = tutor.ask("What is a loop?", key=3)
    assert (result["declined"], result["confidence"], result["nearest"]) == (True, 0.0, [])


def test_every_node_that_takes_time_says_what_it_does() -> None:
    assert set(STEPS) == set(build_graph().nodes) | set(build_graph_with_model().nodes)


def test_the_legs_are_dropped_from_the_state_once_they_are_fused(tutor: Tutor) -> None:
    course = {"id": "c1", "key": 1, "title": "Operators", "answer_from_exercises": False}
    asked: Any = {"question": "What is a loop?", "course": course, "history": []}
    states = list(tutor._graph.stream(asked, context=tutor._context, stream_mode="values"))
    assert states[-1].keys() <= {"result"} or states[-1]["keywords"] == states[-1]["vectors"] == []


def test_what_is_not_about_the_course_is_declined_however_sure_the_search_is(index: FtsPassageIndex) -> None:
    sure = replace(MODEL, features=(), means=(), scales=(), weights=(), intercept=3.0)
    result = Tutor(index, WordEmbeddings(), confidence=sure, answerable=MODEL).ask(
        "Who discovered the mitochondria of wombats?"
    )
    assert (result["declined"], result["sources"]) == (True, [])
    assert result["confidence"] <= 0.3


def test_the_confidence_is_that_of_the_passage_that_is_cited_first(index: FtsPassageIndex) -> None:
    by_score = replace(MODEL, features=("passage_score",), means=(0.5,), scales=(0.5,), weights=(1.0,))
    result = Tutor(index, WordEmbeddings(), confidence=by_score, answerable=MODEL).ask(
        "What does the Zorblax operator return?"
    )
    cited = result["sources"][0]["score"]
    assert result["features"]["passage_score"] == pytest.approx(cited, abs=1e-3)
    assert result["confidence"] == pytest.approx(1 / (1 + exp(-(cited - 0.5) / 0.5)), abs=1e-3)


def test_the_confidence_knows_whether_the_definition_that_is_asked_for_was_found_and_stated(
    index: FtsPassageIndex,
) -> None:
    filled(index, 3, [passage("t.md", "T", "A tuple is a row of values. Use it where they stay.")])
    by_definition = replace(
        MODEL, features=("states_definition",), means=(0.0,), scales=(1.0,), weights=(4.0,), intercept=-2.0
    )
    tutor = Tutor(index, WordEmbeddings(), confidence=by_definition, answerable=MODEL)
    given, missing = tutor.ask("What is a tuple?", key=3), tutor.ask("What is a value?", key=3)
    assert (given["features"]["defined"], given["features"]["states_definition"]) == (1, 1)
    assert missing["features"]["defined"] < 0.5
    assert given["confidence"] > 0.85 > 0.2 > missing["confidence"]


@pytest.mark.parametrize(
    ("confidence", "band", "advised", "named"),
    [(0.95, "high", False, False), (0.7, "check_source", True, False), (0.4, "low", True, True)],
)
def test_a_student_is_told_how_far_to_trust_an_answer(
    index: FtsPassageIndex, confidence: float, band: str, advised: bool, named: bool
) -> None:
    fixed = replace(
        MODEL, features=(), means=(), scales=(), weights=(), intercept=log(confidence / (1 - confidence))
    )
    result = Tutor(index, WordEmbeddings(), confidence=fixed).ask("What does the Zorblax operator return?")
    assert (result["confidence"], result["confidence_band"]) == (confidence, band)
    assert (bool(result["advice"]), bool(result["nearest"])) == (advised, named)
    assert result["advice"] not in result["answer"] or not advised


def test_a_bare_topic_is_answered_and_then_asked_back(tutor: Tutor) -> None:
    answer, _, asked = tutor.ask("operator?")["answer"].rpartition("\n\n")
    assert "operator" in answer
    assert asked.startswith("Which do you mean: The ")
    assert {"Zorblax", "Quibble"} <= set(asked.split())


def test_a_bare_topic_of_low_confidence_is_asked_back_and_called_no_near_miss(index: FtsPassageIndex) -> None:
    unsure = replace(MODEL, features=(), means=(), scales=(), weights=(), intercept=log(0.3 / 0.7))
    tutor = Tutor(index, WordEmbeddings(), confidence=unsure)
    assert tutor.ask("operator?")["answer"].startswith("The ")
    assert tutor.ask("operator inventing")["answer"].startswith("I am not sure that the course")


def test_words_without_a_sentence_that_can_be_quoted_of_them_are_declined(
    index: FtsPassageIndex, tutor: Tutor
) -> None:
    filled(
        index, 1, [passage("c.md", "Cows", "They dilate grass. This is bringing milk. Cows live in barns.")]
    )
    result = tutor.ask("dilate bringing")
    assert result["declined"]
    assert "barns" not in result["answer"]
    assert "Cows live in barns. [1]" in tutor.ask("cows bringing")["answer"]


def test_choices_that_are_missing_are_asked_for_by_a_refusal_that_names_sections_too(
    index: FtsPassageIndex,
) -> None:
    below = replace(MODEL, features=(), means=(), scales=(), weights=(), intercept=log(0.25 / 0.75))
    asked = "Which of the following operators returns the value of a purple elephant?"
    result = Tutor(index, WordEmbeddings(), confidence=replace(below, decline_below=0.3)).ask(asked)
    assert result["declined"]
    assert result["nearest"]
    assert result["answer"].endswith("please send them along.")


def test_a_question_without_a_subject_is_asked_back(tutor: Tutor) -> None:
    result = tutor.ask("how does it work?")
    assert result["declined"]
    assert result["answer"].startswith("What is your question about?")
