"""The collections of one installation, and how passages become objects of them and back.

LecternPassages_<installation>   one tenant a course, named by its key; an object a passage
    version    the version of its document; `adapters/sql/ledger.py` knows which is read
    words      what it is found by: see `stemming.py`
    body       the passage as JSON: it comes back as it was given
    vectors    one of each embedding model, by a name of its own: those of two models have no length in common
LecternSpellings_<installation>  an object a version: its words as they are spelled, with how many passages hold them, as JSON
                                 in a property for each first letter: objects cost more than what is in them
LecternVectors_<installation>    embeddings by model and text, stored before any passage uses them; never searched
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from lectern.adapters.weaviate.stemming import kept_words
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.ports.passages import Vector
from lectern.tutor.retrieval.spelling import meant_words

if TYPE_CHECKING:
    from weaviate import WeaviateAsyncClient
    from weaviate.classes.data import DataObject

#: What is kept of a passage beside what it is found by; its terms are the catalog's.
_KEPT = tuple(one.name for one in fields(Passage) if one.name != "terms")
_LETTERS, _OTHERS = "abcdefghijklmnopqrstuvwxyz", "words"
_NAMESPACE = UUID("0b6ab7f1-3a0c-4a5e-9a55-0b7c5f2a6d1e")


class Shelves:
    """Names of the collections of `installation`, and their making."""

    def __init__(self, installation: str) -> None:
        self.passages = f"LecternPassages_{installation}"
        self.spellings = f"LecternSpellings_{installation}"
        self.vectors = f"LecternVectors_{installation}"

    async def make(self, client: "WeaviateAsyncClient") -> None:
        """Make what is not there. Two processes may do this at once."""
        from weaviate.classes.config import Configure, DataType, Property, StopwordsPreset, Tokenization
        from weaviate.exceptions import UnexpectedStatusCodeError

        def named(name: str, *, is_filtered: bool = True) -> Property:
            return Property(
                name=name,
                data_type=DataType.TEXT,
                tokenization=Tokenization.FIELD,
                index_filterable=is_filtered,
                index_searchable=False,
            )

        words = Property(
            name="words",
            data_type=DataType.TEXT,
            tokenization=Tokenization.WHITESPACE,
            index_filterable=False,
            index_searchable=True,
        )
        body = named("body", is_filtered=False)
        inverted = Configure.inverted_index(stopwords_preset=StopwordsPreset.NONE)
        shelves = {
            self.passages: {
                "properties": [
                    named("document"),
                    named("version"),
                    named("kind"),
                    named("passage"),
                    words,
                    body,
                ],
                "vector_config": [Configure.Vectors.self_provided(name="none")],
                "multi_tenancy_config": Configure.multi_tenancy(enabled=True, auto_tenant_creation=True),
                "inverted_index_config": inverted,
            },
            self.spellings: {
                "properties": [
                    named("course"),
                    named("version"),
                    named(_OTHERS, is_filtered=False),
                    *(named(letter_property(one), is_filtered=False) for one in _LETTERS),
                ],
                "vector_config": Configure.Vectors.self_provided(
                    vector_index_config=Configure.VectorIndex.none()
                ),
            },
            self.vectors: {
                "properties": [named("model", is_filtered=False)],
                "vector_config": Configure.Vectors.self_provided(
                    vector_index_config=Configure.VectorIndex.none()
                ),
            },
        }
        for name, config in shelves.items():
            if not await client.collections.exists(name):
                try:
                    await client.collections.create(name, **config)
                except UnexpectedStatusCodeError:
                    if not await client.collections.exists(name):  # else another process was faster
                        raise

    async def make_room_for(self, client: "WeaviateAsyncClient", model: str, dimensions: int) -> None:
        """Have passages take vectors of that model."""
        from weaviate.classes.config import Configure, VectorDistances
        from weaviate.exceptions import UnexpectedStatusCodeError, WeaviateInvalidInputError

        name = vector_name(model, dimensions)
        passages = client.collections.use(self.passages)

        async def known() -> Collection[str]:
            return (await passages.config.get()).vector_config or {}

        if name in await known():
            return
        # Flat: a course is small enough to be looked at whole. HNSW lacked its latest vectors after a kill -9.
        index = Configure.VectorIndex.flat(distance_metric=VectorDistances.COSINE)
        try:
            await passages.config.add_vector(
                vector_config=Configure.Vectors.self_provided(name=name, vector_index_config=index)
            )
        except (UnexpectedStatusCodeError, WeaviateInvalidInputError):
            if name not in await known():
                raise


def vector_name(model: str, dimensions: int) -> str:
    """Return under which name vectors of a model are kept."""
    return f"m{sha256(f'{model}/{dimensions}'.encode()).hexdigest()[:16]}"


def tenant(course_key: int) -> str:
    """Return the tenant of a course."""
    return str(course_key)


def passage_object_id(version: str, number: int) -> UUID:
    """Return the id of the object of a passage, by its place in its version."""
    return uuid5(_NAMESPACE, f"{version}/{number}")


def vector_id(model: str, text_sha: str) -> UUID:
    """Return the id of the object that keeps a vector."""
    return uuid5(_NAMESPACE, f"{model}\0{text_sha}")


def passage_objects(
    model: str, passages: Sequence[tuple[str, int, Passage]], vectors: Mapping[str, Vector]
) -> "list[DataObject[Any, Any]]":
    """Return the objects of passages, each given with its version and its number there; `vectors` are by text hash."""
    from weaviate.classes.data import DataObject

    name = vector_name(model, vectors[passages[0][2].text_sha].shape[0])
    return [
        DataObject(
            uuid=passage_object_id(version, number),
            properties={
                "document": one.document,
                "version": version,
                "kind": one.kind.value,
                "passage": one.id,
                "words": words,
                "body": _body(one),
            },
            vector={name: vectors[one.text_sha].tolist()},
        )
        for (version, number, one), words in zip(
            passages, kept_words([one for _, _, one in passages]), strict=True
        )
    ]


def spelling_object(course_key: int, version: str, passages: Sequence[Passage]) -> "DataObject[Any, Any]":
    """Return the object that tells how the words of a version are spelled."""
    from weaviate.classes.data import DataObject

    counts = Counter(
        word
        for one in passages
        for word in meant_words(f"{one.title} {' '.join(one.heading_path)} {one.text}")
    )
    letters: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for word, count in counts.items():
        letters[letter_property(word)][word] = count
    told = {letter: json.dumps(its) for letter, its in letters.items()}
    properties = {"course": tenant(course_key), "version": version, **told}
    return DataObject(uuid=uuid5(_NAMESPACE, f"{version}/spellings"), properties=properties)


def letter_property(word: str) -> str:
    """Return the property of the words that begin as `word` does."""
    return f"{_OTHERS}_{word[0]}" if word[0] in _LETTERS else _OTHERS


def _body(one: Passage) -> str:
    return json.dumps({name: getattr(one, name) for name in _KEPT})


def passage_of(body: str) -> Passage:
    """Return the passage of an object."""
    told = json.loads(body)
    kind, heading_path = PassageKind(told.pop("kind")), tuple(told.pop("heading_path"))
    return Passage(kind=kind, heading_path=heading_path, **told)
