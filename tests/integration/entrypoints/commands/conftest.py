import gc
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from lectern import bootstrap
from lectern.adapters.models.minilm import MiniLMEmbeddings
from tests.engine_house import InMemoryBroker
from tests.playground import Playground, playground

LESSON = "# {title}\n\n{title} is a plant with many leaves. It was found by {finder} in a garden.\n"


@dataclass(frozen=True)
class Ended:
    """How a command ended in this process."""

    status: int
    out: str
    err: str


class Console:
    """An installation of its own in this process, and its commands; nothing is dispatched."""

    def __init__(self, var: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
        self.material = var / "material"
        self.material.mkdir()
        self.lectern = bootstrap.build(
            replace(settings.LECTERN, var_dir=var, **changes), broker=InMemoryBroker()
        )
        monkeypatch.setattr(bootstrap, "_lectern_of", lambda pid: self.lectern)

    def lesson(self, name: str, finder: str) -> Path:
        path = self.material / f"{name}.md"
        path.write_text(LESSON.format(title=name.title(), finder=finder))
        return path

    def run(self, *arguments: str) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(*arguments, stdout=out, stderr=err)
        except CommandError as exc:
            return Ended(exc.returncode, out.getvalue(), f"{err.getvalue()}{exc}")
        return Ended(0, out.getvalue(), err.getvalue())

    def ingest(self, course: str = "tea", *paths: Path) -> Ended:
        return self.run("ingest_course", course, *map(str, paths or (self.material,)))

    def finds(self, words: str, course: str = "tea") -> str:
        """The texts that a search finds, joined."""
        tutor = self.lectern.tutor
        found = tutor.search(tutor.course_for(course), words, 20)
        return "\n".join(one.passage.text for one in found)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedding model's graph, built once."""
    folder = tmp_path_factory.mktemp("models")
    MiniLMEmbeddings(folder).embed_query("once")
    return folder


@pytest.fixture
def console(
    transactional_db: None, tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Console]:
    (tmp_path / "models").symlink_to(models)
    yield Console(tmp_path, monkeypatch)
    # A worker that has stopped leaves its event loop open to the garbage collector: not to that of a later test.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[Playground]:
    # A short folder: the path of a Unix socket has at most 107 bytes.
    with playground(tmp_path_factory.mktemp("p")) as place:
        (place.var / "models").symlink_to(models)
        yield place
