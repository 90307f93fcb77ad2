"""What becomes of a course's passages."""

import pytest

from lectern.tutor.domain.passage import PassageKind
from tests.unit.tutor.concepts.course import by_name, concepts_of, needs_of, passage


def test_what_an_author_sets_off_is_a_concept_explained_where_it_is_set_off() -> None:
    found = concepts_of(
        passage("We shall use a zorblax later.", document="1.md"),
        passage(
            "Some say so. A zorblax is an operator of seven.", "zorblax", document="2.md", headings=["Basics"]
        ),
        passage("Every zorblax is lazy.", document="3.md"),
    )
    one = by_name(found)["zorblax"]
    assert one.sentence == "A zorblax is an operator of seven."
    assert one.is_definition
    assert (one.first.document, one.explained.document, one.explained.heading_path) == (
        "1.md",
        "2.md",
        ("Basics",),
    )


def test_spellings_numbers_and_abbreviations_of_one_thing_are_one_concept() -> None:
    found = concepts_of(
        passage("An operating system (OS) runs programs.", "operating system"),
        passage("The OS is asleep. Operating-Systems differ.", "OS", "Operating-Systems"),
        passage("Each operating system has a bed."),
    )
    (one,) = found.concepts
    assert {one.name, *one.aliases} == {"operating system", "OS"}


def test_an_abbreviation_of_two_things_is_no_name_of_either() -> None:
    found = concepts_of(
        passage(
            "A small angry tiger (SAT) sleeps, a scholastic aptitude test (SAT) wakes.", "small angry tiger"
        ),
        passage("The scholastic aptitude test is hard.", "scholastic aptitude test"),
    )
    assert all("SAT" not in (one.name, *one.aliases) for one in found.concepts)


def test_exercises_and_solutions_give_neither_names_nor_sentences() -> None:
    found = concepts_of(
        passage("A quibble is a secret answer.", "quibble", kind=PassageKind.SOLUTION),
        passage("A frobnik is a task.", "frobnik", kind=PassageKind.EXERCISE),
        passage("The odd unit (OU) is the answer.", kind=PassageKind.SOLUTION),
        passage("A zorblax is an operator, and an odd unit is not.", "zorblax", "odd unit"),
    )
    assert {name: one.aliases for name, one in by_name(found).items()} == {"zorblax": (), "odd unit": ()}


def test_without_marks_definitions_and_headings_name_the_concepts() -> None:
    found = concepts_of(
        passage("A terminal is a window for commands.", headings=["What a terminal is"]),
        *(
            passage(
                f"Lists are kept in lesson {n}.", document=f"{n}.md", headings=["Lists"] if n == 1 else []
            )
            for n in range(4)
        ),
        passage("Reading files takes time.", document="r.md", headings=["Reading and writing files"]),
    )
    assert {"terminal", "Lists"} == set(by_name(found))


def test_a_heading_that_most_documents_have_and_a_label_that_opens_paragraphs_are_no_concepts() -> None:
    found = concepts_of(
        *(
            passage(
                f"Note: the overview of lesson {n} is long.",
                "Note",
                document=f"{n}.md",
                headings=["Overview"],
            )
            for n in range(4)
        )
    )
    assert found.concepts == ()


def test_a_glossary_gives_a_meaning_to_what_the_text_does_not_define() -> None:
    found = concepts_of(
        passage("They saw each zorblax."),
        passage("Zorblax: an operator that returns seven", headings=["Glossary"], kind=PassageKind.SUMMARY),
    )
    (one,) = found.concepts
    assert (one.sentence, one.is_definition) == ("an operator that returns seven", True)


def test_a_concept_needs_what_its_explanation_names_and_the_course_explains_before() -> None:
    found = concepts_of(
        passage("A value is a thing in memory.", "value"),
        passage("A variable is a name for a value.", "variable"),
        passage("A loop is a statement that counts a variable.", "loop"),
        *(passage(f"Nothing about it in passage {n}.") for n in range(30)),
    )
    assert needs_of(found, "value") == []
    assert needs_of(found, "variable") == ["value"]
    assert needs_of(found, "loop") == ["variable"]


