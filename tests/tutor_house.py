"""A small course with a real index, toy embeddings that know words only, and a tutor that a language model helps."""

import asyncio
import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings

from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.models.chat import ChatLanguageModel
from lectern.adapters.models.slots import LocalSlots
from lectern.tutor.answering.matching import stems
from lectern.tutor.confidence.model import ConfidenceModel
from lectern.tutor.domain.passage import Passage, PassageKind, passage_id
from lectern.tutor.graph.build_with_model import build_graph_with_model
from lectern.tutor.graph.context import ModelUse, RunLeft, TutorContext
from tests.model_server import ModelServer

ZORBLAX = (
    "The Zorblax operator was named by its inventor in 1600. "
    "In this course the Zorblax operator always returns the value seven."
)
QUIBBLE = "The Quibble operator was named by its inventor in 1811. In this course the Quibble operator returns nothing."
LOOPS = "A loop repeats a block of code.\n\n```python\nfor i in items:\n    print(i)\n```\n\nUse break to end a loop early."
EXERCISE = "Write a loop that prints the secret number 42 ten times."

#: Confident when the question's words stand in what was found.
MODEL = ConfidenceModel(
    version="toy",
    features=("coverage_top", "kept_meaning"),
    means=(0.6, 0.7),
    scales=(0.2, 0.2),
    weights=(1.5, 1.5),
    intercept=0.0,
)


class WordEmbeddings(Embeddings):
    """One dimension for each stem, more or less."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        row = np.zeros(512)
        for word in stems(text):
            row[zlib.crc32(word.encode()) % 512] += 1
        return list(row / max(1.0, float(np.linalg.norm(row))))


def passage(document: str, title: str, text: str, kind: PassageKind = PassageKind.BODY) -> Passage:
    return Passage(
        id=passage_id(document, text, 0),
        document=document,
        title=title,
        ordinal=0,
        text=text,
        kind=kind,
        heading_path=(),
        anchor="",
        start=10,
        end=10 + len(text),
    )


OPERATORS = [
    passage("z.md", "The Zorblax operator", ZORBLAX),
    passage("q.md", "The Quibble operator", QUIBBLE),
    passage("l.md", "Loops", LOOPS),
    passage("e.md", "Exercises", EXERCISE, PassageKind.EXERCISE),
]
TEA = [passage("tea.md", "Tea", "Tea is a drink. People drink it at four.")]


def filled(index: FtsPassageIndex, course_key: int, passages: Sequence[Passage]) -> None:
    rows = WordEmbeddings().embed_documents([one.text for one in passages])
    index.store_vectors(
        "toy", {one.text_sha: np.array(row, np.float32) for one, row in zip(passages, rows, strict=True)}
    )
    for one in passages:
        index.replace_documents(course_key, "toy", {one.document: [one]})


class ModelTutor:
    """Asks the graph that has a language model, which `server` plays. `changes` are fields of `ModelUse`."""

    def __init__(
        self,
        index: FtsPassageIndex,
        server: ModelServer,
        provider: str = "openai",
        left: RunLeft | None = None,
        **changes: Any,
    ) -> None:
        values: dict[str, Any] = {
            "model": ChatLanguageModel(**server.options(provider), timeout_seconds=20),
            "slots": LocalSlots(slots=8),
            "timeout_seconds": 20.0,
            "token_budget": 20_000,
            "falls_back": True,
        }
        self.use = ModelUse(**{**values, **changes})
        self.context = TutorContext(
            index=index,
            embeddings=WordEmbeddings(),
            model="toy",
            confidence=MODEL,
            llm=self.use,
            left=left or RunLeft(),
        )
        server.passages = {one.id: one.text for one in (*OPERATORS, *TEA)}
        self._graph = build_graph_with_model().compile()
        self.visited: list[str] = []

    def ask(
        self, question: str, history: Sequence[dict[str, Any]] = (), *, key: int = 1, mode: str = "answer"
    ) -> dict[str, Any]:
        return asyncio.run(self.answer(question, history, key=key, mode=mode))

    async def answer(
        self, question: str, history: Sequence[dict[str, Any]] = (), *, key: int = 1, mode: str = "answer"
    ) -> dict[str, Any]:
        course = {"id": f"c{key}", "key": key, "title": "Operators", "answer_from_exercises": False}
        asked: Any = {"question": question, "course": course, "history": list(history), "mode": mode}
        self.visited, result = [], {}
        async for update in self._graph.astream(asked, context=self.context, stream_mode="updates"):
            for node, state in update.items():
                json.dumps(state)  # every state is checkpointed: plain JSON only
                self.visited.append(node)
                result = state.get("result", result)
        return result
