import pytest

from lectern.tutor.domain.passage import Passage, PassageKind


@pytest.mark.parametrize(
    ("document", "page", "words"),
    [
        pytest.param("a.md", None, "Lists › Sorting", id="no-pages"),
        pytest.param("a.pdf", 3, "Lists › Sorting, page 3", id="pdf"),
        pytest.param("week 1/a.PPTX", 3, "Lists › Sorting, slide 3", id="slides"),
        pytest.param("a.ipynb", 3, "Lists › Sorting, cell 3", id="notebook"),
    ],
)
def test_a_person_is_led_to_the_page_slide_or_cell(document: str, page: int | None, words: str) -> None:
    passage = Passage(
        id="1",
        document=document,
        title="Lists",
        ordinal=0,
        text="x",
        kind=PassageKind.BODY,
        heading_path=("Sorting",),
        anchor="",
        start=0,
        end=1,
        page=page,
    )
    assert passage.whereabouts == words
    assert passage.location == "Lists › Sorting"
