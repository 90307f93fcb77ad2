"""The process that parses: orders come in line by line, passages go out, limits are set before the first file.

Run by `parsing.py` as `python -m lectern.tutor.ingest.parsing_process <limits as JSON>`. It ends with its input.
"""

import hashlib
import importlib
import json
import math
import os
import re
import resource
import sys
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any, BinaryIO

from lectern.tutor.domain.document import ParsedDocument
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.cutting import cut

#: A process that grew to this share of its memory is replaced: what one file left must not fail the next one.
_SWOLLEN = 0.5
#: What PostgreSQL does not store, and SQLite only in places: NUL, and half a character.
_NOT_STORED = re.compile("[\0\ud800-\udfff]")


def main() -> None:
    """Serve orders until there are no more."""
    limits = json.loads(sys.argv[1])
    orders, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Nothing that a library prints may come between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _limit(resource.RLIMIT_AS, limits["memory_bytes"])
    _limit(resource.RLIMIT_CORE, 0)
    for line in orders:
        order = json.loads(line)
        used = resource.getrusage(resource.RUSAGE_SELF)
        # The limit counts from the process's beginning; the system ends it by SIGXCPU.
        _limit(
            resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime) + limits["cpu_seconds"], soft=True
        )
        _send(answers, _answer(order, limits), order["key"], limits)


def _limit(what: int, most: int, *, soft: bool = False) -> None:
    # Some systems (macOS) refuse a limit of memory; time is limited there all the same.
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, hard if soft else most))


def _answer(order: dict[str, Any], limits: dict[str, Any]) -> dict[str, Any]:
    key = order["key"]
    try:
        return _parsed(order)
    except UnreadableFile as exc:
        return {"refused": str(exc)}
    except MemoryError:
        return {
            "refused": f"{key} needs more than {limits['memory_bytes'] / 1e6:.0f} MB of memory to be read. Split it.",
            "last": True,
        }
    except RecursionError:
        return {"refused": f"{key} is nested too deeply to be read. Export it again."}
    except Exception as exc:  # a parser's own defect on a file that nobody foresaw: the others are read
        return {"refused": f"{key} cannot be read: it seems damaged ({type(exc).__name__}). Export it again."}


def _parsed(order: dict[str, Any]) -> dict[str, Any]:
    key, data = order["key"], _bytes(order)
    parser = importlib.import_module(f"lectern.tutor.ingest.parsers.{order['parser']}")
    document = _storable(parser.parse(data, key))
    return {
        "title": document.title[:300],
        "language": document.language,
        "content_sha": hashlib.sha256(order["salt"].encode() + data).hexdigest(),
        "passages": [asdict(passage) for passage in cut(document, key)],
        "left_out": document.left_out,
    }


def _storable(document: ParsedDocument) -> ParsedDocument:
    blocks = tuple(
        replace(
            block,
            text=_clean(block.text),
            heading_path=tuple(map(_clean, block.heading_path)),
            anchor=_clean(block.anchor),
            terms=tuple(map(_clean, block.terms)),
        )
        for block in document.blocks
    )
    return replace(document, title=_clean(document.title), blocks=blocks)


def _clean(text: str) -> str:
    return _NOT_STORED.sub("\N{REPLACEMENT CHARACTER}", text)


def _bytes(order: dict[str, Any]) -> bytes:
    try:
        with open(order["path"], "rb") as file:
            data = file.read(order["most_bytes"] + 1)
    except OSError as exc:
        raise UnreadableFile(
            f"{order['key']} cannot be opened: {exc.strerror}.", hint="Check its permissions."
        ) from exc
    if len(data) > order["most_bytes"]:
        raise UnreadableFile(f"{order['key']} grew while it was read.", hint="Try again.")
    return data


def _send(answers: BinaryIO, answer: dict[str, Any], key: str, limits: dict[str, Any]) -> None:
    answer = {"last": _memory_bytes() > _SWOLLEN * limits["memory_bytes"], **answer}
    try:
        line = json.dumps(answer).encode()
    except MemoryError:
        line = b""
    if not line or len(line) > limits["output_bytes"]:
        most = limits["output_bytes"] / 1e6
        refused = f"{key} comes to more than {most:.0f} MB of passages. Split it into lessons."
        line = json.dumps({"last": True, "refused": refused}).encode()
    answers.write(line + b"\n")
    answers.flush()


def _memory_bytes() -> int:
    """Return the address space that is in use now; 0 where the system does not tell (and sets no limit either)."""
    # Not the peak that `getrusage` has: it begins with that of the process which started this one.
    try:
        with open("/proc/self/statm", "rb") as sizes:
            return int(sizes.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


if __name__ == "__main__":
    main()
