"""What counts of a language model's reply."""

from typing import Any

import pytest

from lectern.tutor.concepts.checking import MOST_OF_PASSAGE, Checked, checked
from lectern.tutor.domain.concept import NamedConcept
from tests.unit.tutor.concepts.course import passage

OS = passage(
    "An operating system (OS) runs programs. Its\nOperating-systems differ.\n\n```python\nkernel = 1\n```\n\nThe end."
)
TEA = passage("Tea is a drink. People drink it at four.")


def _item(name: Any, *aliases: Any, number: Any = "1", sentence: Any = "", needs: Any = ()) -> dict[str, Any]:
    return {
        "name": name,
        "passage": number,
        "aliases": list(aliases),
        "sentence": sentence,
        "needs": list(needs),
    }


def _checked(*items: Any) -> Checked:
    found = checked({"concepts": list(items)}, [OS, TEA])
    assert found
    return found


def _only(*items: Any) -> NamedConcept:
    (one,) = _checked(*items).named[OS.text_sha]
    return one


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        pytest.param("Operating Systems", "operating system", id="number and case"),
        pytest.param("operating-system", "operating system", id="hyphen"),
        pytest.param('"operating system"', "operating system", id="quoted"),
    ],
)
def test_a_name_is_kept_as_the_passage_spells_it(written: str, kept: str) -> None:
    assert _only(_item(written)).name == kept


def test_an_abbreviation_in_brackets_is_another_name() -> None:
    one = _only(_item("operating system (OS)", "OS"))
    assert (one.name, one.aliases) == ("operating system", ("OS",))


def test_of_a_concept_whose_name_the_passage_lacks_an_alias_that_it_has_counts() -> None:
    one = _only(_item("system software", "OS", "platform"))
    assert (one.name, one.aliases) == ("OS", ())


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(_item("tea"), id="of another passage"),
        pytest.param(_item("kernel"), id="in code"),
        pytest.param(_item("operating system", number="3"), id="no such passage"),
        pytest.param(_item("operating system", number="-1"), id="counted from the end"),
        pytest.param(_item("operating system", number="²"), id="a digit that is none"),
        pytest.param(_item("the"), id="a word that holds sentences together"),
        pytest.param(_item("operating system (OS) runs programs its operating-systems"), id="a phrase"),
        pytest.param(_item(["operating system"]), id="a list"),
        pytest.param("operating system", id="no object"),
    ],
)
def test_what_does_not_count(item: Any) -> None:
    found = _checked(item)
    assert (found.named, found.left_out) == ({OS.text_sha: [], TEA.text_sha: []}, 1)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        pytest.param(
            "An operating  system (OS)\nruns programs.",
            "An operating system (OS) runs programs.",
            id="blanks",
        ),
        pytest.param("An operating system (OS) runs all programs.", "", id="other words"),
        pytest.param("operating system (OS) runs programs.", "", id="a part"),
        pytest.param("The end.", "", id="does not name it"),
        pytest.param("Tea is a drink.", "", id="of another passage"),
        pytest.param(["An operating system (OS) runs programs."], "", id="no text"),
    ],
)
def test_an_explanation_is_a_sentence_of_the_passage_that_names_it(written: Any, kept: str) -> None:
    found = _checked(_item("operating system", sentence=written))
    assert found.named[OS.text_sha][0].sentence == kept
    assert found.unexplained == (not kept)


def test_what_is_needed_is_kept_as_names_and_bounded() -> None:
    one = _only(_item("OS", needs=["OS", " a program ", "", 3, "x" * 300, *"abcdefgh"]))
    assert one.needs == ("a program", "a")  # six are looked at


@pytest.mark.parametrize("need", ["a\0program", "a \ud800 program"], ids=ascii)
def test_what_no_database_takes_is_not_kept(need: str) -> None:
    assert _only(_item("OS", need, needs=[need])) == NamedConcept(name="OS")


def test_a_passage_has_so_many_concepts_and_no_more() -> None:
    found = _checked(*[_item("operating system")] * (MOST_OF_PASSAGE + 2), _item("Tea", number="2"))
    assert (len(found.named[OS.text_sha]), found.left_out) == (MOST_OF_PASSAGE, 2)
    assert found.named[TEA.text_sha] == [NamedConcept(name="Tea")]


def test_of_a_reply_without_end_only_the_beginning_is_looked_at() -> None:
    found = _checked(*[{}] * 1000, _item("operating system"))
    assert (found.named[OS.text_sha], found.left_out) == ([], 1001)


def test_a_reply_without_a_list_says_nothing_of_any_passage() -> None:
    assert checked({"concepts": "none"}, [OS]) is None
    assert checked({"concepts": []}, [OS]) == Checked(named={OS.text_sha: []}, left_out=0, unexplained=0)
