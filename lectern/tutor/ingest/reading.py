"""Read material: walk files and folders, parse what can be parsed, say why of the rest."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path

from lectern.tutor.domain.course import Problem
from lectern.tutor.domain.document import ParsedDocument
from lectern.tutor.domain.passage import Passage
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.cutting import cut
from lectern.tutor.ingest.parsers import cnxml, docx, epub, html, markdown, notebook, pdf, pptx, text

#: Larger files are refused: no lesson in text is that long, and parsing happens in this process.
MOST_BYTES = 20_000_000
#: Part of every content hash: raise it when parsers or cutting change, and the next ingest reads everything again.
_VERSION = "2"

_PARSERS: dict[str, Callable[[bytes, str], ParsedDocument]] = {
    ".md": markdown.parse,
    ".markdown": markdown.parse,
    ".html": html.parse,
    ".htm": html.parse,
    ".xhtml": html.parse,
    ".txt": text.parse,
    ".cnxml": cnxml.parse,
    ".pdf": pdf.parse,
    ".docx": docx.parse,
    ".pptx": pptx.parse,
    ".ipynb": notebook.parse,
    ".epub": epub.parse,
}
#: What every file of a CNXML collection is called.
_MODULE = "index.cnxml"
#: Files that come with material but are none, by name without suffix.
_NOT_MATERIAL = frozenset({"license", "licence", "copying", "readme", "changelog", "contributing"})


@dataclass(frozen=True, kw_only=True)
class ReadDocument:
    """A file that became passages."""

    #: Its name within the course: its path below the folder that was given.
    key: str
    title: str
    #: Language code that the file names, or "".
    language: str
    #: Hash of its bytes and of the parsers' version.
    content_sha: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, kw_only=True)
class Material:
    """All that was read."""

    documents: tuple[ReadDocument, ...]
    problems: tuple[Problem, ...]
    #: False when a named path is not there or a folder cannot be opened: what it held before may still be wanted.
    complete: bool
    #: Files of kinds that are not read, met on the way.
    skipped: int


@dataclass
class _Reading:
    documents: dict[str, ReadDocument] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    complete: bool = True
    skipped: int = 0
    #: Names given so far, those of files that could not be read too: a repaired one gets its name again.
    keys: set[str] = field(default_factory=set)


def read_material(paths: Sequence[Path], on_file: Callable[[Path], None] = lambda _path: None) -> Material:
    """Read files and folders; one that cannot be read becomes a problem and stops no other.

    Folders are walked in order of names; hidden files, links, META-INF and files such as README and LICENSE are left
    out, and counted with those of other kinds. A file that was named itself is read or becomes a problem. `on_file` is
    called after each file.
    """
    reading = _Reading()
    for path in paths:
        if os.path.isdir(path):
            for file in _files(path, reading):
                _read(file, file.relative_to(path).as_posix(), path, reading, named=False)
                on_file(file)
        elif os.path.isfile(path):
            named = path.resolve()
            name = f"{named.parent.name}/{path.name}" if path.name == _MODULE else path.name
            _read(path, name, named.parent, reading, named=True)
            on_file(path)
        else:
            reading.problems.append(Problem(document=str(path), reason=_missing(path)))
            reading.complete = False
    return Material(
        documents=tuple(reading.documents.values()),
        problems=tuple(reading.problems),
        complete=reading.complete,
        skipped=reading.skipped,
    )


def _missing(path: Path) -> str:
    if os.path.exists(path):
        return f"{path} is neither a file nor a folder. Name one of these."
    return f"There is no file or folder {path}. Check its spelling, and the folder you are in."


def _files(folder: Path, reading: _Reading) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        reading.complete = False
        reading.problems.append(
            Problem(
                document=str(error.filename),
                reason=f"The folder {error.filename} cannot be opened: {error.strerror}. Check its permissions.",
            )
        )

    for parent, folders, names in os.walk(folder, onerror=unreadable, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "META-INF")
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and not path.is_symlink() and path.is_file():
                yield path


def _read(path: Path, name: str, folder: Path, reading: _Reading, *, named: bool) -> None:
    parse = _PARSERS.get(path.suffix.lower())
    if not named and (parse is None or path.stem.lower() in _NOT_MATERIAL):
        reading.skipped += 1
        return
    # A CNXML module is known by its folder; its file is always called index.cnxml.
    key = _free(
        folder.resolve().name if name == _MODULE else name.removesuffix(f"/{_MODULE}"), folder, reading.keys
    )
    reading.keys.add(key)
    try:
        if parse is None:
            known = ", ".join(sorted(_PARSERS))
            raise UnreadableFile(f"{name} is of a kind that is not read.", hint=f"These are: {known}.")
        reading.documents[key] = _document(path, key, parse)
    except UnreadableFile as exc:
        reading.problems.append(Problem(document=key, reason=str(exc)))


def _free(key: str, folder: Path, taken: Collection[str]) -> str:
    """Return `key`; when another folder gave it already, with this one's name before it, and a number if need be."""
    if key not in taken:
        return key
    longer = f"{folder.resolve().name}/{key}"
    return next(
        free for free in chain([longer], (f"{longer} ({number})" for number in count(2))) if free not in taken
    )


def _document(path: Path, key: str, parse: Callable[[bytes, str], ParsedDocument]) -> ReadDocument:
    data = _bytes(path, key)
    document = parse(data, key)
    sha = hashlib.sha256(f"{_VERSION}\0{path.suffix}\0".encode() + data).hexdigest()
    return ReadDocument(
        key=key,
        title=document.title[:300],
        language=document.language,
        content_sha=sha,
        passages=tuple(cut(document, key)),
    )


def _bytes(path: Path, key: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UnreadableFile(
                f"{key} has {size / 1e6:.0f} MB; {MOST_BYTES / 1e6:.0f} MB is the most.",
                hint="Split it into lessons.",
            )
        return path.read_bytes()
    except OSError as exc:
        raise UnreadableFile(
            f"{key} cannot be opened: {exc.strerror}.", hint="Check its permissions."
        ) from exc
