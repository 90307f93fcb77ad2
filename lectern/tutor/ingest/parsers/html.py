"""HTML pages."""

import re

from lxml import etree, html

from lectern.tutor.domain.document import BlockForm, ParsedDocument
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers.outline import Outline, fenced, squeezed, ticked
from lectern.tutor.ingest.parsers.text_of_bytes import refuse_what_is_no_text

#: What is around a page's text, and what is no text. Of a `header` the headings are kept.
_DROPPED = frozenset(
    ["script", "style", "nav", "header", "footer", "aside", "form", "button", "select", "noscript", "template", "iframe",
     "svg", "figcaption", "caption", "video", "audio", "canvas", "object", "head", "summary"]
)  # fmt: skip
_DROPPED_ROLES = frozenset(["navigation", "search", "banner", "contentinfo", "complementary", "menu"])
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LISTS = frozenset(["ul", "ol"])
_BLOCKS = (
    frozenset(["p", "dl", "pre", "table", "blockquote", "div", "section", "article", "main", "body", "details", "figure"])
    | frozenset(["center", "fieldset", "hgroup", "address", "dd", "dt", "li", "hr"])
    | _HEADINGS.keys()
    | _LISTS
)  # fmt: skip
#: Deeper than any heading.
_FOLD_LEVEL = 7
#: Links that documentation tools put behind a heading.
_PERMALINK = re.compile(r"\b(?:headerlink|anchor-?link|permalink)\b")
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset|<\?xml[^>]{0,100}encoding", re.IGNORECASE)
_DEEPEST = 256


def parse(data: bytes, name: str) -> ParsedDocument:
    """Return the document of an HTML page; its encoding is what the page says. Raises `UnreadableFile`."""
    page = page_of(data, name)
    outline = Outline()
    add_page(page, outline)
    title = squeezed(page.findtext(".//head/title") or "")
    return outline.document(name, language=(page.get("lang") or "")[:2].lower(), title=title)


def page_of(data: bytes, name: str) -> html.HtmlElement:
    """Return the elements of a page as browsers read it. Raises `UnreadableFile`."""
    refuse_what_is_no_text(data, name)
    parser = _parser(data)
    try:
        page = html.document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError) as exc:
        raise UnreadableFile(f"{name} cannot be read as HTML: {exc}.", hint="Export it again.") from exc
    if any("depth" in entry.message for entry in parser.error_log):
        raise UnreadableFile(
            f"{name} nests elements more than {_DEEPEST} deep.", hint="Close its tags, or export it again."
        )
    return page


def add_page(page: html.HtmlElement, outline: Outline) -> None:
    """Add the blocks of a page's main part to `outline`."""
    _walk(_main(page), outline)


def add_fragment(markup: str, outline: Outline) -> None:
    """Add the blocks of a piece of HTML to `outline`; what cannot be read as HTML adds none."""
    if markup.strip():
        try:
            page = html.document_fromstring(
                markup, parser=html.HTMLParser(no_network=True, remove_comments=True)
            )
        except (etree.LxmlError, ValueError):
            return
        _walk(page, outline)


def _parser(data: bytes) -> html.HTMLParser:
    """Return a parser that knows the encoding: UTF-8 where the bytes are, else what the page names, else cp1252."""
    try:
        data.decode()
        encoding: str | None = "utf-8"
    except UnicodeDecodeError:
        named = data.startswith((b"\xff\xfe", b"\xfe\xff")) or _CHARSET.search(data[:4096])
        encoding = None if named else "cp1252"
    return html.HTMLParser(no_network=True, remove_comments=True, encoding=encoding)


def _main(page: html.HtmlElement) -> html.HtmlElement:
    """Return the part of a page that it calls its main one, if it names exactly one, else its body."""
    mains = page.xpath("//main | //*[@role='main']")
    return mains[0] if len(mains) == 1 else next(page.iter("body"), page)


def _walk(element: html.HtmlElement, outline: Outline) -> None:
    """Add what an element holds: text between its blocks as paragraphs, its blocks in order."""
    anchor, loose, terms = element.get("id") or "", [element.text or ""], list[str]()
    for child in element:
        if _is_dropped(child):
            if child.tag == "header":
                _headings_in(child, outline)
        elif child.tag in _BLOCKS or _holds_blocks(child):
            outline.block(squeezed("".join(loose)), BlockForm.PROSE, anchor=anchor, terms=terms)
            _block(child, outline)
            loose, terms = [], []
        else:
            loose.append(_words(child))
            terms += _terms(child)
        loose.append(child.tail or "")
    outline.block(squeezed("".join(loose)), BlockForm.PROSE, anchor=anchor, terms=terms)


