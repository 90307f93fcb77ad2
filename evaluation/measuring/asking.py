"""Ask questions as a student's run does: the tutor's workload makes the input, its graph answers, it takes the result.

What surrounds the graph in a worker is left out: queue, lease, checkpoints.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from langchain_core.embeddings import Embeddings
from tqdm import tqdm

from evaluation.measuring.calibrations import Models
from evaluation.measuring.predictions import Cited, Prediction, found
from evaluation.measuring.questions import Question
from lectern.base.clock import SystemClock
from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.domain.thread import Turn
from lectern.tutor.domain.passage import Passage
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.legs import hits
from lectern.tutor.graph.state import passage_from_json
from lectern.tutor.retrieval.ranking import rank
from lectern.tutor.workload import TUTOR

if TYPE_CHECKING:
    from lectern.bootstrap import Lectern

#: Passages of a prediction.
BEST = 10

#: Returns the confidence models for a question: such as were not fitted to it.
ModelsFor = Callable[[Question], Models]


@dataclass(frozen=True, kw_only=True)
class Known:
    """The passages that can be cited, by course and id."""

    passages: Mapping[str, Mapping[str, Passage]]

    def cited(self, course_id: str, source: Mapping[str, Any]) -> Cited:
        """Return a source of an answer with the passage that it names. Its offsets must be right for it to resolve."""
        name, quote = source["passage_id"], source["quote"]
        passage = self.passages[course_id].get(name)
        others = [one for one, has in self.passages.items() if name in has]
        resolved = passage is not None and _is_at(passage, source)
        return Cited(
            passage_id=name,
            document=source["document"],
            quote=quote,
            passage_text=passage.text if passage and resolved else "",
            other_course="" if passage or not others else others[0],
        )


class Asker:
    """Asks a course's questions. The graph is compiled once."""

    def __init__(self, lectern: "Lectern", known: Known, embeddings: Embeddings) -> None:
        workload = lectern.engine.workloads[TUTOR]
        assert isinstance(workload.context, TutorContext)
        self._workload = workload
        self._context = replace(workload.context, embeddings=embeddings)
        self._graph = workload.build().compile()
        self._known = known
        self._at_once = lectern.settings.llm_max_concurrency if workload.context.llm else 1

    @property
    def language_model(self) -> str:
        """Provider and name of the language model that writes the answers, or ""."""
        return self._context.llm.model.name if self._context.llm else ""

    def ask(
        self, course_id: str, questions: Sequence[Question], models_for: ModelsFor, title: str
    ) -> list[Prediction]:
        """Return what the course says to each question, in their order; `title` names the bar on a terminal.

        A question that ends with an error has no prediction; the error is printed.
        """
        return asyncio.run(self._ask_all(course_id, questions, models_for, title))

    async def _ask_all(
        self, course_id: str, questions: Sequence[Question], models_for: ModelsFor, title: str
    ) -> list[Prediction]:
        free = asyncio.Semaphore(self._at_once)
        with tqdm(total=len(questions), desc=f"asking {title}", disable=None) as bar:

            async def one(question: Question) -> Prediction | None:
                async with free:
                    try:
                        return await self._ask(course_id, question, models_for(question))
                    except (
                        Exception
                    ) as exc:  # counts against the system; the other questions are asked all the same
                        print(f"{question.id} failed: {type(exc).__name__}: {exc}", file=sys.stderr)
                        return None
                    finally:
                        bar.update()

            asked = await asyncio.gather(*map(one, questions))
        return [prediction for prediction in asked if prediction]

    async def _ask(self, course_id: str, question: Question, models: Models) -> Prediction:
        turns = []
        if question.previous:
            before = self._run(course_id, question.previous)
            turns = [_turn(before, (await self._answer(before, [], models))[0])]
        began, began_cpu = time.perf_counter(), time.process_time()
        result, state, legs = await self._answer(self._run(course_id, question.question), turns, models)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
        passages = _best(
            state, legs
        )  # the whole ranking is made again for the report, and is none of the answer's time
        share = result.get("llm") or {}
        return Prediction(
            id=question.id,
            passages=found(passages),
            answer=result["answer"],
            confidence=result["confidence"],
            declined=result["declined"],
            citations=tuple(self._known.cited(course_id, source) for source in result["sources"]),
            degraded=tuple(result["degraded"]),
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            calls=share.get("calls", 0),
            tokens=share.get("input_tokens", 0) + share.get("output_tokens", 0),
            composed=share.get("wrote", False),
        )

    async def _answer(
        self, run: Run, turns: Sequence[Turn], models: Models
    ) -> tuple[dict[str, Any], Mapping[str, Any], Mapping[str, Any]]:
        """Return the result of a run, its last state, and the state in which the legs of its last search are."""
        asked = await asyncio.to_thread(self._workload.to_input, run, turns)
        changes: dict[str, Any] = dict(models)
        context = replace(self._context, **changes)
        legs, state = dict[str, Any](), dict[str, Any]()
        async for state in self._graph.astream(asked, context=context, stream_mode="values"):
            if state.get("keywords") or state.get("vectors"):
                legs = state  # the node `fuse` empties them
        return dict(self._workload.to_result(state)), state, legs

    def _run(self, course_id: str, question: str) -> Run:
        workload = self._workload
        return Run(
            id=uuid4(), workload=workload.name, queue=workload.queue, owner="evaluation", tenant=course_id,
            input={"question": question, "context": {"course_id": course_id}}, thread_id=None, thread_key="",
            group_id=None, metadata={}, status=RunStatus.RUNNING, step="", attempt=1, max_attempts=1,
            deadline_seconds=workload.deadline_seconds, token=None, worker_id=None, created_at=SystemClock().now(),
            dispatched_at=None, not_before=None, started_at=None, finished_at=None, result=None, error="",
            error_code="", fingerprint="",
        )  # fmt: skip


def _turn(run: Run, result: dict[str, Any]) -> Turn:
    return Turn(
        run_id=run.id,
        number=1,
        input=run.input,
        output=result,
        status=RunStatus.SUCCEEDED,
        created_at=run.created_at,
    )


def _best(state: Mapping[str, Any], legs: Mapping[str, Any]) -> list[Passage]:
    """Return the graph's ranking, and what comes behind the passages that it keeps by the same fusion."""
    kept = [passage_from_json(ranked["passage"]) for ranked in state.get("ranked", [])]
    if not legs:
        return kept[:BEST]
    query = state["query"]
    ranked = rank(query, hits(legs["keywords"]), hits(legs["vectors"]))
    ids = {passage.id for passage in kept}
    return [*kept, *(one.passage for one in ranked if one.passage.id not in ids)][:BEST]


def _is_at(passage: Passage, source: Mapping[str, Any]) -> bool:
    start, end = source["start"] - passage.start, source["end"] - passage.start
    same_place = source["document"] == passage.document and source["title"] == passage.title
    return bool(same_place and start >= 0 and passage.text[start:end] == source["quote"])
