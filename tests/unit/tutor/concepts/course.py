"""A course in a few lines: passages of documents, and the concepts that are made of them."""

from collections.abc import Mapping, Sequence

from lectern.tutor.concepts.building import build
from lectern.tutor.concepts.finding import NOTHING_NAMED
from lectern.tutor.domain.concept import Concept, CourseConcepts, NamedConcept
from lectern.tutor.domain.passage import Passage, PassageKind, passage_id


def passage(
    text: str,
    *terms: str,
    document: str = "a.md",
    title: str = "Lesson",
    headings: Sequence[str] = (),
    kind: PassageKind = PassageKind.BODY,
) -> Passage:
    return Passage(
        id=passage_id(document, text, 0), document=document, title=title, ordinal=0, text=text, kind=kind,
        heading_path=tuple(headings), anchor="", start=0, end=len(text), terms=terms,
    )  # fmt: skip


def concepts_of(
    *passages: Passage, named: Mapping[str, Sequence[NamedConcept]] = NOTHING_NAMED
) -> CourseConcepts:
    """The concepts of passages; `named` is what a language model named, by the text of its passage."""
    documents: dict[str, list[Passage]] = {}
    for one in passages:
        documents.setdefault(one.document, []).append(one)
    by_hash = {one.text_sha: named[one.text] for one in passages if one.text in named}
    return build(list(documents), lambda name: documents[name], "m", by_hash)


def by_name(found: CourseConcepts) -> Mapping[str, Concept]:
    return {one.name: one for one in found.concepts}


def needs_of(found: CourseConcepts, name: str) -> list[str]:
    named = {one.id: one.name for one in found.concepts}
    wanted = by_name(found)[name].id
    return [named[need.needs] for need in found.needs if need.concept == wanted]
