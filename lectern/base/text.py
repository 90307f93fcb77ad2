"""Text that somebody else wrote."""


def storable(text: str) -> str:
    """Return `text` without what SQL does not store: a NUL, or half a character, as a model's stream of tokens may hold."""
    return text.replace("\0", "").encode(errors="replace").decode()
