"""What a language model named in a course's passages, joined with what the rules find there."""

from lectern.tutor.domain.concept import CourseConcepts, NamedConcept
from lectern.tutor.domain.passage import Passage, PassageKind
from tests.unit.tutor.concepts.course import by_name, concepts_of, needs_of, passage


def _names(found: CourseConcepts) -> set[frozenset[str]]:
    return {frozenset([one.name, *one.aliases]) for one in found.concepts}


def _named(*of_each: tuple[Passage, NamedConcept]) -> dict[str, list[NamedConcept]]:
    found: dict[str, list[NamedConcept]] = {}
    for one, concept in of_each:
        found.setdefault(one.text, []).append(concept)
    return found


def _concept(name: str, *aliases: str, sentence: str = "", needs: tuple[str, ...] = ()) -> NamedConcept:
    return NamedConcept(name=name, aliases=aliases, sentence=sentence, needs=needs)


def test_what_a_model_names_and_the_rules_find_is_one_concept_with_the_rules_id() -> None:
    marked = passage("The cell walls of a plant are stiff.", "cell wall")
    later = passage("Every Cell-Wall is built of sugar.", document="b.md")
    alone = concepts_of(marked, later)
    found = concepts_of(
        marked, later, named=_named((later, _concept("Cell-Wall")), (marked, _concept("cell walls")))
    )
    assert [one.id for one in found.concepts] == [one.id for one in alone.concepts]
    assert by_name(found).keys() == by_name(alone).keys()


def test_an_alias_that_is_anothers_name_makes_them_one() -> None:
    one = passage("Mad cow disease (the staggers) kills cattle.")
    two = passage("The staggers came to Britain.", document="b.md")
    found = concepts_of(
        one, two, named=_named((one, _concept("Mad cow disease", "staggers")), (two, _concept("staggers")))
    )
    assert len(found.concepts) == 1


def test_a_concept_that_a_model_gives_another_name_keeps_its_id() -> None:
    texts = [passage(f"The kettle, our boiler, sings number {number}.", "kettle") for number in range(3)]
    alone = concepts_of(*texts)
    found = concepts_of(*texts, named=_named(*((one, _concept("boiler", "kettle")) for one in texts)))
    assert _names(found) == {frozenset(["kettle", "boiler"])}
    assert [one.id for one in found.concepts] == [one.id for one in alone.concepts]


def test_an_alias_of_two_things_is_no_name_of_either() -> None:
    one = passage("A plate, or dish, holds food.")
    two = passage("A bowl, or dish, holds soup.")
    found = concepts_of(
        one, two, named=_named((one, _concept("plate", "dish")), (two, _concept("bowl", "dish")))
    )
    assert _names(found) == {frozenset(["plate"]), frozenset(["bowl"])}


def test_an_alias_that_is_clearly_more_often_one_things_is_its_name() -> None:
    texts = [passage(f"A plate, or dish, holds food number {number}.") for number in range(2)]
    other = passage("A bowl, or dish, holds soup.")
    found = concepts_of(
        *texts,
        other,
        named=_named(*((one, _concept("plate", "dish")) for one in texts), (other, _concept("bowl", "dish"))),
    )
    assert _names(found) == {frozenset(["plate", "dish"]), frozenset(["bowl"])}


def test_two_things_of_which_the_course_says_what_each_is_stay_two_whatever_a_model_says() -> None:
    kettle = passage("A kettle is a pot for boiling water.", "kettle")
    samovar = passage("A samovar is a kettle with a tap.", "samovar")
    found = concepts_of(kettle, samovar, named=_named((samovar, _concept("samovar", "kettle"))))
    assert _names(found) == {frozenset(["kettle"]), frozenset(["samovar"])}


def test_an_abbreviation_that_the_course_explains_stays_with_what_it_explains() -> None:
    one = passage("An operating system (OS) runs programs.", "operating system")
    two = passage("Open source, or OS, is free.", document="b.md")
    found = concepts_of(one, two, named=_named((two, _concept("Open source", "OS"))))
    assert _names(found) == {frozenset(["operating system", "OS"]), frozenset(["Open source"])}


def test_a_models_explanation_is_shown_unless_the_course_defines_it_itself() -> None:
    early = passage("We met the kettle on Monday, and it boils water.", title="Monday")
    late = passage("A kettle is a pot for boiling water.", "kettle", document="b.md")
    named = _named((early, _concept("kettle", sentence=early.text)))
    assert by_name(concepts_of(early, named=named))["kettle"].sentence == early.text
    assert by_name(concepts_of(early, late, named=named))["kettle"].sentence == late.text


def test_what_a_model_says_is_needed_counts_among_known_concepts_that_are_explained_earlier() -> None:
    first = passage("We boil water, and the kettle sings.")
    second = passage("Steeping is what leaves do.", document="b.md")
    named = _named(
        (first, _concept("kettle", needs=("steeping",))),
        (second, _concept("Steeping", sentence=second.text, needs=("kettles", "samovar", "steeping"))),
    )
    found = concepts_of(first, second, named=named)
    assert needs_of(found, "Steeping") == ["kettle"]
    assert needs_of(found, "kettle") == []


def test_what_was_named_in_a_text_that_is_an_exercise_now_gives_nothing() -> None:
    task = passage("Draw a kettle.", kind=PassageKind.EXERCISE)
    assert concepts_of(task, named=_named((task, _concept("kettle")))).concepts == ()
