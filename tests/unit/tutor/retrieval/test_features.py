"""The features of a ranking: documented, stable, and moving the way they are said to."""

from collections.abc import Sequence

import pytest

from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.ports.passages import Hit
from lectern.tutor.retrieval.features import FEATURES, features
from lectern.tutor.retrieval.fusion import fuse


def hit(text: str, score: float) -> Hit:
    passage = Passage(
        id=text,
        document="d",
        title="Lesson",
        ordinal=0,
        text=text,
        kind=PassageKind.BODY,
        heading_path=("Section",),
        anchor="",
        start=0,
        end=len(text),
    )
    return Hit(passage=passage, score=score)


def features_of(query: str, keywords: Sequence[Hit], vectors: Sequence[Hit]) -> dict[str, float]:
    return features(query, fuse(keywords, vectors, alpha=0.5), keywords, vectors)


def test_names_stand_in_the_order_of_the_model() -> None:
    found = features_of("cell wall", [hit("a cell wall", 3)], [hit("a cell wall", 0.7)])
    assert tuple(found) == FEATURES


def test_every_name_is_explained() -> None:
    assert features.__doc__ is not None
    assert all(f"`{name}`" in features.__doc__ for name in FEATURES)


def test_nothing_found_is_all_zero() -> None:
    assert features_of("cell", [], []) == dict.fromkeys(FEATURES, 0.0)


def test_values_of_a_small_ranking() -> None:
    keywords = [hit("staining a cell", 6), hit("a wall", 2)]
    vectors = [hit("staining a cell", 0.8), hit("salt", 0.2)]
    assert features_of("How are cells stained?", keywords, vectors) == pytest.approx(
        {
            "top_score": 1.0,
            "margin": 1 - 1 / 3,
            "top_cosine": 0.8,
            "cosine_margin": 0.3,
            "bm25_per_word": 3.0,
            "bm25_margin": 1 / 3,
            "agreement": 0.2,
            "coverage_best": 1.0,
            "coverage_top": 1.0,
            "unknown_words": 0.0,
        }
    )


def test_a_word_that_no_passage_holds_lowers_coverage_more_than_a_common_one() -> None:
    keywords = [hit("a cell wall", 3), hit("a cell membrane", 2), hit("the cell", 1)]
    unknown = features_of("cell zebra", keywords, [])
    assert unknown["unknown_words"] == 0.5
    assert unknown["coverage_top"] < 0.5
    assert features_of("cell wall", keywords, [])["coverage_best"] == 1.0


def test_words_of_headings_count_as_covered() -> None:
    assert features_of("lesson", [hit("text", 1)], [])["coverage_best"] == 1.0


def test_a_leg_that_is_away_gives_zeros_of_its_own_features_only() -> None:
    found = features_of("cell", [hit("a cell", 2)], [])
    assert found["top_cosine"] == found["cosine_margin"] == found["agreement"] == 0
    assert found["bm25_per_word"] == 2


def test_a_question_without_content_words_has_features_all_the_same() -> None:
    found = features_of("what is it?", [hit("what it is", 1)], [])
    assert found["coverage_best"] == found["unknown_words"] == 0
    assert found["bm25_per_word"] == 1
