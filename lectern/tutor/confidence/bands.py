"""What a student is told of a confidence: three bands, whose limits were published before this model was fitted."""

from enum import StrEnum

#: From here on an answer may be taken as it is; from the other on its source should be looked at. Below, it is a hint at
#: best: the nearest sections are named with it, and it counts as a gap of the course.
HIGH_FROM, CHECK_FROM = 0.85, 0.6


class Band(StrEnum):
    """The result's `confidence_band`."""

    HIGH = "high"
    CHECK_SOURCE = "check_source"
    LOW = "low"


def band_of(confidence: float) -> Band:
    """Return the band of a confidence, 0..1."""
    if confidence >= HIGH_FROM:
        return Band.HIGH
    return Band.CHECK_SOURCE if confidence >= CHECK_FROM else Band.LOW