def _block(element: html.HtmlElement, outline: Outline) -> None:
    anchor = element.get("id") or ""
    if element.tag in _HEADINGS:
        outline.heading(_HEADINGS[element.tag], squeezed(_words(element)), _anchor(element))
    elif element.tag == "pre":
        _code(element, outline)
    elif element.tag in _LISTS:
        _list(element, outline)
    elif element.tag == "dl":
        outline.block("\n".join(_entries(element)), BlockForm.ITEM, anchor=anchor, terms=_terms(element))
    elif element.tag == "table":
        rows = [[squeezed(_words(cell)) for cell in row.xpath("./td | ./th")] for row in element.iter("tr")]
        outline.block("\n".join(" | ".join(row) for row in rows if any(row)), BlockForm.TABLE, anchor=anchor)
    elif element.tag == "details":
        label = element.find("summary")
        outline.heading(_FOLD_LEVEL, squeezed(_words(label)) if label is not None else "", anchor)
        _walk(element, outline)
        outline.leave(_FOLD_LEVEL)
    else:
        _walk(element, outline)


def _headings_in(header: html.HtmlElement, outline: Outline) -> None:
    for heading in header.iter(*_HEADINGS):
        _block(heading, outline)


def _code(pre: html.HtmlElement, outline: Outline) -> None:
    for line_break in pre.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    outline.block(fenced(pre.text_content(), _language(pre)), BlockForm.CODE, anchor=pre.get("id") or "")


def _list(element: html.HtmlElement, outline: Outline) -> None:
    """Add a list: its items as lines of one block, code inside it as blocks between."""
    lines: list[str] = []
    anchor, terms = element.get("id") or "", _terms(element)
    for piece in _items(element, ""):
        if isinstance(piece, str):
            lines.append(piece)
        else:
            outline.block("\n".join(lines), BlockForm.ITEM, anchor=anchor, terms=terms)
            _code(piece, outline)
            lines = []
    outline.block("\n".join(lines), BlockForm.ITEM, anchor=anchor, terms=terms)


def _items(element: html.HtmlElement, indent: str) -> list["str | html.HtmlElement"]:
    """Return the lines of a list, those of lists inside it indented, and the `pre` elements between."""
    pieces: list[str | html.HtmlElement] = []
    for number, item in enumerate(element.iterchildren("li"), 1):
        mark, loose = f"{number}. " if element.tag == "ol" else "- ", [item.text or ""]
        for child in (*item, None):
            inner = child is not None and (child.tag in _LISTS or child.tag == "pre")
            if (child is None or inner) and (words := squeezed("".join(loose))):
                pieces.append(indent + mark + words)
                mark, loose = "  ", []
            if child is None:
                continue
            if inner:
                pieces += [child] if child.tag == "pre" else _items(child, indent + "  ")
            elif not _is_dropped(child):
                loose += [" ", _words(child), " "] if child.tag in _BLOCKS else [_words(child)]
            loose.append(child.tail or "")
    return pieces


def _entries(element: html.HtmlElement) -> list[str]:
    """Return a line for each term of a definition list, with what is said of it."""
    lines: list[str] = []
    for part in element.iter("dt", "dd"):
        words = squeezed(_words(part))
        if part.tag == "dt" or not lines:
            lines.append(f"- {words}")
        elif words:
            lines[-1] += (" " if ": " in lines[-1] else ": ") + words
    return lines


def _terms(element: html.HtmlElement) -> list[str]:
    """Return what is set off as terms in an element: in bold letters, or as what a definition defines."""
    return [squeezed(_words(term)) for term in element.iter("b", "strong", "dfn", "dt")]


def _words(element: html.HtmlElement) -> str:
    """Return the text inside an element, inline code in backticks, what is dropped left out."""
    if element.tag == "br":
        return " "
    if element.tag in ("code", "kbd", "samp", "tt"):
        return ticked(element.text_content())
    parts = ["^" if element.tag == "sup" and (element.text or "").strip() else "", element.text or ""]
    for child in element:
        if not _is_dropped(child) and not _PERMALINK.search(child.get("class") or ""):
            inside = _words(child)
            parts.append(f" {inside} " if child.tag in _BLOCKS or child.tag in ("td", "th") else inside)
        parts.append(child.tail or "")
    return "".join(parts)


def _is_dropped(element: html.HtmlElement) -> bool:
    return (
        not isinstance(element.tag, str)
        or element.tag in _DROPPED
        or element.get("hidden") is not None
        or (element.get("role") or "") in _DROPPED_ROLES
    )


def _holds_blocks(element: html.HtmlElement) -> bool:
    """True for an inline element around blocks, which browsers allow: <span><p>…</p></span>."""
    return any(inner.tag in _BLOCKS for inner in element.iterdescendants())


def _anchor(heading: html.HtmlElement) -> str:
    """Return the heading's id, or that of the section it opens."""
    parent = heading.getparent()
    section = parent is not None and parent.tag in ("section", "div", "article", "header")
    return heading.get("id") or ((parent.get("id") or "") if section and parent is not None else "")


def _language(pre: html.HtmlElement) -> str:
    classes = " ".join(
        element.get("class") or "" for element in (pre.getparent(), pre, *pre) if element is not None
    )
    match = re.search(r"\b(?:language|lang|highlight|brush:)-?\s?(?!text|none|default)([a-z]\w*)", classes)
    return match[1] if match else ""
