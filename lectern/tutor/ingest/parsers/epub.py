"""EPUB: the chapters in reading order, each through the walk of HTML."""

import html as entities
import re
from collections.abc import Iterator
from urllib.parse import unquote

from lxml import etree
from lxml import html as lxml_html

from lectern.tutor.domain.document import ParsedDocument
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers import html
from lectern.tutor.ingest.parsers.archive import Archive
from lectern.tutor.ingest.parsers.outline import Outline, squeezed
from lectern.tutor.ingest.parsers.text_of_bytes import decode
from lectern.tutor.ingest.parsers.xml_parts import attribute, child, children, part_of, tag

#: Chapters and other pieces in one book.
MOST_PIECES = 5_000
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html")
#: What is around a book's text.
_AROUND = frozenset(
    ["cover", "titlepage", "halftitlepage", "copyright-page", "toc", "landmarks", "loi", "lot", "index"]
)
#: What HTML names and XML does not know: &nbsp;, &eacute;
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z]\w{1,30});")
_DECLARED = re.compile(r"<!ENTITY", re.IGNORECASE)


def parse(data: bytes, name: str) -> ParsedDocument:
    """Return the document of an EPUB. Raises `UnreadableFile`."""
    archive = Archive(data, name, "an EPUB")
    package = attribute(child(part_of(archive, _CONTAINER, name), "rootfiles", "rootfile"), "full-path")
    root = part_of(archive, package, name)
    if root is None:
        raise UnreadableFile(
            f"{name} is no EPUB, whatever its name says.",
            hint="Give it the ending of its kind, or export it again.",
        )
    chapters = list(_chapters(archive, root, package))
    if len(chapters) > MOST_PIECES:
        raise UnreadableFile(
            f"{name} has {len(chapters)} chapters; {MOST_PIECES} is the most.", hint="Split it."
        )
    _refuse_locked(archive, chapters, name)
    metadata = child(root, "metadata")
    outline = Outline(title=squeezed(_text(child(metadata, "title"))))
    for chapter in chapters:
        page = _page(archive.read(chapter), chapter, name)
        if page is not None and not _is_around(page):
            outline.leave(1)
            html.add_page(page, outline)
    return outline.document(name, language=_text(child(metadata, "language"))[:2].lower())


def _chapters(archive: Archive, root: etree._Element, package: str) -> Iterator[str]:
    """Yield the names of the book's pages in reading order, its table of contents left out."""
    items = {attribute(item, "id"): item for item in children(child(root, "manifest"), "item")}
    for reference in children(child(root, "spine"), "itemref"):
        item = items.get(attribute(reference, "idref"))
        if item is None or attribute(item, "media-type") not in _PAGES:
            continue
        part = _part(archive, package, entities.unescape(attribute(item, "href")))
        contents = "nav" in attribute(item, "properties").split()
        if part in archive.names and not contents and attribute(reference, "linear") != "no":
            yield part


def _part(archive: Archive, package: str, address: str) -> str:
    """Return the name of the page at an address, in which blanks and letters such as ü are written as %20 and %C3%BC."""
    as_written = archive.beside(package, address)
    return as_written if as_written in archive.names else archive.beside(package, unquote(address))


def _refuse_locked(archive: Archive, chapters: list[str], name: str) -> None:
    """Raise when the chapters are encrypted; that fonts are is common and harmless."""
    root = part_of(archive, _ENCRYPTION, name)
    locked = (
        {attribute(one, "URI") for one in root.iter() if tag(one) == "CipherReference"}
        if root is not None
        else set()
    )
    if locked & set(chapters):
        raise UnreadableFile(
            f"{name} is protected against copying (DRM).", hint="Ask its publisher for a copy without it."
        )


def _page(data: bytes, part: str, name: str) -> lxml_html.HtmlElement | None:
    """Return a chapter as HTML: read as XML, where `<title/>` is closed, else as browsers read it."""
    if not data.strip():
        return None
    text = decode(data, f"{part} in {name}")
    if _DECLARED.search(text):
        raise UnreadableFile(
            f"{name} declares XML entities in {part}, which are not read.", hint="Export it again."
        )
    named = _NAMED.sub(lambda found: entities.unescape(found[0]), text)
    parser = lxml_html.XHTMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True
    )
    try:
        page = etree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", named), parser)
    except (etree.XMLSyntaxError, ValueError):  # the second for a declaration in the wrong place
        return html.page_of(text.encode(), f"{part} in {name}")
    lxml_html.xhtml_to_html(page)
    return page if isinstance(page, lxml_html.HtmlElement) else None


def _is_around(page: lxml_html.HtmlElement) -> bool:
    """Return True for a cover, a table of contents and the like, by what the book says of itself."""
    body = next(page.iter("body"), page)
    first = next(body.iterchildren("section", "div"), None)
    said = {word for one in (body, first) if one is not None for word in attribute(one, "type").split()}
    said |= {
        word for one in (body, first) if one is not None for word in (one.get("epub:type") or "").split()
    }
    return bool(said & _AROUND)


def _text(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "").strip()
