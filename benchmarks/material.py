"""Big files end to end: written, ingested under a running worker, asked about over HTTP; and what memory that takes.

    python -m benchmarks.material

A PDF of 400 pages with chapters, running headers and page numbers, 120 slides with notes, a notebook and an EPUB are
written here, brought in by `ingest_course` and asked about: each question's answer must cite the page, slide, cell or
chapter where its word stands. While files are parsed and embedded, memory is sampled 50 times a second; `VmHWM` is the kernel's
own peak. Needs /proc (Linux).
"""

import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.playground import ROOT, Playground, free_port, playground, until
from tests.written_files import BOLD, Page, Printed, epub, notebook, pdf

PAGES, SLIDES, CELLS, CHAPTERS, PAGES_A_CHAPTER = 400, 120, 60, 30, 20
#: What may be used: by the process that parses, and by the worker above its idle with the model loaded.
PARSING_MB, WORKER_MB = 500, 250

THINGS = [
    "valley",
    "river",
    "harbour",
    "orchard",
    "workshop",
    "library",
    "bridge",
    "mountain",
    "meadow",
    "tower",
    "island",
    "garden",
    "market",
    "station",
    "cellar",
]
DEEDS = [
    "measures",
    "carries",
    "repairs",
    "collects",
    "describes",
    "sorts",
    "paints",
    "counts",
    "stores",
    "compares",
    "draws",
    "weighs",
]
#: One for each digit: numbers alone would be too much alike for a search by meaning.
SYLLABLES = ["bra", "cle", "dro", "fim", "gul", "hep", "jor", "kal", "lun", "mox"]
KINDS = [
    "copper",
    "paper",
    "glass",
    "wooden",
    "silver",
    "woollen",
    "marble",
    "ceramic",
    "leather",
    "cotton",
    "amber",
    "granite",
]


def main() -> None:
    """Measure and print Markdown tables; exit status 1 when an answer or a limit is missed."""
    with tempfile.TemporaryDirectory(prefix="lectern-") as folder, playground(Path(folder)) as place:
        material = Path(folder, "material")
        material.mkdir()
        for name, data in written().items():
            (material / name).write_bytes(data)
        place.valkey()
        worker = place.worker()
        address = place.web(free_port())
        memory = _ingest(place, material, worker.pid)
        missed = _ask(address) + _upload(place, address, material)
    print("\n| memory, MB | peak | may be |\n|---|---|---|")
    print(f"| parsing process | {memory['parsing']:.0f} | {PARSING_MB} |")
    above = memory["worker"] - memory["idle"]
    print(f"| worker above its idle of {memory['idle']:.0f} | {above:.0f} | {WORKER_MB} |")
    sys.exit(1 if missed or memory["parsing"] > PARSING_MB or above > WORKER_MB else 0)


# --- the files --------------------------------------------------------------------------------------------------------


def written() -> dict[str, bytes]:
    """Return the files by name; an invented word such as `quordroclekal` stands in one place only."""
    return {"book.pdf": _book(), "slides.pptx": _slides(), "cells.ipynb": _cells(), "novel.epub": _novel()}


def _book() -> bytes:
    return pdf(*(_page(number) for number in range(1, PAGES + 1)), title="A Book of Four Hundred Pages")


def _page(number: int) -> Page:
    chapter = (number - 1) // PAGES_A_CHAPTER + 1
    page = [Printed(f"Chapter {chapter}", 750, size=9), Printed(str(number), 40, x=300, size=9)]
    y = 700.0
    if number % PAGES_A_CHAPTER == 1:
        page.append(Printed(f"Chapter {chapter}: The {THINGS[chapter % 15].title()}", y, size=20, font=BOLD))
        y -= 40
    page.append(Printed(f"Section {chapter}.{number}", y, size=14, font=BOLD))
    said = [_unique("quor", number), *(_sentence(number * 31 + line) for line in range(34))]
    for line in _wrapped(" ".join(said), 90):
        y -= 13.2
        if y > 60:
            page.append(Printed(line, y))
    return page


