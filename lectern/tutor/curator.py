"""Keeping courses: what entry points change of a course, its material, its concepts and how it is answered."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from uuid import UUID

from lectern.base.errors import LecternError
from lectern.base.ids import new_id
from lectern.base.log import logger
from lectern.engine.domain.run import Run
from lectern.engine.engine import Engine
from lectern.engine.submitting import RunRequest
from lectern.tutor.concepts.consulting import Consulted, Unread, consult, unread_of
from lectern.tutor.concepts.renewing import are_current
from lectern.tutor.confidence.model import AnswerKind
from lectern.tutor.confidence.recalibrating import Recalibration
from lectern.tutor.confidence.refitting import Judged, recalibrations
from lectern.tutor.domain.answer import Mode
from lectern.tutor.domain.course import Course, IndexingJob, readable
from lectern.tutor.domain.gap import document_of
from lectern.tutor.errors import (
    ConceptsUnavailable,
    NothingToIngest,
    SpoolFull,
    UnknownCourse,
    UnknownDocument,
)
from lectern.tutor.graph.context import IndexingContext, ModelUse
from lectern.tutor.ingest.planning import (
    Plan,
    Slice,
    known_to,
    passages_in,
    plan,
    plan_anew,
    recorded,
    still_left_out,
)
from lectern.tutor.ingest.reading import read_material
from lectern.tutor.ingest.spooling import NamedFile
from lectern.tutor.ports.questions import TeacherAnswers
from lectern.tutor.workload import INDEXING

_log = logger(__name__)

#: A course whose latest job is younger than this is not looked after; see `tend_concepts`.
_AGAIN_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Curator:
    """What entry points change of courses. All methods block."""

    engine: Engine
    indexing: IndexingContext
    #: Documents that are no part of the material that a course is ingested from.
    answers: TeacherAnswers
    #: What `consult` asks; None without a language model.
    llm: ModelUse | None = None

    # --- material -----------------------------------------------------------------------------------------------------

    def ingest(
        self,
        course_id: str,
        title: str,
        paths: Sequence[Path],
        on_file: Callable[[Path], None] = lambda _path: None,
    ) -> IndexingJob:
        """Read material, stage what changed, submit its batches, and return the job (without batches: nothing to do).

        `paths` is the course's whole material: what it no longer holds goes. Raises `NothingToIngest`.
        """
        course, model = self.indexing.courses.get(course_id), self.indexing.model
        known = recorded(course, self.indexing.courses, self.indexing.index, model) if course else []
        written = {answer.document: answer.markdown for answer in self.answers.all(course_id)}
        lost = [document.name for document in known if document.name in written and not document.content_sha]
        known = [document for document in known if document.name not in written]
        material = read_material(paths, on_file, known=known_to(known))
        todo = plan(material, known, self.indexing.index, model)
        problems = (*material.problems, *still_left_out(material, self.indexing.jobs.latest(course_id)))
        if course and lost:  # what the index lost comes back from the rows
            self.upload_texts(course, {name: written[name] for name in lost})
        course = course or self.indexing.courses.add(course_id, title)
        job = self.indexing.jobs.open(
            new_id(), course.id, todo.documents, todo.removals, problems, todo.to_embed
        )
        if todo.empty:
            self.indexing.jobs.close(job.id)
        else:
            self._submit_batches(job, todo)
        return job

    def embed_anew(self, course: Course) -> IndexingJob:
        """Submit the batches that embed all passages of a course once more, by this server's model; return the job.

        Needs no material. Raises `NothingToIngest` when the index does not hold the course.
        """
        documents = self.indexing.courses.documents(course.id)
        if not documents or self.indexing.index.stats(course.key).documents != len(documents):
            raise NothingToIngest(
                f"The index does not hold all of {course.id}'s documents, so that nothing can be embedded anew.",
                hint=f"Give its material: python manage.py ingest_course {course.id} <path>.",
            )
        todo, earlier = (
            plan_anew(documents, course, self.indexing.courses, self.indexing.index),
            self.indexing.jobs.latest(course.id),
        )
        problems = earlier.problems if earlier else ()
        job = self.indexing.jobs.open(new_id(), course.id, todo.documents, (), problems, todo.to_embed)
        self._submit_batches(job, todo, anew=True)
        return job

    def upload(self, course_id: str, title: str, files: Sequence[NamedFile]) -> Run:
        """Keep files for a worker that adds them to a course, or puts them in the place of documents of the same name.

        The files, which lie on the spool's disk, are moved; the course is made if it is new, and keeps what is not
        named. Returns the run that reads, embeds and publishes them. Raises `SpoolFull`, `StoreUnavailable`.
        """
        job_id = new_id()
        try:
            self.indexing.spool.keep(job_id, files)
        except OSError as exc:
            raise SpoolFull(
                f"The files cannot be kept: {exc.strerror}.",
                hint="Make room on the disk of VAR_DIR, and upload again.",
            ) from exc
        try:
            course = self.indexing.courses.get(course_id) or self.indexing.courses.add(
                course_id, title or readable(course_id)
            )
            job = self.indexing.jobs.open(job_id, course.id, (), (), (), 0)
            return self._submit_batch(job, (), files=[file.name for file in files])
        except LecternError:  # nothing was accepted
            self.indexing.spool.drop(job_id)
            raise

    def upload_texts(self, course: Course, texts: Mapping[str, str]) -> Run:
        """Do with texts, by the names of their documents, what `upload` does with files."""
        folder = self.indexing.spool.folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryDirectory(dir=folder) as drafts:
            files = []
            for number, (name, text) in enumerate(texts.items()):
                path = Path(drafts, f"{number}.md")
                path.write_text(text, encoding="utf-8")
                files.append(NamedFile(name=name, path=path))
            return self.upload(course.id, course.title, files)

    def remove_document(self, course: Course, name: str) -> Run:
        """Have a document removed from a course, after what is under way for it; return the run that does it.

        A teacher's answer is deleted with its document. Raises `UnknownDocument`.
        """
        if all(document.name != name for document in self.indexing.courses.documents(course.id)):
            raise UnknownDocument(f"{course.id} has no document {name!r}.", hint="Its list names them.")
        return self.drop_document(course, name)

    def drop_document(self, course: Course, name: str) -> Run:
        """Do what `remove_document` does, also with a document that is not in the course yet."""
        answer = PurePosixPath(name).stem
        if document_of(answer) == name:
            self.answers.remove(course.id, answer)
        return self._submit_batch(self.indexing.jobs.open(new_id(), course.id, (), (name,), (), 0), ())

    def remove(self, course_id: str) -> None:
        """Delete a course with its passages. Raises `UnknownCourse`. Its conversations stay until they expire."""
        course = self.indexing.courses.get(course_id)
        if course is None:
            raise UnknownCourse.named(course_id)
        documents = self.indexing.courses.documents(course.id)
        # Its row first: a question that finds no passages any more must find no course either.
        self.indexing.courses.remove(course.id)
        for document in documents:
            self.indexing.index.remove_document(course.key, document.name)
        try:
            self.indexing.concepts.remove_course(course.key)
        except ConceptsUnavailable as exc:  # nobody finds them any more; `tend_concepts` removes them
            _log.warning("remove_concepts", course_id=course.id, error=str(exc))

    def sweep_spool(self) -> int:
        """Delete the files of uploads that have ended; return how many there were."""
        return self.indexing.spool.sweep(self._is_wanted)

    def _is_wanted(self, upload_id: UUID) -> bool | None:
        runs = self.engine.runs.group(upload_id)
        return any(not run.ended for run in runs) if runs else None

    # --- concepts -----------------------------------------------------------------------------------------------------

    def build_concepts(self, course: Course) -> IndexingJob:
        """Submit the run that finds the concepts of a course, for one that has none or those of older material.

        It takes its turn among the changes of the course. Raises `NothingToIngest` when the course has no material.
        """
        if not self.indexing.courses.documents(course.id):
            raise NothingToIngest(
                f"The course {course.id} has no material yet.",
                hint=f"Give it some: python manage.py ingest_course {course.id} <path>.",
            )
        earlier = self.indexing.jobs.latest(course.id)
        job = self.indexing.jobs.open(new_id(), course.id, (), (), earlier.problems if earlier else (), 0)
        self._submit_batch(job, ())
        return job

    def tend_concepts(self) -> int:
        """Make up for what could not be done while the server that has the concepts was away; return for how many courses.

        And for what came in while they moved: it may be in the store that was left. Concepts of courses that were deleted
        are removed. Those of older material are made anew by a run, unless the course's latest job is under way or this
        young: one whose concepts cannot be made is not tried all the time.
        Raises `ConceptsUnavailable` while it still is.
        """
        concepts, kept = self.indexing.concepts, self.indexing.concepts.kept_courses()
        courses = self.indexing.courses.all()
        gone = kept - {course.key for course in courses}
        for course_key in gone:
            concepts.remove_course(course_key)
        due = [course for course in courses if self._is_due(course)]
        for course in due:
            self.build_concepts(course)
        return len(gone) + len(due)

    def _is_due(self, course: Course) -> bool:
        documents = self.indexing.courses.documents(course.id)
        if not documents:
            return False
        kept = self.indexing.concepts.stats(course.key)
        if are_current(kept, documents, self.indexing.readings.state(course.key)):
            return False
        latest = self.indexing.jobs.latest(course.id)
        age = (self.engine.runs.now() - latest.created_at).total_seconds() if latest else inf
        return age > _AGAIN_SECONDS and not self.indexing.jobs.unfinished(course.id)

    def unread(self, course: Course) -> Unread:
        """Return what the language model, which must be set, has not read yet of a course."""
        using = self.indexing
        return unread_of(course, using.courses, using.index, using.readings, self._llm().model.name)

    def consult(
        self, course: Course, unread: Unread, *, at_once: int, budget: int, on_read: Callable[[int], None]
    ) -> Consulted:
        """Have the language model name concepts in what it has not read; `build_concepts` then takes them in."""
        llm = self._llm()
        return asyncio.run(
            consult(
                unread,
                course,
                model=llm.model,
                slots=llm.slots,
                readings=self.indexing.readings,
                at_once=at_once,
                seconds=llm.timeout_seconds,
                budget=budget,
                on_read=on_read,
            )
        )

    def _llm(self) -> ModelUse:
        assert self.llm is not None, "its callers look first"
        return self.llm

    # --- answers ------------------------------------------------------------------------------------------------------

    def set_mode(self, course_id: str, mode: Mode) -> None:
        """Have a course's students get answers, or hints whatever they ask for."""
        self.indexing.courses.configure(course_id, mode=mode)

    def set_answer_from_exercises(self, course_id: str, allowed: bool) -> None:
        """Let answers of a course quote its exercises and solutions, or not."""
        self.indexing.courses.configure(course_id, answer_from_exercises=allowed)

    def recalibrate(
        self, course: Course, judged: Sequence[Judged]
    ) -> Mapping[AnswerKind, Recalibration | str]:
        """Have a course's confidences corrected by judged answers, from its next answer on.

        Returns for each kind of answer its correction, or the sentence why it stays as it is.
        """
        found = recalibrations(judged)
        made = {kind.value: asdict(one) for kind, one in found.items() if isinstance(one, Recalibration)}
        if made:
            self.indexing.courses.configure(course.id, recalibration={**course.recalibration, **made})
        return found

    def forget_recalibration(self, course: Course) -> None:
        """Take a course's corrections back."""
        self.indexing.courses.configure(course.id, recalibration={})

    def _submit_batches(self, job: IndexingJob, todo: Plan, *, anew: bool = False) -> None:
        before = 0
        for slices in (*todo.batches, ()):  # the last one publishes
            self._submit_batch(job, slices, before=before, anew=anew)
            before += passages_in(slices)

    def _submit_batch(
        self,
        job: IndexingJob,
        slices: Sequence[Slice],
        *,
        before: int = 0,
        files: Sequence[str] | None = None,
        anew: bool = False,
    ) -> Run:
        # One thread a course: its batches run in order, the publishing one last, and jobs do not overlap.
        uploaded = {} if files is None else {"files": list(files)}
        return self.engine.submit(
            RunRequest(
                workload=INDEXING,
                input={"job": str(job.id), "slices": slices, "before": before, "anew": anew, **uploaded},
                tenant=job.course_id,
                thread_key=INDEXING,
                group_id=job.id,
            )
        )
