"""Calls of a driver's asynchronous half, which lives on a loop in a thread of its own, by callers that block: each has an end."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as CallerTimeout
from typing import Any, TypeVar

T = TypeVar("T")

#: Longest wait for connections to be closed.
_CLOSING_SECONDS = 2.0


def waited(call: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop, seconds: float) -> T:
    """Return what a call returns that has its own limit, a little below `seconds`. Past these it is cancelled there.

    Raises `TimeoutError`.
    """
    future = asyncio.run_coroutine_threadsafe(call, loop)
    try:
        return future.result(seconds)
    except CallerTimeout:
        future.cancel()
        raise


def closed(closing: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> None:
    """Wait for connections to be closed. They are to be gone, whatever becomes of them: nothing is raised."""
    future = asyncio.run_coroutine_threadsafe(closing, loop)
    try:
        future.result(_CLOSING_SECONDS)
    except Exception:
        future.cancel()
