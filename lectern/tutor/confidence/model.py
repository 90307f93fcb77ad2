"""The models behind the confidence of an answer: logistics that were fitted and checked beforehand."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

#: Where in that file the model stands that tells whether a question is about the course.
ANSWERABLE = "answerable"

#: Fitted by `make calibrate`; it also holds the reliability tables and what the models were fitted on.
CALIBRATION = Path(__file__).with_name("calibration.json")


class AnswerKind(StrEnum):
    """Whose sentences an answer has: each kind has a model of its own."""

    #: The course's own.
    EXTRACTIVE = "extractive"
    #: A language model's.
    COMPOSED = "llm"


@dataclass(frozen=True, kw_only=True)
class ConfidenceModel:
    """A logistic regression on standardised features."""

    #: Named in every answer, so that a stored confidence can be understood later.
    version: str
    #: Names of the features, in the order of the numbers below.
    features: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    #: Of the model that tells whether a question is about the course: below this the tutor declines.
    decline_below: float = 0.3

    def probability(self, features: Mapping[str, float]) -> float:
        """Return P(correct), above 0 and below 1; a feature that `features` lacks counts as the mean."""
        logit = self.intercept
        for name, mean, scale, weight in zip(
            self.features, self.means, self.scales, self.weights, strict=True
        ):
            # Other courses reach values that the fit never saw; beyond three deviations they say nothing more.
            logit += weight * max(-3.0, min(3.0, (features.get(name, mean) - mean) / scale))
        return 1 / (1 + math.exp(-logit))


def load_confidence_model(part: str = AnswerKind.EXTRACTIVE, path: Path = CALIBRATION) -> ConfidenceModel:
    """Return the model of a kind of answers, or `ANSWERABLE`, that `path` holds; the default is part of the package."""
    return model_of(json.loads(path.read_text(encoding="utf-8"))[part]["model"])


def model_of(stored: Mapping[str, Any]) -> ConfidenceModel:
    """Return the model whose fields were stored as JSON."""
    columns = {name: tuple(stored[name]) for name in ("features", "means", "scales", "weights")}
    return ConfidenceModel(**{**stored, **columns})
