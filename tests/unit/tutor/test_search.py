"""`Tutor.search` ranks as the graph does, and not by the legs' scores alone."""

from types import SimpleNamespace
from typing import Any

from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.ports.passages import Hit
from lectern.tutor.tutor import Tutor


def test_a_search_ranks_a_passage_with_all_words_before_one_that_is_strong_in_one_of_them() -> None:
    hits = [Hit(passage=_passage(text), score=score) for text, score in FOUND.items()]
    index = SimpleNamespace(search_keywords=lambda *_: hits, search_vectors=lambda *_: [])
    embeddings = SimpleNamespace(embed_query=lambda _: [1.0])
    indexing: Any = SimpleNamespace(index=index, embeddings=embeddings, model="m")
    nothing: Any = None
    course: Any = SimpleNamespace(id="c", key=1, answerable_kinds=(PassageKind.BODY,))
    tutor = Tutor(engine=nothing, indexing=indexing, default_course_id="")
    found = tutor.search(course, "What is a cell wall?", 2)
    assert [one.passage.text for one in found] == ["cell walls", "cell"]


FOUND = {"cell": 10.0, "cell walls": 9.5, "wall": 2.0, "cells": 1.0}


def _passage(text: str) -> Passage:
    return Passage(
        id=text, document=text, title="", ordinal=0, text=text, kind=PassageKind.BODY, heading_path=(), anchor="",
        start=0, end=len(text),
    )  # fmt: skip
