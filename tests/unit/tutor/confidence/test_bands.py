import pytest

from lectern.tutor.confidence.bands import Band, band_of


@pytest.mark.parametrize(
    ("confidence", "band"),
    [
        (1.0, Band.HIGH),
        (0.85, Band.HIGH),
        (0.8499, Band.CHECK_SOURCE),
        (0.6, Band.CHECK_SOURCE),
        (0.5999, Band.LOW),
        (0.0, Band.LOW),
    ],
)
def test_a_confidence_has_the_band_that_students_are_told(confidence: float, band: Band) -> None:
    assert band_of(confidence) is band
