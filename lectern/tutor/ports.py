"""What the tutor needs from the outside. LangChain's `Embeddings` is a port already and is used as it is."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from lectern.base.json import JsonObject
from lectern.tutor.domain.answer import Mode
from lectern.tutor.domain.concept import (
    Concept,
    ConceptPage,
    ConceptStats,
    CourseConcepts,
    Kinship,
    NamedConcept,
    Need,
    ReadPassage,
    Underlaid,
)
from lectern.tutor.domain.course import (
    Course,
    CourseDocument,
    EmbeddingProgress,
    IndexingJob,
    Problem,
    StagedDocument,
)
from lectern.tutor.domain.gap import (
    AnsweredQuestion,
    EndedQuestion,
    Feedback,
    Gaps,
    JudgedAnswer,
    Rating,
    TeacherAnswer,
)
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.domain.publication import Owed

#: One embedding: float32, L2-normalised, shape (dimensions,).
Vector = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A passage that a search leg found. Scores of one leg compare with each other only; higher is better."""

    passage: Passage
    score: float


class FromStandby(list[Hit]):
    """What a leg found in the place of a store that is away."""

    def __init__(self, hits: Iterable[Hit], away: str) -> None:
        super().__init__(hits)
        #: The name of the store, as answers give it in `degraded`.
        self.away = away


@dataclass(frozen=True, kw_only=True)
class IndexStats:
    """What the index holds of one course."""

    documents: int
    passages: int
    #: Embedding models whose vectors its passages have, by name: one, unless it is being embedded anew.
    models: tuple[str, ...] = ()


#: Passages of documents that are given to an index at once: a server takes many about as quickly as a few.
TOGETHER_PASSAGES = 500


