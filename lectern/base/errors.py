"""The root of Lectern's errors. Each room draws its own branch in its `errors.py`."""

from collections.abc import Mapping


def first_line(exc: BaseException) -> str:
    """Return what a driver says, for a sentence of ours: PostgreSQL's goes on over lines of advice."""
    return str(exc).partition("\n")[0].rstrip(".")


class LecternError(Exception):
    """Something went wrong that we foresaw: what happened, to which thing, what to do.

    `code` is a stable word for machines, `hint` tells a person what to do next, and the
    remaining keywords (ids, paths, limits) are kept as `details`.
    """

    code = "error"
    #: True when the same thing may succeed a little later.
    passing = False
    #: Seconds before which it will surely not, where somebody told so.
    retry_after: float | None = None

    def __init__(self, message: str, *, hint: str = "", **details: object) -> None:
        super().__init__(message)
        self.hint = hint
        self.details: Mapping[str, object] = details

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message} {self.hint}".rstrip() if self.hint else message
