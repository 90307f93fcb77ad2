"""What stands in an office document and is drawn rather than written: not read, so counted and told."""

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from lectern.tutor.ingest.parsers.xml_parts import attribute, tag

#: By the last word of the address that says what a graphic is, in strict and in transitional files.
_GRAPHICS = {"chart": "charts", "chartex": "charts", "diagram": "SmartArt"}


def drawn_in(tree: etree._Element) -> Iterator[str]:
    """Yield "charts", "SmartArt" or "text boxes" for each of them in a tree; for a box only if it has words."""
    for one in tree.iter("{*}graphicData", "{*}txbxContent"):
        if any(tag(above) == "Fallback" for above in one.iterancestors()):  # the same once more
            continue
        if tag(one) == "graphicData":
            if word := _GRAPHICS.get(attribute(one, "uri").rpartition("/")[2]):
                yield word
        elif any((text.text or "").strip() for text in one.iter("{*}t")):
            yield "text boxes"


def told(name: str, drawn: Counter[str]) -> tuple[str, ...]:
    """Return the sentence for the teacher, or none when there is nothing to tell."""
    if not drawn:
        return ()
    counted = ", ".join(f"{word}: {drawn[word]}" for word in sorted(drawn, key=str.lower))
    return (
        f"{name}: what is drawn is not read and cannot be searched ({counted}); the rest is read. "
        "Write into the text what is said there.",
    )
