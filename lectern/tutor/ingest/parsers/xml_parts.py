"""XML parts of DOCX, PPTX and EPUB files: read without entities, a DTD or the network."""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers.archive import Archive


def root_of(data: bytes, part: str, name: str) -> etree._Element:
    """Return the root of a part. Raises `UnreadableFile` for broken XML and for declared entities."""
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        if "emory" in str(exc):  # libxml2's own words for having none left
            raise MemoryError from exc
        raise UnreadableFile(f"{name} is damaged: {part} is broken XML.", hint="Export it again.") from exc
    dtd: Any = root.getroottree().docinfo.internalDTD
    if dtd is not None and dtd.entities():
        raise UnreadableFile(
            f"{name} declares XML entities in {part}, which are not read.", hint="Export it again."
        )
    return root


def part_of(archive: Archive, part: str, name: str) -> etree._Element | None:
    """Return the root of a part, or None when the archive has none of that name."""
    return root_of(archive.read(part), part, name) if part in archive.names else None


def related(archive: Archive, part: str, name: str) -> Mapping[str, tuple[str, str]]:
    """Return what an office part points at: id -> (last word of the relation's type, name of the other part)."""
    folder, _slash, file = part.rpartition("/")
    root = part_of(archive, f"{folder}/_rels/{file}.rels" if folder else f"_rels/{file}.rels", name)
    if root is None:
        return {}
    return {
        relation.get("Id", ""): (
            relation.get("Type", "").rpartition("/")[2],
            archive.beside(part, relation.get("Target", "")),
        )
        for relation in root
        if relation.get("TargetMode") != "External"
    }


def tag(element: etree._Element) -> str:
    """Return an element's name without its namespace: strict and transitional files differ in nothing else."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def attribute(element: etree._Element | None, wanted: str) -> str:
    """Return an attribute by its name without namespace, or ""."""
    if element is None:
        return ""
    return next((str(value) for key, value in element.items() if str(key).rpartition("}")[2] == wanted), "")


def children(element: etree._Element | None, *wanted: str) -> Iterator[etree._Element]:
    """Yield the children of these names."""
    for child in element if element is not None else ():
        if tag(child) in wanted:
            yield child


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """Return the first child of a name, and of that the first child of the next name."""
    for step in path:
        element = next(children(element, step), None)
    return element
