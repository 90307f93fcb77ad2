from lectern.tutor.answering.choosing import MOST_SENTENCES, asks_for_code, choose
from lectern.tutor.answering.quoting import Quote
from lectern.tutor.answering.weighing import Weight


def quote(
    text: str, ordinal: int, *, rank: int = 0, document: str = "d", code: bool = False, leans: bool = False
) -> Quote:
    return Quote(
        rank=rank,
        document=document,
        start=ordinal * 100,
        end=ordinal * 100 + 50,
        text=text,
        ordinal=ordinal,
        code=code,
        leans=leans,
    )


FIRST = quote("A loop repeats a block of code.", 0)
SECOND = quote("This saves a lot of typing.", 1, leans=True)
THIRD = quote("The keyword break ends the loop.", 2)
CODE = quote("```\nfor i in x: ...\n```", 3, code=True)


def weights(*values: float) -> list[Weight]:
    return [Weight(value, value) for value in values]


def test_the_best_sentence_leads() -> None:
    assert choose([FIRST, SECOND, THIRD], [weights(0.8, 0.1, 1.0)], []) == [THIRD, FIRST]


def test_a_leaning_sentence_comes_only_behind_its_own() -> None:
    assert choose([FIRST, SECOND, THIRD], [weights(0.1, 1.2, 1.0)], []) == [THIRD]
    assert choose([FIRST, SECOND, THIRD], [weights(1.0, 0.9, 0.8)], []) == [FIRST, SECOND, THIRD]


def test_weak_sentences_stay_out() -> None:
    assert choose([FIRST, THIRD], [weights(1.0, 0.2)], []) == [FIRST]


def test_another_document_must_be_nearly_as_good() -> None:
    other = quote("Loops are found in every language.", 0, rank=1, document="other")
    near = quote("Loops are found in every language.", 0, rank=1)
    assert choose([FIRST, other], [weights(1.0, 0.9)], []) == [FIRST]
    assert choose([FIRST, near], [weights(1.0, 0.9)], []) == [FIRST, near]


def test_nothing_is_said_twice() -> None:
    again = quote("A loop repeats a block of code again.", 5)
    assert choose([FIRST, again], [weights(1.0, 0.99)], []) == [FIRST]


def test_an_answer_is_short() -> None:
    words = ["alpha beta", "gamma delta", "epsilon zeta", "eta theta", "iota kappa", "lambda mu"]
    many = [quote(f"{word} sentence number {n} here.", n) for n, word in enumerate(words)]
    assert len(choose(many, [weights(*[1.0] * 6)], [])) == MOST_SENTENCES


def test_code_follows_the_sentences_of_its_passage() -> None:
    other = quote("Loops are found in every language.", 0, rank=1)
    assert choose([FIRST, other], [weights(1.0, 0.95)], [CODE]) == [FIRST, CODE]


def test_code_of_another_passage_or_before_the_sentence_is_left_out() -> None:
    earlier = quote("```\nx\n```", 0, code=True)
    elsewhere = quote("```\nx\n```", 3, rank=1, code=True)
    assert choose([THIRD], [weights(1.0)], [earlier, elsewhere]) == [THIRD]


def test_each_part_of_a_question_gets_its_sentence() -> None:
    assert choose([FIRST, THIRD], [weights(1.0, 0.1), weights(0.1, 1.0)], []) == [FIRST, THIRD]


def test_what_was_read_before_is_not_said_again() -> None:
    assert choose([FIRST, THIRD], [weights(1.0, 0.5)], [], said=[FIRST.text]) == [THIRD]
    assert choose([FIRST], [weights(1.0)], [], said=[FIRST.text]) == [FIRST]


def test_without_a_sentence_that_stands_alone_there_is_no_answer() -> None:
    assert choose([SECOND], [weights(1.0)], [CODE]) == []
    assert choose([], [[]], []) == []


def test_code_is_shown_where_it_is_asked_for() -> None:
    assert asks_for_code("how to write a loop")
    assert asks_for_code("for loop example")
    assert not asks_for_code("what is a tuple")


def test_what_stands_behind_the_best_sentence_needs_less_than_what_stands_before_it() -> None:
    assert choose([FIRST, THIRD], [weights(1.0, 0.5)], []) == [FIRST, THIRD]
    assert choose([FIRST, THIRD], [weights(0.5, 1.0)], []) == [THIRD]


def test_a_sentence_that_leans_on_the_best_one_follows_it_whatever_it_weighs() -> None:
    assert choose([FIRST, SECOND, THIRD], [weights(1.0, 0.1, 0.1)], []) == [FIRST, SECOND]


def test_a_sentence_of_a_good_passage_that_says_little_itself_stays_out() -> None:
    other = quote("Loops are found in every language.", 0, rank=1)
    assert choose([FIRST, other], [[Weight(1.0, 0.5), Weight(0.95, 0.3)]], []) == [FIRST]


def test_an_answer_opens_without_the_word_that_joins_its_first_sentence_to_another() -> None:
    joined = quote("However, a loop may run for ever.", 4)
    (opening,) = choose([joined], [weights(1.0)], [])
    assert (opening.text, opening.start, opening.shown) == (
        "a loop may run for ever.",
        joined.start + 9,
        "A loop may run for ever.",
    )


def test_a_much_better_sentence_that_leans_opens_behind_what_it_leans_on() -> None:
    assert choose([FIRST, SECOND, THIRD], [weights(0.1, 2.0, 1.0)], [])[:2] == [FIRST, SECOND]


def test_a_sentence_that_leans_on_nothing_that_can_be_quoted_opens_no_answer() -> None:
    apart = quote("This saves a lot of typing.", 5, leans=True)
    assert choose([FIRST, apart, THIRD], [weights(0.1, 2.0, 1.0)], []) == [THIRD]


def test_what_weighs_nothing_is_no_answer() -> None:
    assert choose([FIRST], [weights(0.0)], []) == []
