from dataclasses import replace

from lectern.tutor.answering.quoting import Quote
from lectern.tutor.answering.weighing import weigh


def quote(text: str, *, rank: int = 0, ordinal: int = 1) -> Quote:
    return Quote(
        rank=rank, document="d", start=0, end=len(text), text=text, ordinal=ordinal, code=False, leans=False
    )


def test_the_definition_outweighs_a_sentence_that_uses_the_term() -> None:
    sentences = [quote("Use a loop to save work."), quote("A loop is a block that repeats.")]
    first, second = weigh("what is a loop", sentences, [1.0])
    assert second > first


def test_of_words_that_no_sentence_has_together_the_one_that_is_defined_is_quoted() -> None:
    sentences = [
        quote("It mostly rains."),
        quote("Loops may stop."),
        quote("A loop is a block that repeats."),
    ]
    other, mention, definition = weigh("mostly loops", sentences, [1.0])
    assert definition > mention
    assert definition > other


def test_of_words_that_no_sentence_has_together_those_count_that_a_section_is_called_by() -> None:
    rain = replace(quote("It mostly rains in the north."), heading="Weather")
    loops = replace(quote("Nobody likes loops in the north.", rank=1), heading="Loops")
    first, second = weigh("mostly loops", [rain, loops], [1.0, 0.9])
    assert second > first


def test_the_beginning_of_the_section_of_that_name_outweighs_the_same_elsewhere() -> None:
    text = "A loop repeats a block of code."
    headed = replace(quote(text, ordinal=0), heading="What a loop is")
    other = replace(quote(text, ordinal=0), heading="Loops and lists")
    first, second = weigh("what is a loop", [headed, other], [1.0])
    assert first > second


def test_a_definition_of_a_passage_further_down_outweighs_a_mention_in_the_best_one() -> None:
    sentences = [
        quote("A loop may run for ever.", rank=0),
        quote("A loop is a block that repeats.", rank=1),
    ]
    first, second = weigh("what is a loop", sentences, [1.0, 0.6])
    assert second > first


def test_rare_words_of_the_question_decide() -> None:
    sentences = [quote("Tea is drunk at four."), quote("The Zorblax operator returns seven.")]
    first, second = weigh("What does Zorblax return?", sentences, [1.0])
    assert second > first


def test_signs_count_as_words_when_they_are_asked_for() -> None:
    sentences = [
        quote("Use the keyword or for this."),
        quote("A single `=` assigns, a double `==` compares."),
    ]
    first, second = weigh("= or == ?", sentences, [1.0])
    assert second > first


def test_the_better_passage_and_its_opening_weigh_more() -> None:
    sentences = [quote("It runs.", rank=0, ordinal=0), quote("It runs.", rank=0), quote("It runs.", rank=1)]
    opening, inside, other = weigh("runs", sentences, [1.0, 0.5])
    assert opening > inside > other


def test_what_a_sentence_says_itself_is_told_apart_from_its_passage() -> None:
    here, there = weigh("runs", [quote("It runs.", rank=0), quote("It runs.", rank=1)], [1.0, 0.5])
    assert here.own == there.own
    assert here.total > there.total


def test_passages_compare_by_their_share_of_the_best_one() -> None:
    sentences = [quote("It runs.", rank=0), quote("It runs.", rank=1)]
    assert weigh("runs", sentences, [0.5, 0.25]) == weigh("runs", sentences, [1.0, 0.5])


def test_a_question_for_kinds_prefers_the_sentence_that_names_them() -> None:
    sentences = [
        quote("Loops of all types run code again."),
        quote("The types of loops include for loops and while loops."),
    ]
    first, second = weigh("what types of loops are there", sentences, [1.0])
    assert second > first


def test_a_comparison_prefers_the_sentence_that_contrasts() -> None:
    sentences = [
        quote("A list and a tuple hold items in an order."),
        quote("A list can be changed, while a tuple stays the same."),
    ]
    first, second = weigh("difference between a list and a tuple", sentences, [1.0])
    assert second > first


def test_a_question_for_several_things_prefers_a_list() -> None:
    listed = replace(quote("The marks are:\n\n- piano\n- forte"), listed=True)
    for question in ("what marks are there", "Name three marks.", "which marks do singers use"):
        sentence, found = weigh(question, [quote("The marks are Italian."), listed], [1.0])
        assert found > sentence
    sentence, found = weigh("why are the marks Italian", [quote("The marks are Italian."), listed], [1.0])
    assert sentence >= found


def test_an_entry_of_a_glossary_answers_who_asks_for_its_term_alone() -> None:
    entry = replace(quote("Octave: the distance to the next tone of that name"), entry=True)
    sentences = [quote("An octave may be sung."), entry]
    for question in ("what is an octave", "octave"):
        first, second = weigh(question, sentences, [1.0])
        assert second > first
    assert weigh("why is an octave wide", sentences, [1.0])[1].total == 0
