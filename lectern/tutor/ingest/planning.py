"""Plan: what must be done so that a course's index holds the material that was read, and no more than that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lectern.tutor.domain.course import Course, CourseDocument, IndexingJob, Problem, StagedDocument
from lectern.tutor.domain.passage import Passage
from lectern.tutor.errors import NothingToIngest
from lectern.tutor.ingest.reading import Known, Material, ReadDocument
from lectern.tutor.ports.courses import CourseCatalog
from lectern.tutor.ports.passages import PassageIndex

#: Passages a batch embeds: about two seconds of work, so that a lost worker costs little.
BATCH_PASSAGES = 64

#: Reasons that an ingest of nothing repeats.
_REASONS = 5

#: Part of a staged document: its name, first passage, and the passage behind the last.
Slice = tuple[str, int, int]


def passages_in(slices: Iterable[Slice]) -> int:
    """Return how many passages slices hold."""
    return sum(end - start for _, start, end in slices)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The difference between a course and its material."""

    #: Documents that are new or changed.
    documents: tuple[StagedDocument, ...]
    #: Documents that the material no longer has.
    removals: tuple[str, ...]
    #: What must be embedded, batch by batch.
    batches: tuple[tuple[Slice, ...], ...]
    #: Passages in those batches that have no vector yet.
    to_embed: int

    @property
    def empty(self) -> bool:
        """True when the course has the material already."""
        return not (self.documents or self.removals)


def plan(material: Material, known: Sequence[CourseDocument], index: PassageIndex, model: str) -> Plan:
    """Compare what was read with what the course has.

    A document is unchanged when its content and its parser are: then it was not parsed. One that could not be read this
    time keeps its old passages, and nothing is removed while a named path is not there. Raises `NothingToIngest` when no passage at all came out of the material.
    """
    if not material.unchanged and not any(document.passages for document in material.documents):
        reasons = " ".join(problem.reason for problem in material.problems[:_REASONS])
        raise NothingToIngest(
            f"No passage came out of the material, so nothing was changed. {reasons}".rstrip(),
            hint="Name a file or folder with PDF, DOCX, PPTX, notebooks, EPUB, Markdown, HTML, plain text or CNXML in it.",
        )
    have = {document.name: document.content_sha for document in known}
    staged = [_staged(document) for document in material.documents if document.passages]
    changed = tuple(document for document in staged if have.get(document.name) != document.content_sha)
    kept = {document.name for document in staged} | {problem.document for problem in material.problems}
    kept.update(material.unchanged)
    missing = index.missing_vectors(model, {passage.text_sha for d in changed for passage in d.passages})
    return Plan(
        documents=changed,
        removals=tuple(sorted(set(have) - kept)) if material.complete else (),
        batches=_batches(changed, missing),
        to_embed=len(missing),
    )


def plan_anew(
    documents: Sequence[CourseDocument], course: Course, courses: CourseCatalog, index: PassageIndex
) -> Plan:
    """Plan to embed all passages that a course has once more, without its material."""
    staged = tuple(
        StagedDocument(
            name=document.name,
            title=document.title,
            content_sha=document.content_sha,
            passages=tuple(passages_of(course, document.name, courses, index)),
        )
        for document in documents
    )
    texts = {passage.text_sha for document in staged for passage in document.passages}
    return Plan(documents=staged, removals=(), batches=_batches(staged, texts), to_embed=len(texts))


def passages_of(course: Course, document: str, courses: CourseCatalog, index: PassageIndex) -> list[Passage]:
    """Return the passages of a document as they were published, with the terms that the index does not keep."""
    terms = courses.terms(course.id, document)
    return [
        replace(passage, terms=terms.get(passage.id, ())) for passage in index.passages(course.key, document)
    ]


def recorded(course: Course, courses: CourseCatalog, index: PassageIndex, model: str) -> list[CourseDocument]:
    """Return the documents of a course; as of unknown content when the index does not hold as many (it was lost), or
    holds vectors of another model."""
    documents, stats = courses.documents(course.id), index.stats(course.key)
    whole = stats.documents == len(documents) and set(stats.models) <= {model}
    return documents if whole else [replace(document, content_sha="") for document in documents]


def known_to(documents: Sequence[CourseDocument]) -> Known:
    """Return what tells whether a course has a document of a name with a content hash."""
    have = {document.name: document.content_sha for document in documents}
    return lambda name, content_sha: have.get(name) == content_sha


def still_left_out(material: Material, earlier: IndexingJob | None) -> tuple[Problem, ...]:
    """Return the problems of parts of documents, scanned pages say, that were not parsed again because they are unchanged."""
    return tuple(
        problem
        for problem in (earlier.problems if earlier else ())
        if problem.partial and problem.document in material.unchanged
    )


def _staged(document: ReadDocument) -> StagedDocument:
    return StagedDocument(
        name=document.key,
        title=document.title,
        content_sha=document.content_sha,
        passages=document.passages,
    )


def _batches(documents: Sequence[StagedDocument], missing: set[str]) -> tuple[tuple[Slice, ...], ...]:
    """Cut the stretches that hold texts without a vector into batches; a text that stands twice counts once."""
    batches: list[list[Slice]] = [[]]
    room, seen = BATCH_PASSAGES, set[str]()
    for document in documents:
        for position, passage in enumerate(document.passages):
            if passage.text_sha not in missing or passage.text_sha in seen:
                continue
            seen.add(passage.text_sha)
            if room == 0:
                batches.append([])
                room = BATCH_PASSAGES
            _extend(batches[-1], document.name, position)
            room -= 1
    return tuple(tuple(batch) for batch in batches if batch)


def _extend(batch: list[Slice], name: str, position: int) -> None:
    if batch and batch[-1][0] == name and batch[-1][2] == position:
        batch[-1] = (name, batch[-1][1], position + 1)
    else:
        batch.append((name, position, position + 1))
