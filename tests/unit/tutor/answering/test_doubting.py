import pytest

from lectern.tutor.answering import doubting, recognising
from lectern.tutor.answering.doubting import framed, is_doubtful, lacks_choices
from lectern.tutor.confidence.bands import Band

ASKED = "Which of the following loops runs for ever?"
DENIED = "Which of the following is not a loop?"


def test_every_language_that_is_recognised_has_its_sentences() -> None:
    languages = {*recognising._SETS, *recognising._SCRIPTS}
    for sentences in (doubting._NEAREST, doubting._ELSEWHERE, doubting._CHOICES, doubting._ON_SUBJECT):
        assert set(sentences) == languages


@pytest.mark.parametrize(
    "question",
    [
        ASKED,
        "A loop that never ends is called which of the following?",
        "Which of these words begins a loop?",
        "Which of the followings is no loop?",
        "Match each loop with its description.",
        "Match the loop with its description:",
        "All of the following are loops except",
        "Which statement is true of loops?",
        "Welche der folgenden Aussagen über Schleifen ist falsch?",
        "Laquelle des affirmations suivantes est fausse ?",
        "¿Cuál de las siguientes es un bucle?",
        "Quale delle seguenti è una lista?",
        "Qual das seguintes é uma lista?",
        "Welke van de volgende is een lus?",
        "Какое из следующих верно?",
        "Что из перечисленного верно?",
        "أي مما يلي حلقة؟",
        "次のうち正しいものはどれですか",
        "下列哪项是正确的？",
    ],
)
def test_a_question_of_an_exam_without_its_choices_is_noticed(question: str) -> None:
    assert lacks_choices(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which of the following is a loop: for, if or def?",
        "Which of these is a loop, for or if?",
        "Which of the following is a loop?\nfor\nif",
        "Which of the following is a loop? (a) for (b) if",
        "Which of these is a loop? A. for B. if",
        "Which loop never ends?",
        "What do the following lines of a loop do?",
        "How do I match the end of a pattern?",
        "Which option is used to stop a loop?",
        "next steps of a loop",
        "Which of the following is mutable? list, tuple, str",
        "Which of the following, list, tuple, str, is mutable?",
        "A list or a tuple: which of these is faster?",
        "List, tuple, set - which of these keeps its order?",
        "What is the output of the following code? print(len('ab'))",
        "What is wrong in each of the following lines?",
        "Which statement is best to leave a loop early?",
        "Define each of the following terms gene and allele",
        "Was versteht man unter den folgenden Begriffen Mitose und Meiose?",
        "¿Cuáles son las siguientes etapas de la mitosis?",
        "Quali sono le seguenti fasi della mitosi?",
        "Welke stap is de volgende na de interfase?",
    ],
)
def test_other_questions_lack_none(question: str) -> None:
    assert not lacks_choices(question)


def test_what_the_course_says_cannot_tell_which_choice_is_not_so() -> None:
    assert is_doubtful(DENIED, "A loop repeats.", Band.HIGH, stated=0.0)
    assert not is_doubtful(ASKED, "A while loop may run on.", Band.HIGH, stated=0.0)
    assert is_doubtful(ASKED, "A list holds items.", Band.HIGH, stated=0.0)
    assert is_doubtful(ASKED, "A list follows, as the following shows.", Band.HIGH, stated=0.0)
    assert not is_doubtful("Which loop is not a list?", "A loop repeats.", Band.HIGH, stated=0.0)


def test_a_low_answer_is_doubtful_unless_it_is_the_definition_that_was_asked_for() -> None:
    assert is_doubtful("What is a loop?", "A loop may end.", Band.LOW, stated=0.25)
    assert not is_doubtful("What is a loop?", "A loop is a block that repeats.", Band.LOW, stated=1.0)
    assert not is_doubtful("What is a loop?", "A loop repeats a block.", Band.LOW, stated=0.6)
    assert not is_doubtful("What is a loop?", "A loop may end.", Band.CHECK_SOURCE, stated=0.25)


@pytest.mark.parametrize(
    ("question", "opening", "doubtful"),
    [
        ("while loop vs for loop", "A `while` loop runs on, but a `for` loop runs once an item.", False),
        ("while loop vs for loop", "A `while` loop runs on.", True),
        ("When does a nested loop end?", "A nested loop ends when its list does.", False),
        ("When does a nested loop end?", "A loop may repeat.", True),
        ("loop?", "A loop may repeat.", True),
    ],
)
def test_a_low_answer_that_speaks_of_all_that_was_asked_is_not_doubtful(
    question: str, opening: str, doubtful: bool
) -> None:
    assert is_doubtful(question, opening, Band.LOW, stated=0.0) is doubtful


def test_a_doubtful_answer_is_called_the_nearest_and_asks_back() -> None:
    said = framed("Why loops?", "A loop repeats. [1]", Band.LOW, doubtful=True, places=["Loops", "Lists"])
    assert said == (
        "I am not sure that the course answers this. The nearest that it says: A loop repeats. [1]\n\n"
        "Or do you mean something in: Loops; Lists?"
    )
    assert framed("Why?", "So. [1]", Band.LOW, doubtful=True, places=[]).endswith("says: So. [1]")


def test_missing_choices_are_asked_for() -> None:
    first = framed(DENIED, "A loop repeats. [1]", Band.HIGH, doubtful=True, places=["Loops"])
    assert first.startswith("Your question speaks of choices")
    assert first.endswith("the course says: A loop repeats. [1]")
    unsure = framed(DENIED, "A loop repeats. [1]", Band.LOW, doubtful=True, places=["Loops"])
    assert unsure.startswith("Your question speaks of choices")
    beside = framed(ASKED, "A list holds items. [1]", Band.HIGH, doubtful=True, places=[])
    assert beside.endswith("The nearest that it says: A list holds items. [1]")
    assert unsure.endswith("The nearest that it says: A loop repeats. [1]")
    behind = framed(ASKED, "A loop repeats. [1]", Band.LOW, doubtful=False, places=[])
    assert behind.startswith("A loop repeats. [1]\n\nYour question speaks of choices")
    assert framed("Why?", "A loop repeats. [1]", Band.LOW, doubtful=False, places=[]) == "A loop repeats. [1]"


def test_the_doubt_is_told_in_the_language_of_the_question() -> None:
    said = framed("Warum gibt es Schleifen?", "So. [1]", Band.LOW, doubtful=True, places=["Loops"])
    assert said.startswith("Ich bin nicht sicher")
    assert said.endswith("Oder meinst du etwas aus: Loops?")
