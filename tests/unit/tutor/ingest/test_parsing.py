"""The process that parses: what it gives back, what it may cost, and that it is replaced when it dies."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest import parsing
from lectern.tutor.ingest.formats import FORMATS, Format
from lectern.tutor.ingest.parsing import ParsingLimits, ParsingProcess
from tests.written_files import lines, pdf

#: Parsers that misbehave, by what a file says that it wants.
_MISBEHAVING = """
import os, sys, time
sys.burnt = []
from lectern.tutor.domain.document import Block, BlockForm, ParsedDocument
from lectern.tutor.domain.passage import PassageKind
def parse(data, name):
    what = data.decode().split()
    if what[0] == "eat":
        bytearray(int(what[1]))
    if what[0] == "keep":
        sys.kept = bytearray(int(what[1]))
    if what[0] == "work":
        while True: pass
    while what[0] == "burn" and time.process_time() < float(what[1]) * (1 + len(sys.burnt)):
        pass
    if what[0] == "burn":
        sys.burnt.append(1)
    if what[0] == "wait":
        time.sleep(600)
    if what[0] == "die":
        os.kill(os.getpid(), int(what[1]))
    if what[0] == "fail":
        raise KeyError(what)
    if what[0] == "dig":
        parse(data, name)
    if what[0] == "print":
        print("noise", flush=True); os.write(1, b"noise")
    # The answers go to the first free number.
    while what[0] == "flood":
        os.write(3, b"x" * 10_000)
    if what[0] == "babble":
        os.write(3, b"x\\n")
    text = "word " * int(what[1]) if what[0] == "talk" else f"{what[0]} {os.getpid()}"
    block = Block(text=text, form=BlockForm.PROSE, kind=PassageKind.BODY, heading_path=(), anchor="")
    return ParsedDocument(title=name, blocks=(block,))
"""
_FORM = Format(parser="misbehaving", most_bytes=1_000_000)
_LIMITS = ParsingLimits(memory_bytes=300_000_000, cpu_seconds=1, wall_seconds=100, output_bytes=200_000)


class House:
    """A process whose parser does what a file tells it to."""

    def __init__(self, folder: Path, process: ParsingProcess) -> None:
        self._folder, self._process = folder, process

    def says(self, what: str) -> str:
        path = self._folder / "x.md"
        path.write_text(what)
        return self._process.parse(path, "x.md", _FORM, "").passages[0].text

    def refuses(self, what: str) -> str:
        with pytest.raises(UnreadableFile) as caught:
            self.says(what)
        return str(caught.value)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Put the parser where the process finds it: beside a package that is the real one."""
    home = Path(parsing._HOME)
    program = tmp_path / "program.py"
    program.write_text(
        f"import sys; sys.path.insert(0, {str(home)!r})\n"
        "import types; module = types.ModuleType('lectern.tutor.ingest.parsers.misbehaving')\n"
        f"exec({_MISBEHAVING!r}, module.__dict__)\n"
        "sys.modules[module.__name__] = module\n"
        "from lectern.tutor.ingest.parsing_process import main; main()\n"
    )
    monkeypatch.setattr(parsing, "_HOME", tmp_path)
    monkeypatch.setattr(parsing, "_PROGRAM", "program")
    with ParsingProcess(_LIMITS) as process:
        yield House(tmp_path, process)


def test_one_process_serves_many_files(house: House) -> None:
    assert len({house.says("ok") for _ in range(3)}) == 1


def test_memory_is_bounded_and_the_next_file_is_read_by_a_new_process(house: House) -> None:
    before = house.says("ok")
    assert house.refuses("eat 400000000") == "x.md needs more than 300 MB of memory to be read. Split it."
    assert house.says("ok") != before


def test_a_process_that_a_file_left_swollen_is_replaced_before_the_next_file(house: House) -> None:
    first = house.says("keep 170000000")
    assert first.split()[1] != house.says("ok").split()[1]


def test_a_process_that_gave_its_memory_back_goes_on(house: House) -> None:
    first = house.says("eat 170000000")
    assert first.split()[1] == house.says("ok").split()[1]


def test_time_of_the_processor_is_bounded_for_each_file(house: House) -> None:
    assert house.refuses("work").startswith("x.md takes more than 1 s of work to be read.")
    assert house.says("ok").startswith("ok")


def test_time_that_earlier_files_took_does_not_count_for_the_next(house: House) -> None:
    assert len({house.says("burn 0.8") for _ in range(4)}) == 1


def test_time_on_the_wall_is_bounded(house: House) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house._process, "_limits", replace(_LIMITS, wall_seconds=1.5))
        assert house.refuses("wait").startswith("x.md takes more than 2 s to be read.")
    assert house.says("ok").startswith("ok")


def test_what_comes_back_is_bounded(house: House) -> None:
    assert house.refuses("talk 60000") == "x.md comes to more than 0 MB of passages. Split it into lessons."
    assert house.says("ok").startswith("ok")


@pytest.mark.parametrize("what", ["flood", "babble"])
def test_a_process_that_answers_without_end_or_sense_is_ended(house: House, what: str) -> None:
    assert house.refuses(what).startswith("x.md breaks the program that reads it")
    assert house.says("ok").startswith("ok")


@pytest.mark.parametrize("signal", [6, 9, 11], ids=["abort", "kill", "segmentation-fault"])
def test_a_parser_that_dies_costs_its_file_only(house: House, signal: int) -> None:
    assert house.refuses(f"die {signal}").startswith("x.md breaks the program that reads it")
    assert house.says("ok").startswith("ok")


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        pytest.param("fail", "x.md cannot be read: it seems damaged (KeyError)", id="defect"),
        pytest.param("dig", "x.md is nested too deeply to be read", id="recursion"),
    ],
)
def test_a_parser_that_fails_goes_on_with_the_next_file(house: House, what: str, sentence: str) -> None:
    before = house.says("ok")
    assert sentence in house.refuses(what)
    assert house.says("ok") == before


def test_what_a_library_prints_is_no_answer(house: House) -> None:
    assert house.says("print").startswith("print")


def test_a_file_that_vanished_or_grew_is_told(house: House, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"y\.md cannot be opened: No such file"):
        house._process.parse(tmp_path / "none", "y.md", _FORM, "")
    (tmp_path / "large").write_bytes(b"x" * 1_000_001)
    with pytest.raises(UnreadableFile, match=r"y\.md grew while it was read"):
        house._process.parse(tmp_path / "large", "y.md", _FORM, "")


def test_no_process_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("A.")
    with ParsingProcess(ParsingLimits()) as process:
        process.parse(tmp_path / "a.md", "a.md", FORMATS[".md"], "")
        assert process._process is not None
        pid = process._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_process_that_cannot_be_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with (
        ParsingProcess(ParsingLimits()) as process,
        pytest.raises(UnreadableFile, match=r"a\.md cannot be read right now: no process can be started"),
    ):
        process.parse(tmp_path / "a.md", "a.md", FORMATS[".md"], "")


def test_the_libraries_that_parse_are_loaded_by_the_process_alone(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(lines(["Text of a page."])))
    (tmp_path / "b.md").write_text("Text of a lesson.")
    (tmp_path / "c.html").write_text("<p>Text of a page.")
    script = (
        "import sys; from pathlib import Path\n"
        "from lectern.tutor.ingest.reading import read_material\n"
        f"assert len(read_material([Path({str(tmp_path)!r})]).documents) == 3\n"
        "print([name for name in ('lxml', 'markdown_it', 'pypdfium2', 'pypdfium2_raw') if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=parsing._HOME, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "[]\n"
