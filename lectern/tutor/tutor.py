"""The tutor as entry points ask it: its requests of the engine, and what it knows of its courses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.engine import Engine
from lectern.engine.submitting import RunRequest
from lectern.tutor.concepts.looking import LookedUp, learning_path, look_up
from lectern.tutor.concepts.renewing import are_current
from lectern.tutor.concepts.walking import LearningPath
from lectern.tutor.domain.concept import ConceptPage, ConceptStats
from lectern.tutor.domain.course import (
    Course,
    CourseDocument,
    CourseState,
    EmbeddingProgress,
    IndexingJob,
    IndexingState,
)
from lectern.tutor.errors import AmbiguousCourse, ConceptsUnavailable, IndexUnavailable, UnknownCourse
from lectern.tutor.graph.context import IndexingContext
from lectern.tutor.ports.passages import Hit
from lectern.tutor.retrieval.fusion import LEG_LIMIT, Ranked, alpha_for
from lectern.tutor.retrieval.patience import for_a_question
from lectern.tutor.retrieval.ranking import rank
from lectern.tutor.retrieval.vectors import embed_anew, search_by_meaning
from lectern.tutor.workload import TUTOR


@dataclass(frozen=True, kw_only=True)
class Tutor:
    """What entry points ask of the tutor, besides running it. All methods block."""

    engine: Engine
    indexing: IndexingContext
    default_course_id: str

    # --- asking -----------------------------------------------------------------------------------------------------

    def course_for(self, course_id: str | None) -> Course:
        """Return the course that a question is about: the named one, else the default, else the only one.

        Raises `UnknownCourse` or `AmbiguousCourse`.
        """
        if named := course_id or self.default_course_id:
            course = self.indexing.courses.get(named)
            if course is None:
                raise UnknownCourse.named(named)
            return course
        courses = self.courses()
        if len(courses) != 1:
            ids = [course.id for course in courses]
            known = f"There are: {', '.join(ids)}." if ids else "There is no course yet."
            raise AmbiguousCourse(
                "The question names no course.", hint=f"Give context.course_id. {known}", courses=ids
            )
        return courses[0]

    def request(
        self,
        *,
        student_id: str,
        question: str,
        course: Course,
        thread_id: str | None,
        context: Mapping[str, Any],
    ) -> RunRequest:
        """Return the request of a student's question, for `Engine.submit`."""
        asked = {"question": question, "context": {**context, "course_id": course.id}}
        return RunRequest(
            workload=TUTOR, input=asked, owner=student_id, tenant=course.id, thread_key=thread_id
        )

    # --- courses ----------------------------------------------------------------------------------------------------

    def courses(self) -> list[Course]:
        """Return all courses by id."""
        return self.indexing.courses.all()

    def documents(self, course: Course) -> list[CourseDocument]:
        """Return the documents of a course by name."""
        return self.indexing.courses.documents(course.id)

    def state(self, course: Course) -> CourseState:
        """Return whether a course can be asked, and how its latest indexing job stands."""
        documents = self.documents(course)
        job = self.indexing.jobs.latest(course.id)
        batches = self.engine.runs.group(job.id) if job else []
        error = next(
            (run.error for run in batches if run.status in (RunStatus.FAILED, RunStatus.CANCELLED)), ""
        )
        if job and not batches and not job.published_at:
            error = "The latest indexing was interrupted before it began. Give the material again."
        if any(run.error_code == "purged" for run in batches):
            error = "Indexing was purged with its queue; the course answers from its earlier passages. Ingest it again."
        state = _indexing_state(job, batches, bool(documents))
        return CourseState(
            state=state,
            documents=len(documents),
            passages=sum(document.passages for document in documents),
            batches=len(batches),
            batches_done=sum(run.ended for run in batches),
            embedding=self.embedding(job.id) if job and state is IndexingState.INDEXING else None,
            error=error or self._otherwise(course),
            problems=job.problems if job else (),
            indexed_at=max((document.indexed_at for document in documents), default=None),
            concepts=kept.concepts if (kept := self._kept(course)) else None,
            concepts_are_current=kept is not None
            and are_current(kept, documents, self.indexing.readings.state(course.key)),
        )

    def embedding(self, job_id: UUID) -> EmbeddingProgress | None:
        """Return how far the embedding of a job is; None when it has ended, or there is nothing to embed."""
        job = self.indexing.jobs.get(job_id)
        return job.embedding if job and not job.published_at and job.embedded < job.to_embed else None

    def _kept(self, course: Course) -> ConceptStats | None:
        try:
            return self.indexing.concepts.stats(course.key)
        except ConceptsUnavailable:  # the course can be asked all the same
            return None

    def _otherwise(self, course: Course) -> str:
        try:
            others = self.embedded_otherwise(course)
        except IndexUnavailable:  # told by whoever looks at the index
            return ""
        if not others:
            return ""
        return (
            f"It was embedded by {' and '.join(others)}, and this server embeds by {self.indexing.model}: it is "
            f"searched by words alone. {embed_anew(course.id)}"
        )

    def embedded_otherwise(self, course: Course) -> list[str]:
        """Return the models, besides this server's, whose vectors a course has: its meaning is not searched then."""
        return [
            model for model in self.indexing.index.stats(course.key).models if model != self.indexing.model
        ]

    def search(self, course: Course, query: str, limit: int) -> list[Ranked]:
        """Return the passages of a course that fit `query` best, as the graph would find them.

        Raises `EmbeddedOtherwise` where the graph would go by words alone.
        """
        index, kinds = for_a_question(self.indexing.index), course.answerable_kinds
        vectors = list[Hit]()
        keywords = index.search_keywords(course.key, query, LEG_LIMIT, kinds)
        if alpha_for(query):  # else the model cannot read this language
            vectors = search_by_meaning(
                query,
                course_id=course.id,
                course_key=course.key,
                kinds=kinds,
                index=index,
                embeddings=self.indexing.embeddings,
                model=self.indexing.model,
            )
        return rank(query, keywords, vectors)[:limit]

    # --- concepts ---------------------------------------------------------------------------------------------------

    def concepts(self, course: Course, prefix: str, offset: int, limit: int) -> ConceptPage:
        """Return the concepts of which a name begins with `prefix`, in the course's order; "" returns all."""
        return self.indexing.concepts.find(course.key, prefix, offset, limit)

    def concept(self, course: Course, name: str) -> LookedUp:
        """Return a concept of a course, by its id or any of its names, and those around it. Raises `UnknownConcept`."""
        return look_up(course, name, self.indexing.concepts)

    def path(self, course: Course, name: str, most: int) -> LearningPath:
        """Return the way to a concept, at most `most` steps, itself included. Raises `UnknownConcept`."""
        return learning_path(course, name, most, self.indexing.concepts)

    # --- jobs --------------------------------------------------------------------------------------------------------

    def batches(self, job: IndexingJob) -> list[Run]:
        """Return the runs of a job, in order."""
        return self.engine.runs.group(job.id)

    def is_new(self, course_id: str) -> bool:
        """Return True when nobody has given this course material yet, or all that came of it is lost."""
        course = self.indexing.courses.get(course_id)
        return course is None or not (self.documents(course) or self.unfinished_jobs(course_id))

    def unfinished_jobs(self, course_id: str) -> list[IndexingJob]:
        """Return the jobs of a course that still have batches to do, oldest first."""
        return self.indexing.jobs.unfinished(course_id)


def _indexing_state(job: IndexingJob | None, batches: Sequence[Run], has_documents: bool) -> IndexingState:
    if job is None or (job.published_at and not has_documents):
        return IndexingState.EMPTY
    if job.published_at:
        return IndexingState.READY
    return IndexingState.INDEXING if any(not run.ended for run in batches) else IndexingState.FAILED
