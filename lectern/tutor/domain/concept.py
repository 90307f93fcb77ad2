"""A concept: something that a course names and explains, and how it hangs together with the others."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lectern.base.json import JsonObject
from lectern.tutor.domain.passage import Passage


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a course says something of a concept: a passage, with what leads a reader to it."""

    passage_id: str
    document: str
    title: str
    heading_path: tuple[str, ...]
    anchor: str
    page: int | None = None

    @staticmethod
    def of(passage: Passage) -> "Place":
        """Return where a passage stands."""
        return Place(
            passage_id=passage.id,
            document=passage.document,
            title=passage.title,
            heading_path=passage.heading_path,
            anchor=passage.anchor,
            page=passage.page,
        )

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> "Place":
        """Return the place that `dataclasses.asdict` made an object of."""
        return Place(**{**values, "heading_path": tuple(values["heading_path"])})


@dataclass(frozen=True, kw_only=True)
class Concept:
    """One concept of a course. All its names are the course's own words."""

    #: The same as long as the course calls it the same, whatever else of the course changes.
    id: str
    name: str
    #: Other names: abbreviations, other spellings.
    aliases: tuple[str, ...]
    #: The course's sentence that defines it, or that sets it off as a term, verbatim; else what its glossary says, or "".
    sentence: str
    #: True when that sentence says what it is.
    is_definition: bool
    #: Its place in the order in which the course explains its concepts, from 0.
    order: int
    #: Where it is named first.
    first: Place
    #: Where it is explained.
    explained: Place
    #: Further sections that speak of it most, in the course's order.
    places: tuple[Place, ...] = ()

    def body(self) -> JsonObject:
        """Return what is told of it besides its id and its order, as an object of JSON."""
        return {key: value for key, value in asdict(self).items() if key not in ("id", "order")}

    @staticmethod
    def of_body(concept_id: str, order: int, body: Mapping[str, Any]) -> "Concept":
        """Return the concept that `body` made an object of."""
        return Concept(
            id=concept_id,
            order=order,
            name=body["name"],
            aliases=tuple(body["aliases"]),
            sentence=body["sentence"],
            is_definition=body["is_definition"],
            first=Place.from_json(body["first"]),
            explained=Place.from_json(body["explained"]),
            places=tuple(map(Place.from_json, body["places"])),
        )


@dataclass(frozen=True, kw_only=True)
class NamedConcept:
    """What a language model named in a passage, checked. Names and sentence are the passage's own words."""

    name: str
    aliases: tuple[str, ...] = ()
    #: The passage's sentence that explains it, verbatim; "" without one.
    sentence: str = ""
    #: What it needs, in the model's words: they count where they name a concept that the course has.
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReadPassage:
    """What came of a passage that a language model read."""

    #: The model, and the prompt with its version.
    reader: str
    concepts: tuple[NamedConcept, ...]


@dataclass(frozen=True, kw_only=True)
class Need:
    """A prerequisite: who wants to understand `concept` should know `needs` first, which the course explains earlier."""

    concept: str
    needs: str
    #: How much of the explanation rests on it, above 0; compares prerequisites of one concept only.
    weight: float


@dataclass(frozen=True, kw_only=True)
class Underlaid:
    """A concept with what it needs directly."""

    #: The name by which it was looked for, as `naming.looked_up` has it.
    key: str
    concept: Concept
    #: The weightiest first.
    needs: tuple[Concept, ...]


@dataclass(frozen=True, kw_only=True)
class Kinship:
    """Two concepts of which the course speaks together more than by chance; `concept` is the one it was asked for."""

    concept: str
    related: str
    #: Normalised pointwise mutual information, 0..1.
    weight: float


@dataclass(frozen=True, kw_only=True)
class CourseConcepts:
    """All concepts of a course and what joins them, as of one state of its material."""

    concepts: tuple[Concept, ...]
    needs: tuple[Need, ...]
    kinships: tuple[Kinship, ...]
    #: Names the state of the material that they were made of, and the rules that made them.
    material: str


@dataclass(frozen=True, kw_only=True)
class ConceptStats:
    """What is kept of a course's concepts."""

    concepts: int = 0
    needs: int = 0
    kinships: int = 0
    #: `CourseConcepts.material` of what is kept; "" when nothing is.
    material: str = ""


@dataclass(frozen=True, kw_only=True)
class ConceptPage:
    """A part of a list of concepts."""

    concepts: tuple[Concept, ...]
    #: How many there are in all.
    total: int
