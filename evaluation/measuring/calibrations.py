"""Which confidence model a question gets: one that was not fitted to it, nor to others of its document."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

from evaluation.measuring.questions import Question
from lectern.tutor.confidence.model import CALIBRATION, ConfidenceModel


class Calibrations:
    """The installation's own model, and for questions of the course that it was fitted on the models of the folds."""

    def __init__(self, own: ConfidenceModel, path: Path = CALIBRATION) -> None:
        self._own = own
        folds = json.loads(path.read_text(encoding="utf-8")).get("extractive", {}).get("folds", {})
        self._course: str = folds.get("course", "")
        self._models = [_model(data) for data in folds.get("models", [])]

    def model_for(self, question: Question) -> ConfidenceModel:
        """Return the model. The fold of a document is a hash of its name; a question without one is its own group."""
        if not self._is_fitted_on(question):
            return self._own
        group = question.gold_module or question.id
        return self._models[crc32(group.encode()) % len(self._models)]

    def said(self, question: Question) -> str:
        """Return how the confidence of a question's course was come by, in words for the report."""
        if self._is_fitted_on(question):
            return f"cross-validated by document, in {len(self._models)} folds"
        return f"as shipped ({self._own.version})"

    def _is_fitted_on(self, question: Question) -> bool:
        return bool(self._models) and question.course == self._course


def _model(data: Mapping[str, Any]) -> ConfidenceModel:
    columns = {name: tuple(data[name]) for name in ("features", "means", "scales", "weights")}
    return ConfidenceModel(**{**data, **columns})
