"""Progress on standard error: a bar on a terminal, a few plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

#: Lines that a long job writes when nobody watches a bar.
_LINES = 4


@contextmanager
def progress(
    what: str, unit: str, total: int | None = None, tell: Callable[[], str] = lambda: ""
) -> Iterator[Callable[[], None]]:
    """Yield what is called after each `unit`; `total` None when nobody knows how many there are.

    `tell` may have more to say after one: that stands beside the bar, or on the line in the place of a count.
    """
    with tqdm(desc=what, total=total, unit=f" {unit}", file=sys.stderr, disable=None, leave=False) as bar:
        done, shown = 0, not bar.disable  # closing a bar disables it

        def step() -> None:
            nonlocal done
            done += 1
            if shown and (said := tell()):
                bar.set_postfix_str(said, refresh=False)
            bar.update()
            if total and not shown and done * _LINES // total > (done - 1) * _LINES // total:
                say(tell() or f"{what}: {done} of {total} {unit}")

        yield step
    if total is None and not shown:
        say(f"{what}: {done} {unit}")


def say(line: str) -> None:
    """Write a line for the person who waits."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
