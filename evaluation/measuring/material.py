"""A course's material as passages: read from files as an ingest reads them, or cut already in a file of passages."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from evaluation.measuring.questions import WrongInput, read_jsonl
from lectern.tutor.domain.course import StagedDocument
from lectern.tutor.domain.passage import Passage, PassageKind, passage_id
from lectern.tutor.ingest.reading import read_material

#: Never answered from, so left out: the questions often stand in them word for word.
TASKS = frozenset({PassageKind.EXERCISE, PassageKind.SOLUTION})


@dataclass(frozen=True, kw_only=True)
class Material:
    """The documents of a course."""

    documents: tuple[StagedDocument, ...]
    #: Files that gave nothing, each with the reason.
    problems: tuple[str, ...] = ()

    @property
    def passages(self) -> list[Passage]:
        """All passages, document by document."""
        return [passage for document in self.documents for passage in document.passages]

    def without(self, names: Collection[str]) -> "Material":
        """Return the material without the documents of these names, given as in `gold_module`."""
        gone = {self.document_of(name) for name in names}
        return Material(documents=tuple(one for one in self.documents if one.name not in gone))

    def document_of(self, gold_module: str) -> str:
        """Return the document that a question means: one of this name, or the only one whose last part is this.

        Raises `WrongInput` when several could be meant; a name that no document has is returned as it is.
        """
        names = [document.name for document in self.documents]
        if gold_module in names:
            return gold_module
        meant = [
            name for name in names if gold_module in (PurePosixPath(name).name, PurePosixPath(name).stem)
        ]
        if len(meant) > 1:
            raise WrongInput(
                f"`gold_module` {gold_module!r} could be {' or '.join(meant)}. Give the path below the course's folder."
            )
        return meant[0] if meant else gold_module


def read_files(paths: Sequence[Path]) -> Material:
    """Read and cut files and folders as an ingest does; exercises and solutions are left out. Raises `WrongInput`."""
    read = read_material(paths)
    problems = tuple(problem.reason for problem in read.problems if not problem.partial)
    documents = []
    for one in read.documents:
        passages = tuple(passage for passage in one.passages if passage.kind not in TASKS)
        if passages:
            documents.append(
                StagedDocument(name=one.key, title=one.title, content_sha=one.content_sha, passages=passages)
            )
    return _some(documents, " ".join(map(str, paths)), problems)


def read_passages(path: Path) -> Material:
    """Read a file of passages (JSON Lines: `module` and `text`, and perhaps `module_title`, `section`, `kind`, `anchors`).

    A module becomes a document. Raises `WrongInput`.
    """
    documents = []
    for module, rows in groupby(read_jsonl(path), key=lambda row: _text(row, "module")):
        texts: list[str] = []
        passages = []
        for row, place in rows:
            passages.append(_passage(row, module, _text((row, place), "text"), texts))
            texts.append(passages[-1].text)
        title = passages[0].title
        documents.append(StagedDocument(name=module, title=title, content_sha="", passages=tuple(passages)))
    if len({document.name for document in documents}) < len(documents):
        raise WrongInput(f"{path}: the passages of a module do not stand together. Sort them by module.")
    return _some(documents, str(path))


def _some(documents: Sequence[StagedDocument], source: str, problems: tuple[str, ...] = ()) -> Material:
    if not documents:
        said = " ".join(problems) or "Name the course's material."
        raise WrongInput(f"{source} holds nothing that could be asked about. {said}")
    return Material(documents=tuple(documents), problems=problems)


def _text(row: tuple[dict[str, Any], str], name: str) -> str:
    value = row[0].get(name)
    if not isinstance(value, str) or not value:
        raise WrongInput(f"{row[1]}: `{name}` is {value!r}. Write a text.")
    return value


def _passage(row: Mapping[str, Any], module: str, text: str, before: Sequence[str]) -> Passage:
    start = sum(len(one) + 1 for one in before)
    return Passage(
        id=passage_id(module, text, list(before).count(text)),
        document=module,
        title=row.get("module_title") or module,
        ordinal=len(before),
        text=text,
        kind=PassageKind(row.get("kind") or "body"),
        heading_path=tuple(row["section"].split(" > ")) if row.get("section") else (),
        anchor=(row.get("anchors") or [""])[0],
        start=start,
        end=start + len(text),
    )
