"""Questions for the terms of a course: "What is …?", and where it is answered."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evaluation.measuring.questions import Question, QuestionSet, read_jsonl
from evaluation.measuring.trials import Trial

#: Terms of a course that are asked for at most, and the ways to ask, by turns.
MOST, SEED, FORMS = 400, 3, ("What is {}?", "What does {} mean?", "Define {}.")


def with_terms(trials: Sequence[Trial], name: str, path: Path) -> list[Trial]:
    """Return `trials`, the first with one question set more: the terms in `path` that one document alone names, a sample.

    A line of `path` has a `term` and the `module` that explains it.
    """
    named = defaultdict[str, set[str]](set)
    for row, _place in read_jsonl(path):
        named[row["term"]].add(row["module"])
    terms = sorted(term for term, modules in named.items() if len(modules) == 1)
    first, *others = trials
    questions = tuple(
        Question(
            id=f"term:{term}",
            question=FORMS[place % len(FORMS)].format(term),
            kind="definition",
            answerable=True,
            gold_module=(module := min(named[term])),
            gold_document=first.material.document_of(module),
        )
        for place, term in enumerate(random.Random(SEED).sample(terms, min(MOST, len(terms))))
    )
    return [replace(first, sets=(*first.sets, QuestionSet(name=name, questions=questions))), *others]
