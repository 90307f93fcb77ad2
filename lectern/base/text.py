"""Text that somebody else wrote."""


def whole(text: str) -> str:
    """Return `text` with "?" for each half of a surrogate pair, which no UTF-8 text holds but JSON can spell."""
    return text.encode(errors="replace").decode()


def storable(text: str) -> str:
    """Return `text` without what SQL does not store: a NUL, or half a character, as a model's stream of tokens may hold."""
    return whole(text.replace("\0", ""))
