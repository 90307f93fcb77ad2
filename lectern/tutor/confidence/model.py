"""The model behind the confidence of an answer: a logistic that was fitted and checked beforehand."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: Fitted by `python -m evaluation.confidence`; it also holds the reliability table and what it was fitted on.
CALIBRATION = Path(__file__).with_name("calibration.json")


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

    def probability(self, features: Mapping[str, float]) -> float:
        """Return P(correct), above 0 and below 1; a feature that `features` lacks counts as the mean."""
        logit = self.intercept
        for name, mean, scale, weight in zip(
            self.features, self.means, self.scales, self.weights, strict=True
        ):
            # Other courses reach values that the fit never saw; beyond three deviations they say nothing more.
            logit += weight * max(-3.0, min(3.0, (features.get(name, mean) - mean) / scale))
        return 1 / (1 + math.exp(-logit))


def load_confidence_model(path: Path = CALIBRATION) -> ConfidenceModel:
    """Return the model that `path` holds; the default is part of the package."""
    model = json.loads(path.read_text(encoding="utf-8"))["model"]
    columns = {name: tuple(model[name]) for name in ("features", "means", "scales", "weights")}
    return ConfidenceModel(version=model["version"], intercept=model["intercept"], **columns)
