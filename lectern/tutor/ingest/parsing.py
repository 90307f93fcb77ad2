"""Parse: hand a file to a process of its own, whose time and memory are limited, and take its passages back.

Every format goes this way, text too: a parser of Markdown or HTML has its slow and deep inputs as well, and one way is
easier to trust than two. The process is started with the first file and serves the next ones; one that dies, or that a
large file has swollen, is replaced.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import lectern
from lectern.base.log import logger
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.formats import Format

_log = logger(__name__)

#: What a process runs, from the folder that holds the package.
_PROGRAM = "lectern.tutor.ingest.parsing_process"
_HOME = Path(lectern.__file__).resolve().parents[1]
_READ_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class ParsingLimits:
    """What one file may cost."""

    #: Address space of the process.
    memory_bytes: int = 500_000_000
    #: Time of the processor. A book of 400 pages takes about five seconds.
    cpu_seconds: int = 60
    #: Time on the wall, which a disk that does not answer takes.
    wall_seconds: float = 120
    #: What comes back: passages as JSON.
    output_bytes: int = 32_000_000


@dataclass(frozen=True, kw_only=True)
class ParsedFile:
    """What a file came to."""

    title: str
    language: str
    #: Hash of the very bytes that were parsed.
    content_sha: str
    passages: tuple[Passage, ...]
    #: Sentences about parts that were left out.
    left_out: tuple[str, ...]


class ParsingProcess:
    """Parses one file after the other; a context manager that leaves no process behind."""

    def __init__(self, limits: ParsingLimits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "ParsingProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def parse(self, path: Path, key: str, form: Format, salt: str) -> ParsedFile:
        """Return the passages of a file that is called `key`; `salt` goes into its hash.

        Raises `UnreadableFile` with the parser's sentence, or with ours when a limit was reached.
        """
        order = {
            "path": str(path.resolve()),
            "key": key,
            "parser": form.parser,
            "most_bytes": form.most_bytes,
            "salt": salt,
        }
        answer = self._ask(order, key)
        if answer["last"]:
            self._end()
        if "refused" in answer:
            raise UnreadableFile(answer["refused"])
        return ParsedFile(
            title=answer["title"],
            language=answer["language"],
            content_sha=answer["content_sha"],
            passages=tuple(_passage(one) for one in answer["passages"]),
            left_out=tuple(answer["left_out"]),
        )

    def _ask(self, order: Mapping[str, object], key: str) -> dict[str, Any]:
        until = time.monotonic() + self._limits.wall_seconds
        process = self._running(key)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
            line = _line(process.stdout.fileno(), until, self._limits.output_bytes)
            answer: dict[str, Any] = json.loads(line)
        except TimeoutError as exc:
            self._end()
            raise UnreadableFile(
                f"{key} takes more than {self._limits.wall_seconds:.0f} s to be read.",
                hint="Split it, or look whether its disk answers.",
            ) from exc
        except (OSError, EOFError, ValueError) as exc:
            raise self._died(key) from exc
        return answer

    def _running(self, key: str) -> subprocess.Popen[bytes]:
        if self._process is None:
            try:
                # A session of its own: Ctrl-C is for us, and we end it.
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                    [sys.executable, "-m", _PROGRAM, json.dumps(asdict(self._limits))],
                    cwd=_HOME,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as exc:
                raise UnreadableFile(
                    f"{key} cannot be read right now: no process can be started ({exc.strerror}).",
                    hint="Try again when the machine has memory to spare.",
                ) from exc
        return self._process

    def _end(self) -> int:
        """End the process and return its status."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.kill()
        # `communicate` closes the pipes and waits.
        process.communicate()
        return process.returncode

    def _died(self, key: str) -> UnreadableFile:
        assert self._process is not None
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:  # it closed its output, or wrote more than it may
            status = 0
        self._end()
        _log.warning("parse", document=key, error="The process that parsed it died.", status=status)
        if status == -signal.SIGXCPU:
            return UnreadableFile(
                f"{key} takes more than {self._limits.cpu_seconds} s of work to be read.",
                hint="Split it, or export it again.",
            )
        return UnreadableFile(
            f"{key} breaks the program that reads it: it is damaged, or needs more than "
            f"{self._limits.memory_bytes / 1e6:.0f} MB of memory.",
            hint="Export it again, or split it.",
        )


def _line(source: int, until: float, most_bytes: int) -> bytes:
    """Read up to a line's end. Raises `TimeoutError`, `EOFError`, and `OSError` for more bytes than are allowed."""
    parts: list[bytes] = []
    size = 0
    with selectors.DefaultSelector() as selector:
        selector.register(source, selectors.EVENT_READ)
        while not parts or not parts[-1].endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError
            part = os.read(source, _READ_BYTES)
            if not part:
                raise EOFError
            parts.append(part)
            size += len(part)
            if size > most_bytes + _READ_BYTES:
                raise OSError("too much came back")
    return b"".join(parts)


def _passage(values: dict[str, Any]) -> Passage:
    return Passage(
        **{
            **values,
            "kind": PassageKind(values["kind"]),
            "heading_path": tuple(values["heading_path"]),
            "terms": tuple(values["terms"]),
        }
    )
