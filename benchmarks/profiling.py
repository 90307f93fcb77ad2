"""Where a process spends its CPU: each thread's stack is looked at every few milliseconds and weighed by the CPU that it used."""

import os
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import FrameType

_EVERY_SECONDS = 0.004
_WRITE_EVERY_SECONDS = 3.0


def profile_this_process(folder: str) -> None:
    """Sample until the process ends, into `folder`/<pid>.stacks: "thread;outermost;…;innermost milliseconds" a line."""
    threading.Thread(target=_sample, args=(Path(folder),), name="profile", daemon=True).start()


def _sample(folder: Path) -> None:
    stacks, used, written = Counter[str](), dict[int, int](), time.monotonic()
    while True:
        time.sleep(_EVERY_SECONDS)
        frames = sys._current_frames()
        for thread in threading.enumerate():
            frame = frames.get(thread.ident or 0)
            if frame is None or thread is threading.current_thread():
                continue
            with suppress(OSError, TypeError):
                clock = time.pthread_getcpuclockid(thread.ident or 0)
                now = time.clock_gettime_ns(clock)
                spent = now - used.get(thread.ident or 0, now)
                used[thread.ident or 0] = now
                if spent:
                    stacks[_told(thread.name, frame)] += spent
        if time.monotonic() - written > _WRITE_EVERY_SECONDS:
            written = time.monotonic()
            lines = [f"{stack} {nanoseconds / 1e6:.2f}\n" for stack, nanoseconds in stacks.most_common()]
            (folder / f"{os.getpid()}.stacks").write_text("".join(lines))


def _told(thread: str, frame: FrameType | None) -> str:
    parts = []
    while frame:
        code = frame.f_code
        parts.append(f"{'/'.join(Path(code.co_filename).parts[-3:])}:{code.co_name}")
        frame = frame.f_back
    return ";".join([thread.rstrip("0123456789_-"), *reversed(parts)])


def summary(lines: Iterable[str], most: int = 40) -> str:
    """Return tables of a process's stacks: CPU by thread, by function itself, and by function with what it calls."""
    total = 0.0
    threads, own, whole = (
        defaultdict[str, float](float),
        defaultdict[str, float](float),
        defaultdict[str, float](float),
    )
    for line in lines:
        stack, _, milliseconds = line.rpartition(" ")
        spent, parts = float(milliseconds), stack.split(";")
        total += spent
        threads[parts[0]] += spent
        own[parts[-1]] += spent
        for part in {*parts[1:]}:
            whole[part] += spent
    out = [f"total {total / 1000:.2f} s"]
    for title, counter in (
        ("by thread", threads),
        ("function itself", own),
        ("function with callees", whole),
    ):
        out.append(f"\n{title}:")
        out += [
            f"{spent / total:6.1%} {spent:9.0f} ms  {name}"
            for name, spent in sorted(counter.items(), key=lambda item: -item[1])[:most]
        ]
    return "\n".join(out)
