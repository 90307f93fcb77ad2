"""A file or function that outgrows one sitting is split before it lands."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for path in (ROOT / "lectern").rglob("*.py") if "migrations" not in path.parts)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_longer_than_500_lines_and_no_function_than_80(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 500
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 80, f"{node.name} has {length} lines"


def test_adapters_are_at_most_35_percent_of_the_lines() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in SOURCES}
    adapters = sum(count for path, count in lines.items() if "adapters" in path.parts)
    assert adapters / sum(lines.values()) <= 0.35


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_opens_with_its_role(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), (
        "say in one to three sentences what this module is for"
    )