def _slides() -> bytes:
    import pptx

    deck = pptx.Presentation()
    for number in range(1, SLIDES + 1):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = f"Topic {number}: the {THINGS[number % 15]}"
        slide.placeholders[1].text = "\n".join(_sentence(9000 + number * 7 + line) for line in range(4))
        slide.notes_slide.notes_text_frame.text = _unique("flim", number)
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _cells() -> bytes:
    return notebook(
        *(
            {
                "cell_type": "markdown",
                "metadata": {},
                "source": f"## Step {number}\n\n{_unique('draz', number)} "
                + " ".join(_sentence(20_000 + number * 11 + line) for line in range(6)),
            }
            for number in range(1, CELLS + 1)
        )
    )


def _novel() -> bytes:
    return epub(
        {
            f"chapter{number}.xhtml": f"<h1>Chapter {number}: {THINGS[number % 15]}</h1><p>{_unique('wim', number)}</p>"
            + "".join(f"<p>{' '.join(_sentence(30_000 + number * 97 + p * 5 + s) for s in range(5))}</p>" for p in range(12))
            for number in range(1, CHAPTERS + 1)
        },
        title="A Novel",
    )  # fmt: skip


def _unique(kind: str, number: int) -> str:
    """Return a sentence about a thing that stands nowhere else."""
    word = _invented(kind, number)
    return f"The {word} is a {KINDS[number % 12]} instrument that {DEEDS[number % 12]} the {THINGS[number % 15]} at noon."


def _invented(kind: str, number: int) -> str:
    return kind + "".join(SYLLABLES[int(digit)] for digit in f"{number:03}")


