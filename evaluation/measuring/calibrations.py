"""Which confidence models a question gets: such as were not fitted to it, nor to others of its document."""

import json
from collections.abc import Mapping
from pathlib import Path
from zlib import crc32

from evaluation.measuring.questions import Question
from lectern.tutor.confidence.model import ANSWERABLE, CALIBRATION, AnswerKind, ConfidenceModel, model_of

#: Field of the tutor's context -> where its model stands in the file.
_PARTS = {
    "confidence": AnswerKind.EXTRACTIVE,
    "composed_confidence": AnswerKind.COMPOSED,
    "answerable": ANSWERABLE,
}

#: Models by the fields of the tutor's context that they take the place of.
Models = Mapping[str, ConfidenceModel]


class Calibrations:
    """The installation's own models, and for questions of the courses that they were fitted on those of the folds."""

    def __init__(self, own: ConfidenceModel, path: Path = CALIBRATION) -> None:
        self._own = own
        stored = json.loads(path.read_text(encoding="utf-8"))
        folds = {field: stored.get(part, {}).get("folds", {}) for field, part in _PARTS.items()}
        self._courses: list[str] = folds["confidence"].get("courses", [])
        self._folds: list[Models] = [
            dict(zip(folds, map(model_of, models), strict=True))
            for models in zip(*(one.get("models", []) for one in folds.values()), strict=True)
        ]

    def models_for(self, question: Question) -> Models:
        """Return the models; none where the installation's own are right.

        The fold of a document is a hash of its name; a question without one is its own group.
        """
        if not self._is_fitted_on(question):
            return {}
        group = question.gold_module or question.id
        return self._folds[crc32(group.encode()) % len(self._folds)]

    def said(self, question: Question) -> str:
        """Return how the confidence of a question's course was come by, in words for the report."""
        if self._is_fitted_on(question):
            return f"cross-validated by document, in {len(self._folds)} folds"
        return f"as shipped ({self._own.version})"

    def _is_fitted_on(self, question: Question) -> bool:
        return bool(self._folds) and question.course in self._courses
