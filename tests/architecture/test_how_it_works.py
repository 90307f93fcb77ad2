"""`docs/how-it-works.md` names the files that a question goes through: few enough to read, and all of them there."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-it-works.md").read_text()

#: `path/to/file.py` or `path/to/folder/`, perhaps followed by a `name` that the file defines.
_PATH = re.compile(r"`((?:config|docs|lectern|tests)/[\w./-]+)`(?: `(\w+)`)?")
_STEP = re.compile(r"^\d+\. ", re.MULTILINE)

#: More files than this are more than a newcomer reads in one sitting.
MOST_FILES = 12


def _named(text: str) -> list[tuple[str, str]]:
    """Return all paths with the name behind each, "" where there is none."""
    return _PATH.findall(text)


def _way() -> list[str]:
    """Return the numbered steps from POST to answer."""
    section = PAGE.split("## From POST to answer")[1].split("\n## ")[0]
    numbered = section.split("\n\n`GET", 1)[0]
    return _STEP.split(numbered)[1:]


@cache
def _definitions(path: Path) -> frozenset[str]:
    return frozenset(_defined(ast.parse(path.read_text())))


def _defined(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


@pytest.mark.parametrize(("path", "name"), _named(PAGE))
def test_what_the_page_names_is_there(path: str, name: str) -> None:
    assert (ROOT / path).exists()
    if name:
        assert name in _definitions(ROOT / path)


def test_a_question_goes_through_at_most_twelve_files() -> None:
    files = [_named(step)[0][0] for step in _way()]
    assert len(files) == len(set(files))
    assert 1 < len(files) <= MOST_FILES


def test_each_step_names_one_file_and_what_to_read_in_it() -> None:
    for step in _way():
        (_path, name), *others = _named(step)
        assert name, f"say what to read in {_path}"
        assert not others, f"{_path} and {others} are two steps"