def test_an_everyday_word_that_was_set_off_in_passing_is_no_prerequisite() -> None:
    shapes = passage("Some shapes are rather complex ones.", "complex", document="shapes.md")
    splitting = passage("Splitting is the cutting of complex things.", "splitting", document="z.md")
    elsewhere = [passage(f"A complex matter, number {n}.", document=f"m{n}.md") for n in range(60)]
    nothing = [passage(f"Nothing about it in passage {n}.", document="n.md") for n in range(900)]
    assert needs_of(concepts_of(shapes, splitting, *nothing), "splitting") == ["complex"]
    assert needs_of(concepts_of(shapes, *elsewhere, splitting, *nothing), "splitting") == []


def test_every_prerequisite_leads_forward_in_the_course() -> None:
    found = concepts_of(
        passage("An egg is a thing that a hen lays.", "egg"),
        passage("A hen is a bird that hatches from an egg.", "hen"),
        *(passage(f"Nothing about it in passage {n}.") for n in range(9)),
    )
    order = {one.id: one.order for one in found.concepts}
    assert found.needs
    assert all(order[need.needs] < order[need.concept] for need in found.needs)
    assert [one.order for one in found.concepts] == [0, 1]


def test_concepts_that_are_named_together_more_than_by_chance_are_related() -> None:
    found = concepts_of(
        *(passage(f"The lid and the pot of kitchen {n}.", "lid", "pot") for n in range(3)),
        *(passage(f"The sky above hill {n}.", "sky") for n in range(9)),
        passage("A lid under the sky.", "lid"),
    )
    named = by_name(found)
    related = {(kin.concept, kin.related) for kin in found.kinships}
    assert (named["lid"].id, named["pot"].id) in related
    assert (named["lid"].id, named["sky"].id) not in related
    assert all(0 < kin.weight <= 1 for kin in found.kinships)


def test_the_id_stays_when_other_things_of_the_course_change() -> None:
    one = passage("A zorblax is an operator.", "zorblax")
    before = concepts_of(one)
    after = concepts_of(passage("A quibble is another.", "quibble", document="0.md"), one)
    assert before.concepts[0].id == by_name(after)["zorblax"].id


def test_code_is_a_concept_by_its_own_spelling_and_blocks_of_code_are_not_read() -> None:
    found = concepts_of(
        passage("The function `print()` shows text.", "`print()`"),
        passage("```python\nprint(loop)\n```\n\nWords.", document="b.md"),
        passage("A loop is a statement.", "loop", document="c.md"),
    )
    named = by_name(found)
    assert set(named) == {"print()", "loop"}
    assert named["loop"].first.document == "c.md"


def test_scripts_without_blanks_are_read_too() -> None:
    found = concepts_of(passage("変数は値の名前です。", "変数"), passage("この変数を使う。", document="b.md"))
    (one,) = found.concepts
    assert one.name == "変数"


def test_a_passage_of_thousands_of_names_is_read_in_time() -> None:
    """Each name is compared with a few others, not with all."""
    names = [f"thing{n} part" for n in range(3000)]
    found = concepts_of(*(passage(f"A {name} is a thing.", name, document=f"{n}.md") for n, name in enumerate(names)),
                        *(passage(" and ".join(names), document=f"all{n}.md") for n in range(3)))  # fmt: skip
    assert len(found.concepts) == 3000
    assert len(found.kinships) <= 3000 * 10


@pytest.mark.parametrize("passages", [(), (passage("   "),), (passage("```\n"),), (passage("**"),)])
def test_what_says_nothing_has_no_concepts(passages: tuple[object, ...]) -> None:
    assert concepts_of(*passages).concepts == ()  # type: ignore[arg-type]  # all are passages
