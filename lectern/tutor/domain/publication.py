"""What is known in SQL of documents whose passages are on a server: which version of each is read, and what is owed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from lectern.tutor.domain.passage import Passage

#: The digest of a document that has no passages: it was removed.
NOTHING = ""


def digest_of(model: str, passages: Sequence[Passage]) -> str:
    """Return what tells the content of a document from any other; `NOTHING` without passages."""
    if not passages:
        return NOTHING
    told = [[model], *(_told(one) for one in passages)]
    return sha256(json.dumps(told).encode()).hexdigest()[:40]


def parted(
    documents: Mapping[str, Sequence[Passage]],
) -> tuple[dict[str, Sequence[Passage]], list[str]]:
    """Return the documents that have passages, and the names of the others, of which nothing is to be kept."""
    full = {document: passages for document, passages in documents.items() if passages}
    return full, [document for document in documents if document not in full]


def _told(one: Passage) -> list[object]:
    # All that an index gives back of a passage.
    place = [one.heading_path, one.anchor, one.start, one.end, one.page]
    return [one.id, one.document, one.title, one.ordinal, one.text, one.kind.value, *place]


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of a document, as one writer put it on the server."""

    #: Random: two writers of the same content never mix.
    name: str
    digest: str
    #: The embedding model and the length of its vectors.
    model: str
    dimensions: int
    passages: int


@dataclass(frozen=True, kw_only=True)
class Serving:
    """A document and the version of it that is read."""

    document: str
    version: Version


@dataclass(frozen=True, kw_only=True)
class Owed:
    """A document of which the server does not have yet what others were told."""

    course_key: int
    document: str
    #: Digests of that and of what was announced since, `NOTHING` for its removal.
    content: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CourseReading:
    """What who reads a course must know of it."""

    #: Another one whenever the version of a document that is read changes.
    stamp: str = ""
    #: Versions that are on the server and not read: they are being written, or left over.
    unread: frozenset[str] = frozenset()
    #: Unix seconds of the latest change on the server, by the database's clock; 0 before any.
    changed_at: float = 0.0
    #: Embedding models of those that are read, with the lengths of their vectors.
    models: tuple[tuple[str, int], ...] = ()
