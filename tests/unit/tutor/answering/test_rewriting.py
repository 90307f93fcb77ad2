from lectern.tutor.answering.rewriting import (
    missing_words,
    other_reading,
    rewording,
    spoken,
    without_words,
)

COURSE = ["A statement is one instruction.", "Statements run. The statement ends."]


def test_missing_words_are_those_that_nothing_found_has() -> None:
    assert missing_words("What does the Zorblax statements do?", COURSE) == ["zorblax"]


def test_signs_get_their_names() -> None:
    assert "assignment" in spoken("= or ==")
    assert "comparison" in spoken("= or ==")
    assert spoken("what is a list") == "what is a list"


def test_words_can_be_taken_out() -> None:
    assert (
        without_words("What does the Zorblax operator return?", ["zorblax"])
        == "What does the operator return"
    )


def test_the_topic_helps_only_a_question_whose_words_are_known() -> None:
    assert other_reading("letter", "letter", leans=False, topic="string", missing=[]) == "letter string"
    assert other_reading("virion", "virion", leans=False, topic="string", missing=["virion"]) == ""


def test_what_leaned_may_stand_alone() -> None:
    assert (
        other_reading("and bacteria?", "and bacteria? virus", leans=True, topic="virus", missing=[])
        == "bacteria"
    )
    assert other_reading("why?", "why? virus", leans=True, topic="virus", missing=[]) == ""


def test_signs_come_before_another_reading() -> None:
    assert rewording("= letter", other_reading="letter string") == spoken("= letter")
    assert rewording("letter", other_reading="letter string") == "letter string"
    assert rewording("letter", other_reading="") == "letter"
