"""Tables for people: folded to a terminal, one line a row in a pipe, and what they show is never markup."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from rich.console import Console
from rich.table import Table

#: One row.
Cells: TypeAlias = Sequence[object]

#: Columns of text that is never folded: more than any row has.
_UNFOLDED = 10_000


def table_text(title: str, columns: Cells, rows: Sequence[Cells], *, fold: bool) -> str:
    """Return a table under its title, without colour; only the title and "none" when it has no rows."""
    if not rows:
        return f"{title}: none"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(str(column), overflow="fold")
    for row in rows:
        table.add_row(*[_printable(str(cell)) for cell in row])
    with io.StringIO() as text:
        # Course material has square brackets and colons: no markup, no emoji.
        width = None if fold else _UNFOLDED
        Console(file=text, width=width, highlight=False, no_color=True, markup=False, emoji=False).print(
            table
        )
        lines = [line.rstrip() for line in text.getvalue().splitlines()]
    return "\n".join([title, *lines])


def moment(time: datetime | None) -> str:
    """Return a time in UTC for a table; "never" without."""
    return f"{time:%Y-%m-%d %H:%M}" if time else "never"


def shortened(text: str, characters: int) -> str:
    """Return `text` on one line, cut behind a word."""
    line = " ".join(text.split())
    return line if len(line) <= characters else line[:characters].rsplit(" ", 1)[0] + " …"


def _printable(text: str) -> str:
    """Return `text` without what a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)
