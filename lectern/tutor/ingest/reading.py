"""Read material: walk files and folders, have parsed what is new, say why of what cannot be read."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path

from lectern.tutor.domain.course import Problem
from lectern.tutor.domain.passage import Passage
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.formats import FORMATS, Format
from lectern.tutor.ingest.parsing import ParsingLimits, ParsingProcess
from lectern.tutor.ingest.spooling import NamedFile

#: Part of every content hash: raise it when parsers or cutting change, and the next ingest reads everything again.
_VERSION = "6"
_HASHED_BYTES = 1 << 20

#: Tells whether the course has a document of this name with this content hash.
Known = Callable[[str, str], bool]
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
    #: Names of documents that the course has as they are. They were not parsed: their bytes are known.
    unchanged: tuple[str, ...] = ()
    #: False when it is a part of the course's, or a named path is not there or a folder cannot be opened: what else
    #: the course has may still be wanted.
    complete: bool = True
    #: Files of kinds that are not read, met on the way.
    skipped: int = 0


@dataclass
class _Reading:
    parsing: ParsingProcess
    known: Known
    documents: dict[str, ReadDocument] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    complete: bool = True
    skipped: int = 0
    #: Names given so far, those of files that could not be read too: a repaired one gets its name again.
    keys: set[str] = field(default_factory=set)
    #: Files met so far: one that is named twice, or inside a folder that is named too, is one document.
    met: set[Path] = field(default_factory=set)


def read_material(
    paths: Sequence[Path],
    on_file: Callable[[Path], None] = lambda _path: None,
    *,
    known: Known = lambda _name, _sha: False,
    limits: ParsingLimits = ParsingLimits(),  # noqa: B008 - frozen
) -> Material:
    """Read files and folders; one that cannot be read becomes a problem and stops no other.

    What is `known` is only hashed. The rest is parsed in a process of its own, each file within `limits`.

    Folders are walked in order of names; hidden files, links, META-INF and files such as README and LICENSE are left
    out, and counted with those of other kinds. A file that was named itself is read or becomes a problem. `on_file` is
    called after each file.
    """
    with ParsingProcess(limits) as parsing:
        reading = _Reading(parsing, known)
        for path in paths:
            _read_path(path, reading, on_file)
    return _material(reading, complete=reading.complete)


def read_files(
    files: Sequence[NamedFile],
    *,
    known: Known = lambda _name, _sha: False,
    limits: ParsingLimits = ParsingLimits(),  # noqa: B008 - frozen
) -> Material:
    """Read files that are a part of a course's material, each under its name; see `read_material`."""
    with ParsingProcess(limits) as parsing:
        reading = _Reading(parsing, known)
        for file in files:
            name = file.name
            _take(file.path, name, name.removesuffix(f"/{_MODULE}"), reading)
    return _material(reading, complete=False)


def _material(reading: _Reading, *, complete: bool) -> Material:
    return Material(
        documents=tuple(reading.documents.values()),
        problems=tuple(reading.problems),
        unchanged=tuple(reading.unchanged),
        complete=complete,
        skipped=reading.skipped,
    )


def _read_path(path: Path, reading: _Reading, on_file: Callable[[Path], None]) -> None:
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
        reading.problems.append(Problem(document=_spelled(str(path)), reason=_missing(path)))
        reading.complete = False


def _missing(path: Path) -> str:
    name = _spelled(str(path))
    if os.path.exists(path):
        return f"{name} is neither a file nor a folder. Name one of these."
    return f"There is no file or folder {name}. Check its spelling, and the folder you are in."


def _files(folder: Path, reading: _Reading) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        reading.complete = False
        name = _spelled(str(error.filename))
        reading.problems.append(
            Problem(
                document=name,
                reason=f"The folder {name} cannot be opened: {error.strerror}. Check its permissions.",
            )
        )

    for parent, folders, names in os.walk(folder, onerror=unreadable, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "META-INF")
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and not path.is_symlink() and path.is_file():
                yield path


def _read(path: Path, name: str, folder: Path, reading: _Reading, *, named: bool) -> None:
    if path.resolve() in reading.met:
        return
    reading.met.add(path.resolve())
    form, name = FORMATS.get(path.suffix.lower()), _spelled(name)
    if not named and (form is None or path.stem.lower() in _NOT_MATERIAL):
        reading.skipped += 1
        return
    # A CNXML module is known by its folder; its file is always called index.cnxml.
    key = _spelled(folder.resolve().name) if name == _MODULE else name.removesuffix(f"/{_MODULE}")
    _take(path, name, _free(key, folder, reading.keys), reading)


def _take(path: Path, name: str, key: str, reading: _Reading) -> None:
    """Read a file as the document `key`, unless it is known, or note why that cannot be."""
    reading.keys.add(key)
    form = FORMATS.get(path.suffix.lower())
    try:
        if form is None:
            read = ", ".join(sorted(FORMATS))
            raise UnreadableFile(f"{name} is of a kind that is not read.", hint=f"These are: {read}.")
        if reading.known(key, _content_sha(path, key, form)):
            reading.unchanged.append(key)
        else:
            _parse(path, key, form, reading)
    except UnreadableFile as exc:
        reading.problems.append(Problem(document=key, reason=str(exc)))


def _spelled(name: str) -> str:
    """Return a file's name as text: bytes of it that are no UTF-8 become escapes, since nothing else can be stored."""
    return name.encode("utf-8", "backslashreplace").decode()


def _free(key: str, folder: Path, taken: Collection[str]) -> str:
    """Return `key`; when another folder gave it already, with this one's name before it, and a number if need be."""
    if key not in taken:
        return key
    longer = f"{_spelled(folder.resolve().name)}/{key}"
    return next(
        free for free in chain([longer], (f"{longer} ({number})" for number in count(2))) if free not in taken
    )


def _parse(path: Path, key: str, form: Format, reading: _Reading) -> None:
    parsed = reading.parsing.parse(path, key, form, _salt(path))
    reading.documents[key] = ReadDocument(
        key=key,
        title=parsed.title,
        language=parsed.language,
        content_sha=parsed.content_sha,
        passages=parsed.passages,
    )
    reading.problems += [Problem(document=key, reason=said, partial=True) for said in parsed.left_out]


def _content_sha(path: Path, key: str, form: Format) -> str:
    """Return the hash of a file's bytes, read piece by piece: a book need not fit into this process's memory."""
    try:
        size = path.stat().st_size
        if size > form.most_bytes:
            raise UnreadableFile(
                f"{key} has {size / 1e6:.0f} MB; {form.most_bytes / 1e6:.0f} MB is the most.",
                hint="Split it into lessons.",
            )
        sha = hashlib.sha256(_salt(path).encode())
        with path.open("rb") as file:
            while piece := file.read(_HASHED_BYTES):
                sha.update(piece)
        return sha.hexdigest()
    except OSError as exc:
        raise UnreadableFile(
            f"{key} cannot be opened: {exc.strerror}.", hint="Check its permissions."
        ) from exc


def _salt(path: Path) -> str:
    """Return what a hash begins with: the same bytes read by another parser make another document."""
    return f"{_VERSION}\0{path.suffix}\0"