class PassageIndex(Protocol):
    """Passages of all courses, searched by keywords and by vectors; a course never sees another's.

    `course_key` is the course's integer key. Implementations filter by it inside the store. Every method raises
    `IndexUnavailable` when the store cannot be reached. All are blocking: call them off the event loop.
    """

    def missing_vectors(self, model: str, text_shas: Collection[str]) -> set[str]:
        """Return those of `text_shas` for which no vector of `model` is stored."""

    def store_vectors(self, model: str, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors by text hash, in the place of older ones of that model. New ones are found by no search yet."""

    def replace_documents(
        self, course_key: int, model: str, documents: Mapping[str, Sequence[Passage]]
    ) -> None:
        """Put the passages of each document in the place of whatever it had; of each all or nothing.

        The vectors of all texts must have been stored; raises `IndexUnavailable` naming a document that lacks some.
        """

    def remove_document(self, course_key: int, document: str) -> None:
        """Remove a document's passages. Removing what is not there is harmless."""

    def search_keywords(
        self, course_key: int, query: str, limit: int, kinds: Collection[PassageKind]
    ) -> list[Hit]:
        """Return the best passages for the words of `query` (any text: never raises for its form), best first."""

    def search_vectors(
        self, course_key: int, model: str, vector: Vector, limit: int, kinds: Collection[PassageKind]
    ) -> list[Hit]:
        """Return the passages nearest to `vector`, which `model` made, by cosine, best first.

        Raises `EmbeddedOtherwise` when any passage of the course has a vector of another model or length: such are never
        compared, and what is left would be half a course.
        """

    def spelled_like(self, course_key: int, word: str) -> dict[str, int]:
        """Return `word` (lower case) alone where the course has it, else the course's words with its first letter and
        about its length; each with the number of passages that hold it. For the repair of spelling: {} leaves questions
        as they were typed.
        """

    def passages(self, course_key: int, document: str) -> list[Passage]:
        """Return the passages of a document in their order, as they were given."""

    def present(self, course_key: int, passage_ids: Collection[str]) -> set[str]:
        """Return those of `passage_ids` that the course has now, all seen at one moment. An id stands for one text."""

    def stats(self, course_key: int) -> IndexStats:
        """Count documents and passages of a course."""


class PassageStore(PassageIndex, Protocol):
    """What keeps a `PassageIndex`, as those see it who move it or stand in for it. Digests are those of `digest_of`."""

    def vectors(self, model: str, text_shas: Collection[str]) -> dict[str, Vector]:
        """Return the vectors of `model` that are stored, by text hash."""

    def kept_courses(self) -> set[int]:
        """Return the keys of the courses of which something is kept, those that were deleted meanwhile included."""

    def kept_documents(self, course_key: int) -> dict[str, str]:
        """Return the documents of a course, with the digests of their contents."""

    def read_document(self, course_key: int, document: str) -> tuple[str, list[Passage], dict[str, Vector]]:
        """Return the embedding model, the passages, and their vectors by text hash; "" and nothing without any."""

    def put_documents(
        self,
        course_key: int,
        model: str,
        documents: Mapping[str, Sequence[Passage]],
        vectors: Mapping[str, Vector],
    ) -> None:
        """Do what `replace_documents` does, with vectors that are given."""

    def remove_course(self, course_key: int) -> None:
        """Remove all that is kept of a course, for one that was deleted."""


class PassageServer(PassageStore, Protocol):
    """A store on a server, of which SQL knows what it has and what it owes; see `Publications`."""

    def stats_without(self, course_key: int, documents: Collection[str]) -> IndexStats:
        """Count documents and passages of a course, but for those documents."""

    def write_documents(
        self,
        course_key: int,
        model: str,
        documents: Mapping[str, Sequence[Passage]],
        vectors: Mapping[str, Vector],
    ) -> None:
        """Put content there that was announced; nothing of a document where newer content has replaced it meanwhile."""

    def withdraw_document(self, course_key: int, document: str) -> None:
        """Remove a document whose removal was announced; nothing where newer content has replaced it meanwhile."""

    def check(self) -> None:
        """Raise `IndexUnavailable` where the server is away."""

    def lost(self, course_key: int) -> set[str]:
        """Return the documents that the server should have and of which it lacks passages."""

    def tidy(self, course_key: int) -> None:
        """Delete what nobody reads, of what was replaced or of writers that died, and mend what the server lost."""

    def sweep(self, is_embedding: Callable[[], bool]) -> None:
        """Delete what no course has any more, now and then; no vectors while `is_embedding`."""


class Publications(Protocol):
    """Which content the documents of a `PassageServer` have, and which of it the server owes.

    A document is written in four steps: its content is announced, kept by the standby, put on the server, or, where that is
    away, settled: from then on the server owes it. Whoever dies in between begins again and comes to the same.
    """

    def announce(self, course_key: int, digests: Mapping[str, str]) -> None:
        """Note that documents are about to have that content, beside what they had; `NOTHING` is a removal."""

    def settle(self, course_key: int, digests: Mapping[str, str]) -> None:
        """Note that they have that content alone, but those with newer announced, and that the server owes it."""

    def owe(self, course_key: int, document: str) -> None:
        """Note that the server lost what it had of a document."""

    def content(self, course_key: int) -> dict[str, frozenset[str]]:
        """Return the digests of each document of a course: what has another one is not its content any more."""

    def owed(self) -> list[Owed]:
        """Return what the server does not have yet."""

    def owed_of(self, course_key: int) -> set[str]:
        """Return the documents of a course of which the server does not have what was settled."""


class ConceptGraph(Protocol):
    """The concepts of all courses and what joins them; a course never sees another's.

    `course_key` is the course's integer key, `concept_id` the id of one of its concepts. A reader sees the concepts of a
    course as one `replace_course` left them, never parts of two. No method walks further than it is told. Every method
    raises the engine's `StoreUnavailable`, or an error of the tutor's that is `passing`, when the store is away.
    """

    def replace_course(self, course_key: int, concepts: CourseConcepts) -> None:
        """Put `concepts` in the place of all that the course had; who reads meanwhile sees the old ones.

        Done twice, or begun again after a crash, it comes to the same. Raises `UnknownCourse` when the course is gone.
        """

    def remove_course(self, course_key: int) -> None:
        """Remove a course's concepts. Removing what is not there is harmless."""

    def stats(self, course_key: int) -> ConceptStats:
        """Count what is kept of a course."""

    def find(self, course_key: int, prefix: str, offset: int, limit: int) -> ConceptPage:
        """Return concepts of which a name begins with `prefix`, whatever its case, in the course's order; "" finds all."""

    def named(self, course_key: int, name: str) -> Concept | None:
        """Return the concept of that id or name, another name or number of it included; None when there is none."""

    def concepts(self, course_key: int, concept_ids: Collection[str]) -> list[Concept]:
        """Return those of `concept_ids` that the course has, in its order."""

    def related(self, course_key: int, concept_id: str, limit: int) -> list[Kinship]:
        """Return the concepts that are related to one, closest first."""

    def prerequisites(self, course_key: int, concept_id: str, depth: int, limit: int) -> list[Need]:
        """Return what a concept needs, what those need, and so on: `depth` steps, until `limit` concepts are known."""

    def successors(self, course_key: int, concept_id: str, limit: int) -> list[Need]:
        """Return the concepts that need this one, those first for which it counts most."""

    def underlaid(self, course_key: int, keys: Sequence[str]) -> list[Underlaid]:
        """Return the concept of each of `keys` that is a name of one, as `named` takes it, in their order, with what it needs
        directly. Ends sooner than other reads where the store is away: an answer waits for it."""


class ConceptStore(ConceptGraph, Protocol):
    """What keeps a `ConceptGraph`, as those see it who tidy it up or move it to another one."""

    def kept_courses(self) -> set[int]:
        """Return the keys of the courses of which something is kept, those that were deleted meanwhile included."""

    def read_course(self, course_key: int) -> CourseConcepts:
        """Return all that is kept of a course, in the order in which it was given; for moving it elsewhere."""


class ConceptReadings(Protocol):
    """What a language model named in passages, by the hashes of their texts; a course never sees another's.

    One production implementation, for the reason given at `CourseCatalog`. Gone with the course.
    """

    def keep(self, course_key: int, reader: str, named: Mapping[str, Sequence[NamedConcept]]) -> None:
        """Remember what `reader` named in texts, in the place of what was remembered of them; all or nothing.

        Raises `UnknownCourse` when the course is gone.
        """

    def kept(self, course_key: int) -> dict[str, ReadPassage]:
        """Return what is remembered, by text hash."""

    def state(self, course_key: int) -> str:
        """Return what is another whenever something was remembered since; "" while nothing is. Quickly."""

    def forget_others(self, course_key: int, text_shas: Collection[str]) -> None:
        """Forget all texts but these."""


class CourseCatalog(Protocol):
    """Rows of courses and of their documents.

    One production implementation, on Django's ORM: the port is here because the tutor may not know Django. Every method
    raises the engine's `StoreUnavailable` when SQL is away.
    """

    def get(self, course_id: str) -> Course | None:
        """Return a course, or None."""

    def all(self) -> list[Course]:
        """Return all courses by id."""

    def add(self, course_id: str, title: str) -> Course:
        """Return the course of that id, made if it is new."""

    def configure(
        self,
        course_id: str,
        *,
        answer_from_exercises: bool | None = None,
        mode: Mode | None = None,
        recalibration: JsonObject | None = None,
    ) -> None:
        """Change what is given: whether answers may quote exercises, what students get, and how confidences are corrected.

        An empty `recalibration` takes the correction back. Holds from the next answer on.
        """

    def remove(self, course_id: str) -> bool:
        """Delete a course with its documents, jobs, remembered questions and teachers' answers; False without one."""

    def documents(self, course_id: str, names: Collection[str] | None = None) -> list[CourseDocument]:
        """Return the documents of a course by name; only those of `names` where given."""

    def record(self, course: Course, document: StagedDocument) -> None:
        """Note that a document's passages are in the index, and which terms they have.

        Raises `UnknownCourse` when the course was removed.
        """

    def terms(self, course_id: str, document: str) -> Mapping[str, tuple[str, ...]]:
        """Return the terms that a document's author set off, by the id of the passage that has them."""

    def forget(self, course_id: str, document: str) -> None:
        """Note that a document's passages left the index."""


class IndexingJobs(Protocol):
    """Rows of indexing jobs and of what they staged. One implementation, for the reason given at `CourseCatalog`."""

    def open(
        self,
        job_id: UUID,
        course_id: str,
        documents: Sequence[StagedDocument],
        removals: Sequence[str],
        problems: Sequence[Problem],
        to_embed: int,
    ) -> IndexingJob:
        """Insert a job with its staged documents, in one transaction. Raises `UnknownCourse`."""

    def stage(
        self, job_id: UUID, documents: Sequence[StagedDocument], problems: Sequence[Problem], to_embed: int
    ) -> None:
        """Put documents in the place of what a job staged, in one transaction. Raises `UnknownCourse`: it is gone."""

    def get(self, job_id: UUID) -> IndexingJob | None:
        """Return a job, or None."""

    def note(self, job_id: UUID, embedding: EmbeddingProgress) -> None:
        """Keep how far a job's embedding is. Harmless for a job that is gone."""

    def latest(self, course_id: str) -> IndexingJob | None:
        """Return the newest job of a course, or None."""

    def previous(self, job_id: UUID) -> IndexingJob | None:
        """Return the job of the same course that was published last before this one, or None."""

    def unfinished(self, course_id: str) -> list[IndexingJob]:
        """Return the jobs of a course whose runs have not all ended, oldest first."""

    def staged(self, job_id: UUID, names: Collection[str] | None = None) -> Iterator[StagedDocument]:
        """Yield staged documents of a job by name (of `names` only, when given), one in memory at a time."""

    def close(self, job_id: UUID) -> None:
        """Note that a job was published, and drop what it staged."""


class Questions(Protocol):
    """Answered questions, as they are remembered for teachers. One implementation, for the reason given at `CourseCatalog`."""

    def unrecorded(self, limit: int, run_id: UUID | None = None) -> list[EndedQuestion]:
        """Return answered questions of courses that there are, of which nothing is kept yet, oldest answer first.

        With `run_id` that run alone. Who asks again after recording what was returned comes to the end of them.
        """

    def record(self, questions: Sequence[AnsweredQuestion]) -> None:
        """Keep them. Harmless for those that are kept already, and for those whose course is gone."""

    def rate(self, run_id: UUID, rating: Rating, comment: str) -> Feedback | None:
        """Keep a student's word on an answer in the place of an earlier one; None when nothing is kept of that run.

        The same word again changes nothing, its time neither.
        """

    def gaps(
        self, course_id: str, low_below: float, limit: int, offset: int, questions: int, comments: int
    ) -> Gaps:
        """Return a page of sections with declined, low (below `low_below`, unless rated up) or down-rated questions.

        Each section has at most `questions` groups of questions that are alike, and at most `comments`.
        """

    def judged(self, course_id: str, limit: int) -> list[JudgedAnswer]:
        """Return answers that were rated and whose features are known, hints and refusals left out, newest first."""

    def drop(self, older_than_seconds: float, limit: int) -> int:
        """Delete at most `limit` questions that were answered longer ago; return how many."""


class TeacherAnswers(Protocol):
    """What teachers wrote. One implementation, for the reason given at `CourseCatalog`."""

    def put(self, course_id: str, answer_id: str, question: str, alike: str, text: str) -> TeacherAnswer:
        """Keep an answer in the place of an earlier one of that id; questions like it count as answered from now on.

        Raises `UnknownCourse`.
        """

    def get(self, course_id: str, answer_id: str) -> TeacherAnswer | None:
        """Return an answer, or None."""

    def like(self, course_id: str, alike: str) -> TeacherAnswer | None:
        """Return the answer to questions that are alike, or None."""

    def all(self, course_id: str, limit: int | None = None, offset: int = 0) -> list[TeacherAnswer]:
        """Return the answers of a course by id; `limit` is None for all that follow `offset`."""

    def count(self, course_id: str) -> int:
        """Return how many answers a course has."""

    def remove(self, course_id: str, answer_id: str) -> bool:
        """Delete an answer; its questions are open again. False when there was none."""


#: Tokens that a reply has at most: a few hundred usually; models that think write more before it.
MOST_REPLY_TOKENS = 4000


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a language model answered."""

    #: The object that was asked for, its shape unchecked; None when nothing in that form came.
    value: JsonObject | None
    input_tokens: int
    output_tokens: int
    #: Why there is no value, in a few words for the log: "refusal", "cut off", "no object".
    problem: str = ""


class LanguageModel(Protocol):
    """A language model that answers in a given form.

    A port beside LangChain's `BaseChatModel`, since that raises each provider's own errors; behind the one
    implementation stand LangChain's clients of all providers.
    """

    @property
    def name(self) -> str:
        """Provider and model, for logs and results."""

    async def ask(self, *, system: str, user: str, schema: JsonObject, seconds: float) -> Reply:
        """Return an object of `schema` (JSON schema with a title and a description), whole within `seconds`.

        The model is held to `MOST_REPLY_TOKENS`; what is longer is cut off, and no object.
        Never tries twice. Raises `ModelRefuses`, `ModelBusy` or `ModelAway`, none of which shows a key or what was asked.
        """


class ModelSlots(Protocol):
    """Counts calls of the language model that are under way, in all workers together. Both methods block."""

    def take(self) -> str | None:
        """Return a new slot, or None when all are taken. Who dies with one loses it after a while.

        Raises `SlotsUnavailable`.
        """

    def give_back(self, slot: str) -> None:
        """Free a slot. Harmless for one that is gone. Raises `SlotsUnavailable`."""
