"""What is asked of which course: the evaluation kit's plan, or a school's own course and questions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evaluation.measuring.material import Material, read_files, read_passages
from evaluation.measuring.questions import Question, QuestionSet, WrongInput, read_questions, without_repeats

#: How a course's passages come about: as the kit gives them, or by the product's own ingest of its files.
GIVEN, INGESTED = "given", "ingested"
VARIANTS = (GIVEN, INGESTED)

_DEMO = Path(__file__).resolve().parents[2] / "demo" / "python_101"
#: Course of the kit: folder below `data`, question sets, and for near misses the file of documents to leave out.
_KIT = {
    "microbiology": (
        "dev_course_micro",
        ("micro_native", "micro_keywords", "micro_typos", "micro_foreign"),
        "",
    ),
    "microbiology_thinned": ("dev_course_micro", ("micro_nearmiss",), "micro_nearmiss_modules.txt"),
    "python_textbook": ("demo_course_python", ("python_definitions", "python_foreign"), ""),
}
_BEGINNERS = "beginner_python"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A course with the questions that it is asked."""

    #: Of letters, digits and `_`; the course's id.
    name: str
    material: Material
    sets: tuple[QuestionSet, ...]

    @property
    def questions(self) -> list[Question]:
        """All questions."""
        return [question for one in self.sets for question in one.questions]


def kit_trials(kit: Path, variant: str, wanted: Collection[str] = ()) -> list[Trial]:
    """Return the kit's courses in one variant, with the `wanted` sets (all when none is named). Raises `WrongInput`."""
    folder = kit / "eval" / "questions"
    if not folder.is_dir():
        raise WrongInput(
            f"{kit} holds no evaluation kit. Name its folder (KIT=...), or your own course and QUESTIONS=...; "
            "see docs/how-to/measure-your-course.md."
        )
    known = [name for _, names, _ in _KIT.values() for name in names] + [_BEGINNERS]
    if unknown := set(wanted) - set(known):
        raise WrongInput(
            f"The kit has no questions {', '.join(sorted(unknown))}. It has: {', '.join(known)}."
        )
    trials = []
    for name, (course, names, left_out) in _KIT.items():
        if asked := [one for one in names if not wanted or one in wanted]:
            material = _kit_material(kit / "data" / course, variant)
            if left_out:
                material = material.without((folder / left_out).read_text(encoding="utf-8").split())
            trials.append(trial(f"{name}_{variant}", material, [folder / f"{one}.jsonl" for one in asked]))
    if variant == INGESTED and (not wanted or _BEGINNERS in wanted):
        trials.append(trial("python_101", read_files([_DEMO]), [folder / f"{_BEGINNERS}.jsonl"]))
    return trials


def trial(name: str, material: Material, questions: Sequence[Path]) -> Trial:
    """Return a course with the questions of these files, their documents spelled as the course does.

    Raises `WrongInput`, also when the course has none of the documents that are named: every answer would count as wrong.
    """
    sets = [read_questions(path) for path in questions]
    without_repeats(sets)
    spelled = tuple(
        replace(one, questions=tuple(_spelled(question, material) for question in one.questions))
        for one in sets
    )
    names = {document.name for document in material.documents}
    for one in spelled:
        gold = {question.gold_document for question in one.questions if question.has_gold} - {""}
        if gold and not gold & names:
            raise WrongInput(
                f"{one.name}: the course has none of the documents that `gold_module` names, such as "
                f"{min(gold)!r}. It has: {', '.join(sorted(names)[:5])}, …"
            )
    return Trial(name=name, material=material, sets=spelled)


def _kit_material(course: Path, variant: str) -> Material:
    if variant == GIVEN:
        return read_passages(course / "passages.jsonl")
    return read_files([course / "raw_cnxml"])


def _spelled(question: Question, material: Material) -> Question:
    if not question.gold_module:
        return question
    return replace(question, gold_document=material.document_of(question.gold_module))
