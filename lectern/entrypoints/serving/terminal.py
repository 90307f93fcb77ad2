"""What the person at the terminal reads, and how they end it."""

import signal
from pathlib import Path
from types import FrameType


class EndAsked(BaseException):
    """Ctrl-C, SIGTERM, or the terminal was closed. No error: it passes through whatever is going on."""


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201  the terminal is its place


def end_on_signals() -> None:
    """Raise `EndAsked` in the main thread for every SIGINT, SIGTERM and SIGHUP, unless SIGHUP is ignored (nohup).

    SIGINT counts also where it is ignored: shells ignore it for commands in the background.
    """
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _end)


def ignore_signals() -> None:
    """Let nothing interrupt the last steps."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def last_lines(log: Path, count: int = 12) -> str:
    """Return the end of a log, indented; a log may be megabytes long."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        lines = []
    return "\n".join(f"    {line}" for line in lines[-count:]) or "    (nothing)"


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise EndAsked
