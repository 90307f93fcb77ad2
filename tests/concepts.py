"""Concepts for tests of what keeps them."""

from collections.abc import Sequence
from typing import Any

from lectern.tutor.domain.concept import Concept, CourseConcepts, Kinship, Need, Place


def place(document: str = "a.md") -> Place:
    return Place(
        passage_id=f"p-{document}",
        document=document,
        title="Größe",
        heading_path=("A", "B"),
        anchor="b",
        page=3,
    )


def concept(name: str, order: int, *aliases: str, **changes: Any) -> Concept:
    values: dict[str, Any] = {
        "id": f"id-{name}"[:12], "name": name, "aliases": aliases, "sentence": f"A {name} is “one” ☕.", "is_definition": True,
        "order": order, "first": place(), "explained": place("b.md"), "places": (place("c.md"),), **changes,
    }  # fmt: skip
    return Concept(**values)


def chain(length: int, material: str = "m1") -> CourseConcepts:
    """Concepts of which each needs the one before it, and is related to it."""
    concepts = tuple(concept(f"c{number}", number) for number in range(length))
    pairs = list(zip(concepts[1:], concepts, strict=False))
    return CourseConcepts(
        concepts=concepts,
        needs=tuple(Need(concept=one.id, needs=other.id, weight=2.0) for one, other in pairs),
        kinships=tuple(Kinship(concept=one.id, related=other.id, weight=0.5) for one, other in pairs),
        material=material,
    )


def only(*concepts: Concept, material: str = "m1", needs: Sequence[Need] = ()) -> CourseConcepts:
    return CourseConcepts(concepts=concepts, needs=tuple(needs), kinships=(), material=material)


def names(found: Sequence[Concept]) -> list[str]:
    return [one.name for one in found]
