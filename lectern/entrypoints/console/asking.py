"""Ask the person at the terminal before something that cannot be taken back."""


def confirmed(question: str) -> bool:
    """Return True if the answer is yes; nobody there to answer means no."""
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        return False
