"""Markdown (CommonMark with tables)."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from lectern.tutor.domain.document import BlockForm, ParsedDocument
from lectern.tutor.ingest.parsers import html
from lectern.tutor.ingest.parsers.outline import Outline, fenced, squeezed, ticked
from lectern.tutor.ingest.parsers.text_of_bytes import decode

_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.*?)^(?:\1|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_FRONT_TITLE = re.compile(r"^title\s*[:=]\s*(['\"]?)(.+?)\1\s*$", re.MULTILINE)
_FRONT_LANGUAGE = re.compile(r"^lang(?:uage)?\s*[:=]\s*['\"]?([A-Za-z]{2})\b", re.MULTILINE)
#: An anchor that the author chose: "## Lists {#lists}".
_OWN_ANCHOR = re.compile(r"\s*\{\s*#([\w:.-]+)[^}]*\}\s*$")
_FOLDED = re.compile(r"<details\b.*?(?:<summary\b[^>]*>(.*?)</summary>|$)", re.DOTALL | re.IGNORECASE)
_UNFOLDED = re.compile(r"</details\s*>", re.IGNORECASE)
#: Deeper than any heading, so that what is folded away ends with it or with the next heading.
_FOLD_LEVEL = 7


def parse(data: bytes, name: str) -> ParsedDocument:
    """Return the document of a Markdown file. Raises `UnreadableFile`."""
    text = decode(data, name)
    front = _FRONT_MATTER.match(text)
    matter = front[2] if front else ""
    outline = Outline()
    add(text[front.end() :] if front else text, outline, {})
    title, language = _FRONT_TITLE.search(matter), _FRONT_LANGUAGE.search(matter)
    return outline.document(
        name, language=language[1].lower() if language else "", title=title[2] if title else ""
    )


def add(text: str, outline: Outline, anchors: dict[str, int]) -> None:
    """Add the blocks of a text to `outline`; `anchors` counts the headings of the document that sound alike."""
    # The preset's limit of 20 drops what is nested deeper without a word; a list counts twice. Brackets that nothing
    # closes cost time in proportion.
    tokens = MarkdownIt("commonmark", {"maxNesting": 40}).enable("table").parse(text)
    position = 0
    while position < len(tokens):
        position = _take(tokens, position, outline, anchors)


def _take(tokens: Sequence[Token], position: int, outline: Outline, anchors: dict[str, int]) -> int:
    """Add the block that begins at `position` and return where the next one begins."""
    token = tokens[position]
    if token.type == "heading_open":
        written = _inline(tokens[position + 1])
        own = _OWN_ANCHOR.search(written)
        heading = written[: own.start()] if own else written
        outline.heading(int(token.tag[1]), heading, own[1] if own else _anchor(heading, anchors))
        return position + 3
    if token.type in ("fence", "code_block"):
        outline.block(_code(token), BlockForm.CODE)
    elif token.type in ("bullet_list_open", "ordered_list_open"):
        end = _end(tokens, position)
        _list(tokens[position : end + 1], outline)
        return end + 1
    elif token.type == "table_open":
        end = _end(tokens, position)
        outline.block(_table(tokens[position:end]), BlockForm.TABLE)
        return end + 1
    elif token.type == "html_block":
        _html(token.content, outline)
    elif token.type == "inline":
        outline.block(_inline(token), BlockForm.PROSE, terms=_bold(token))
    return position + 1


def _end(tokens: Sequence[Token], position: int) -> int:
    level, closing = tokens[position].level, tokens[position].type.replace("_open", "_close")
    return next(
        i for i in range(position, len(tokens)) if tokens[i].type == closing and tokens[i].level == level
    )


def _code(token: Token) -> str:
    return fenced(token.content, next(iter(token.info.split()), ""))


def _list(tokens: Sequence[Token], outline: Outline) -> None:
    """Add a list: its items as lines of one block, code inside it as blocks between."""
    lines: list[str] = []
    terms = [term for token in tokens if token.type == "inline" for term in _bold(token)]
    indent, mark = "", ""
    for token in tokens:
        if token.type == "list_item_open":
            indent = "  " * max(0, (token.level - tokens[0].level) // 2)
            mark = f"{token.info}. " if token.info else "- "
        elif token.type == "inline" and (words := _inline(token)):
            lines.append(indent + (mark or "  ") + words)
            mark = ""
        elif token.type in ("fence", "code_block"):
            outline.block("\n".join(lines), BlockForm.ITEM, terms=terms)
            outline.block(_code(token), BlockForm.CODE)
            lines = []
    outline.block("\n".join(lines), BlockForm.ITEM, terms=terms)


def _table(tokens: Sequence[Token]) -> str:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_inline(token))
    return "\n".join(" | ".join(row) for row in rows if any(row))


def _html(markup: str, outline: Outline) -> None:
    """Add the words of a stretch of HTML. What is folded away stands under the words that unfold it."""
    if folded := _FOLDED.search(markup):
        label = squeezed(re.sub(r"<[^>]*>", " ", folded[1] or ""))
        outline.heading(_FOLD_LEVEL, label, "")
        html.add_fragment(markup[: folded.start()] + markup[folded.end() :], outline)
    else:
        html.add_fragment(markup, outline)
    if _UNFOLDED.search(markup):
        outline.leave(_FOLD_LEVEL)


def _inline(token: Token) -> str:
    """Return the words of a line: emphasis and link targets dropped, images too, inline code in its backticks."""
    return _joined(token.children or ())


def _bold(token: Token) -> list[str]:
    """Return what stands in bold letters in a line."""
    children, found, opened = token.children or [], list[str](), 0
    for at, child in enumerate(children):
        if child.type == "strong_open":
            opened = at
        elif child.type == "strong_close":
            found.append(_joined(children[opened:at]))
    return found


def _joined(children: Sequence[Token]) -> str:
    parts: list[str] = []
    for child in children:
        if child.type == "code_inline":
            parts.append(ticked(child.content))
        elif child.type in ("text", "text_special"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "html_inline":
            tag = child.content.lower()
            parts.append("^" if tag == "<sup>" else " " if tag.startswith("<br") else "")
    return squeezed("".join(parts))


def _anchor(heading: str, seen: dict[str, int]) -> str:
    """Return the fragment that the usual renderers give to a heading; repeated ones are numbered."""
    slug = re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading.lower()))
    number = seen.get(slug, 0)
    seen[slug] = number + 1
    return f"{slug}-{number}" if number else slug