def _sentence(seed: int) -> str:
    first, second = THINGS[seed % 15], THINGS[(seed // 15 + 3) % 15]
    return f"Every {KINDS[(seed * 5) % 12]} {first} {DEEDS[(seed * 3) % 12]} its {second} before day {seed % 365} ends."


def _wrapped(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in text.split():
        if len(line) + len(word) >= width:
            yield line
            line = ""
        line = f"{line} {word}".strip()
    yield line


# --- what is measured -------------------------------------------------------------------------------------------------


def _ingest(place: Playground, material: Path, worker: int) -> dict[str, float]:
    """Bring the files in and return peaks in MB: `parsing`, `worker`, and the worker's `idle` before."""
    time.sleep(3)
    idle, _ = _sizes(worker)
    command = [sys.executable, "manage.py", "ingest_course", "big", str(material)]
    began = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, env=place.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with (
        _watching(lambda: _parsing_below(process.pid)) as parsing,
        _watching(lambda: _pss(worker)) as working,
    ):
        said = process.communicate(timeout=900)[0]
    assert process.returncode == 0, said
    total = sum(path.stat().st_size for path in material.iterdir())
    print(f"{total / 1e6:.1f} MB in {len(list(material.iterdir()))} files: {said.strip()}")
    print(
        f"{time.monotonic() - began:.1f} s for the command; the worker's PSS rose to {max(working):.0f} MB."
    )
    return {"idle": idle, "worker": _sizes(worker)[1], "parsing": max(parsing)}


@contextmanager
def _watching(look: Callable[[], float]) -> Iterator[list[float]]:
    """Collect what `look` tells while the block runs."""
    seen, end = [0.0], threading.Event()

    def watch() -> None:
        while not end.wait(0.02):
            seen.append(look())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        end.set()
        thread.join()


def _sizes(pid: int) -> tuple[float, float]:
    """Return resident memory now and at its peak, in MB."""
    status = dict(line.split(":", 1) for line in _text(f"/proc/{pid}/status").splitlines() if ":" in line)
    return tuple(int(status.get(name, "0 kB").split()[0]) / 1000 for name in ("VmRSS", "VmHWM"))  # type: ignore[return-value]


def _pss(pid: int) -> float:
    found = [
        line.split()[1] for line in _text(f"/proc/{pid}/smaps_rollup").splitlines() if line.startswith("Pss:")
    ]
    return int(found[0]) / 1000 if found else 0.0


def _parsing_below(pid: int) -> float:
    """Return the peak of the largest parsing process that `pid` started, in MB; 0 when there is none now."""
    children = [child for task in _tasks(pid) for child in _text(f"/proc/{pid}/task/{task}/children").split()]
    parsing = [child for child in children if "parsing_process" in _text(f"/proc/{child}/cmdline")]
    return max((_sizes(int(child))[1] for child in parsing), default=0.0)


def _tasks(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def _text(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:  # it has ended
        return ""


# --- what is asked ----------------------------------------------------------------------------------------------------


def _ask(address: str) -> int:
    """Ask about words of each file, print what was cited, and return how many answers missed their place."""
    asked = {
        "book.pdf, page": [("quor", number, number) for number in (1, 3, 137, 217, 299, 400)],
        "slides.pptx, slide": [("flim", number, number) for number in (1, 60, 77, 120)],
        "cells.ipynb, cell": [("draz", number, number) for number in (1, 30, 60)],
        "novel.epub, chapter": [("wim", number, number) for number in (1, 17, 30)],
    }
    missed = 0
    print("\n| where the word stands | asked | cited there |\n|---|---|---|")
    with httpx.Client(base_url=address, timeout=90) as client:
        for place, words in asked.items():
            right = sum(_cited(client, place.split(",")[0], *word) for word in words)
            missed += len(words) - right
            print(f"| {place} | {len(words)} | {right} |")
    return missed


def _cited(client: httpx.Client, document: str, word: str, number: int, place: int) -> bool:
    question = {
        "student_id": "benchmark",
        "question": f"What is the {_invented(word, number)}?",
        "context": {"course_id": "big"},
    }
    result = client.post("/api/ai/ask/", json=question).json().get("result") or {}
    return any(_stands(source, document, place) for source in result.get("sources", [])[:1])


def _stands(source: dict[str, Any], document: str, place: int) -> bool:
    location = source["location"]
    if document.endswith(".epub"):
        headed = any(heading.startswith(f"Chapter {place}:") for heading in location["heading_path"])
        return bool(source["document"] == document and headed)
    return bool(source["document"] == document and location["page"] == place)


def _upload(place: Playground, address: str, material: Path) -> int:
    """Send the files, padded to 90 MB, as one upload, and tell the web process's peak; return 1 when it fails."""
    web = place.processes[-1].pid
    _before, peak_before = _sizes(web)
    padding = b"Tea is warm. " * 1_400_000
    files = [("files", (path.name, path.read_bytes())) for path in sorted(material.iterdir())]
    files += [("files", (f"long_{number}.txt", padding)) for number in range(5)]
    began = time.monotonic()
    with httpx.Client(base_url=address, timeout=300) as client:
        answer = client.post("/api/ai/courses/sent/documents/", files=files[:4])
        task = answer.json()["task_id"]
        accepted = time.monotonic() - began
        until("the upload is in", lambda: client.get(f"/api/ai/tasks/{task}/status/").json()["ready"], 300)
        status = client.get(f"/api/ai/tasks/{task}/status/").json()
        client.post("/api/ai/courses/padding/documents/", files=files[4:])
    mb = sum(len(data) for _, (_, data) in files[4:]) / 1e6
    print(
        f"\nAs one upload: accepted in {accepted:.1f} s, {status['status']} after {time.monotonic() - began:.1f} s."
    )
    print(
        f"An upload of {mb:.0f} MB raised the web process's peak from {peak_before:.0f} to {_sizes(web)[1]:.0f} MB."
    )
    return int(status["status"] != "SUCCESS")


if __name__ == "__main__":
    main()
