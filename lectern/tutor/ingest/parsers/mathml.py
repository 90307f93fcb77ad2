"""Formulas in one line of text: enough to be read and searched, not to be typeset."""

import re

from lxml import etree

#: Signs with a blank on both sides; − and ± only between two operands.
_SPACED = frozenset("=+×→<>≤≥⋅·÷≈⟶⇌↔")
_SIGNS = frozenset("−±-–")


def formula(element: etree._Element) -> str:
    """Return a MathML element as text: x^2, a_1, (a + b)/c, √(x)."""
    return (
        re.sub(r"\s*;\s*(?=\)|$)", "", " ".join(_text(element).split())).replace("( ", "(").replace(" )", ")")
    )


def _text(element: etree._Element) -> str:
    tag = etree.QName(element).localname if isinstance(element.tag, str) else ""
    parts = [_text(child) for child in element if isinstance(child.tag, str)]
    if tag == "mfrac" and len(parts) == 2:
        return f"{_grouped(parts[0])}/{_grouped(parts[1])}"
    if tag in ("msup", "mover") and len(parts) == 2:
        return f"{parts[0]}^{_grouped(parts[1])}"
    if tag in ("msub", "munder") and len(parts) == 2:
        return f"{parts[0]}_{_grouped(parts[1])}"
    if tag in ("msubsup", "munderover") and len(parts) == 3:
        return f"{parts[0]}_{_grouped(parts[1])}^{_grouped(parts[2])}"
    if tag == "msqrt":
        return f"√{_grouped(''.join(parts))}"
    if tag == "mfenced":
        return f"({', '.join(parts)})"
    if tag == "mtr":
        return " ".join(parts) + "; "
    if tag == "mspace":
        return " "
    if tag == "mo":
        return _operator(element)
    return (element.text or "").strip() + _joined(parts)


def _operator(element: etree._Element) -> str:
    own = (element.text or "").strip()
    binary = own in _SIGNS and element.getprevious() is not None and not _is_operator(element.getprevious())
    alone = element.getprevious() is None and element.getnext() is None
    return f" {own} " if (own in _SPACED and not alone) or (binary and element.getnext() is not None) else own


def _is_operator(element: etree._Element | None) -> bool:
    return element is not None and isinstance(element.tag, str) and etree.QName(element).localname == "mo"


def _joined(parts: list[str]) -> str:
    """Join what stands side by side; a number behind a raised or lowered one keeps its distance: N_0 2^n."""
    text = ""
    for part in parts:
        text += " " + part if part[:1].isdigit() and re.search(r"[_^]\w+$", text) else part
    return text


def _grouped(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 1 or text.isdigit() or text.isalpha() else f"({text})"
