"""What the judged answers of a course say of its confidences, for each kind of answer by itself."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from lectern.tutor.confidence.model import AnswerKind, load_confidence_model
from lectern.tutor.confidence.recalibrating import Recalibration, recalibrate
from lectern.tutor.errors import NotRecalibrated


class Judged(Protocol):
    """An answer that a student judged."""

    @property
    def features(self) -> Mapping[str, float]:
        """The figures that its confidence was computed from."""

    @property
    def composed(self) -> bool:
        """True when a language model wrote it."""

    @property
    def right(self) -> bool:
        """The student's word."""


def recalibrations(judged: Sequence[Judged]) -> dict[AnswerKind, Recalibration | str]:
    """Return for each kind of answer its correction, or the sentence that says why there is none.

    Confidences are computed anew from the features, so that judgements outlive a new fit of the shipped models.
    """
    found: dict[AnswerKind, Recalibration | str] = {}
    for kind in AnswerKind:
        model = load_confidence_model(kind)
        mine = [one for one in judged if one.composed is (kind is AnswerKind.COMPOSED)]
        try:
            found[kind] = recalibrate(
                [model.probability(one.features) for one in mine], [one.right for one in mine]
            )
        except NotRecalibrated as exc:
            found[kind] = str(exc)
    return found


def correction(kind: AnswerKind, stored: Mapping[str, Any]) -> Recalibration | None:
    """Return the correction of a kind of answer among those that a course has stored; None without."""
    return Recalibration(**stored[kind]) if stored.get(kind) else None
