"""Groups of things that are done together, because many cost little more than one."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

#: Things of one group, however small they are.
_MOST = 50


def batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most `size` things, in order."""
    left = iter(things)
    while batch := list(islice(left, size)):
        yield batch


def together(things: Iterable[T], size: Callable[[T], int], enough: int) -> Iterator[list[T]]:
    """Yield things in groups, in order; one is full when its sizes add up to `enough`, or with 50 of them."""
    group, sizes = list[T](), 0
    for thing in things:
        group.append(thing)
        sizes += size(thing)
        if sizes >= enough or len(group) >= _MOST:
            yield group
            group, sizes = [], 0
    if group:
        yield group
