import pytest

from lectern.tutor.answering import doubting, recognising
from lectern.tutor.answering.doubting import Doubt, doubt_of, framed, lacks_choices
from lectern.tutor.confidence.bands import Band

ASKED = "Which of the following loops runs for ever?"
DENIED = "Which of the following is not a loop?"


def doubt(
    question: str, *said: str, band: Band = Band.HIGH, stated: float = 0.0, searched: str = ""
) -> Doubt:
    return doubt_of(question, said, band, stated=stated, searched=searched or question)


def test_every_language_that_is_recognised_has_its_sentences() -> None:
    languages = {*recognising._SETS, *recognising._SCRIPTS}
    for sentences in (*doubting._OPENINGS.values(), doubting._ELSEWHERE, doubting._CHOICES):
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
    assert doubt(DENIED, "A loop repeats.") is Doubt.ON_SUBJECT
    assert doubt(DENIED, "A loop repeats.", band=Band.LOW) is Doubt.NEAREST
    assert doubt(ASKED, "A while loop runs for ever.") is Doubt.NOTHING
    assert doubt(ASKED, "A list holds items.") is Doubt.NEAREST
    assert doubt(ASKED, "A list follows, as the following shows.") is Doubt.NEAREST
    assert doubt("Which loop is not a list?", "A loop is no list.") is Doubt.NOTHING


def test_a_low_answer_is_doubtful_unless_it_is_the_definition_that_was_asked_for() -> None:
    assert doubt("What is a loop?", "A loop may end.", band=Band.LOW, stated=0.25) is Doubt.NEAREST
    assert (
        doubt("What is a loop?", "A loop is a block that repeats.", band=Band.LOW, stated=1.0)
        is Doubt.NOTHING
    )
    assert doubt("What is a loop?", "A loop repeats a block.", band=Band.LOW, stated=0.6) is Doubt.NOTHING
    assert doubt("What is a loop?", "A loop may end.", band=Band.CHECK_SOURCE, stated=0.25) is Doubt.NOTHING


@pytest.mark.parametrize("question", ["What is a loop?", "Define loop.", "Was ist ein loop?"])
def test_a_sentence_that_only_uses_a_term_is_not_passed_off_as_its_definition(question: str) -> None:
    used = "The list is read by a loop."
    assert doubt(question, used) is Doubt.UNDEFINED
    assert doubt(question, used, band=Band.LOW) is Doubt.NEAREST
    assert doubt("loop", used) is Doubt.NOTHING


@pytest.mark.parametrize(
    ("question", "opening", "expected"),
    [
        (
            "while loop vs for loop",
            "A `while` loop runs on, but a `for` loop runs once an item.",
            Doubt.NOTHING,
        ),
        ("while loop vs for loop", "A `while` loop runs on.", Doubt.NEAREST),
        ("When does a nested loop end?", "A nested loop ends when its list does.", Doubt.NOTHING),
        ("When does a nested loop end?", "A loop may repeat.", Doubt.NEAREST),
        ("loop?", "A loop may repeat.", Doubt.NOTHING),
        ("loop list?", "A loop may repeat.", Doubt.NEAREST),
        ("why loops?", "A loop may repeat.", Doubt.NEAREST),
    ],
)
def test_a_low_answer_that_speaks_of_all_that_was_asked_is_not_doubtful(
    question: str, opening: str, expected: Doubt
) -> None:
    assert doubt(question, opening, band=Band.LOW) is expected


@pytest.mark.parametrize("band", [Band.HIGH, Band.CHECK_SOURCE])
@pytest.mark.parametrize(
    ("question", "said", "expected"),
    [
        (
            "When does a nested loop over files stop?",
            ["A loop repeats.", "Lists hold items."],
            Doubt.ON_SUBJECT,
        ),
        (
            "When does a nested loop over files stop?",
            ["A nested loop repeats.", "It stops with files."],
            Doubt.NOTHING,
        ),
        ("What is the inventor of the loop?", ["A loop repeats a block."], Doubt.ON_SUBJECT),
        ("What is the inventor of the loop?", ["The loop's inventor is unknown."], Doubt.NOTHING),
        ("What is the purpose of the loop?", ["A loop repeats a block to save work."], Doubt.NOTHING),
        ("What is the best way to copy a list?", ["Copy a list by its method, the best."], Doubt.NOTHING),
        ("why?", ["A loop repeats."], Doubt.NOTHING),
    ],
)
def test_an_answer_from_a_sure_place_without_what_was_asked_is_called_what_it_is(
    question: str, said: list[str], expected: Doubt, band: Band
) -> None:
    assert doubt(question, *said, band=band, stated=doubting.BEGUN) is expected


@pytest.mark.parametrize("band", [Band.HIGH, Band.CHECK_SOURCE])
def test_what_is_stated_or_is_in_another_language_is_not_judged_by_its_words(band: Band) -> None:
    assert (
        doubt("Qu'est-ce qu'un tuple ?", "A tuple is a row of values.", band=band, stated=1.0)
        is Doubt.NOTHING
    )
    said = "Use sorted() to get a new list in which all of the items are in order."
    assert doubt("Wie sortiere ich eine Liste?", said, band=band) is Doubt.NOTHING


@pytest.mark.parametrize("band", [Band.HIGH, Band.CHECK_SOURCE])
def test_little_words_of_a_language_are_not_asked_for(band: Band) -> None:
    said = "Las listas guardan varios valores en orden, y con una lista es fácil."
    assert doubt("¿Para qué sirve una lista?", said, band=band) is Doubt.NOTHING
    assert doubt("¿Para qué sirve una tupla en el examen?", said, band=band) is Doubt.ON_SUBJECT


def test_a_term_is_asked_for_in_every_reading_or_in_none() -> None:
    asked, read = (
        "what is the diffrence between list and tupel",
        "what is the difference between list and tuple",
    )
    assert doubt(asked, "Lists change, and a tuple stays.", searched=read) is not Doubt.UNDEFINED


def test_a_thing_of_a_thing_is_no_term_to_define() -> None:
    assert doubt("What is the inventor of the loop?", "A loop repeats.") is Doubt.ON_SUBJECT
    assert doubt("What is the inventor of the loop?", "A loop repeats.", band=Band.LOW) is Doubt.NEAREST


def test_a_name_is_told_without_the_word() -> None:
    assert doubt("What is the name for a loop in a loop?", "A loop in a loop is nested.") is Doubt.NOTHING


def test_a_place_that_should_be_looked_at_needs_more_of_the_words() -> None:
    asked, said = "When does a nested loop stop?", "A nested loop repeats."
    assert doubt(asked, said, band=Band.HIGH) is Doubt.NOTHING
    assert doubt(asked, said, band=Band.CHECK_SOURCE) is Doubt.ON_SUBJECT
    assert doubt(asked, "A nested loop stops.", band=Band.CHECK_SOURCE) is Doubt.NOTHING


def test_words_count_as_they_were_searched_for() -> None:
    assert doubt("When do nestd loopz stopp?", "A nested loop stops.") is Doubt.ON_SUBJECT
    assert (
        doubt("When do nestd loopz stopp?", "A nested loop stops.", searched="When do nested loops stop?")
        is Doubt.NOTHING
    )


def test_a_doubtful_answer_is_called_the_nearest_and_asks_back() -> None:
    said = framed("Why loops?", "A loop repeats. [1]", Doubt.NEAREST, places=["Loops", "Lists"])
    assert said == (
        "I am not sure that the course answers this. The nearest that it says: A loop repeats. [1]\n\n"
        "Or do you mean something in: Loops; Lists?"
    )
    assert framed("Why?", "So. [1]", Doubt.NEAREST, places=[]).endswith("says: So. [1]")


def test_other_doubts_are_told_and_ask_nothing() -> None:
    on_subject = framed("Why loops?", "A loop repeats. [1]", Doubt.ON_SUBJECT, places=["Lists"])
    assert on_subject == "On the subject of your question the course says: A loop repeats. [1]"
    undefined = framed("What is a loop?", "Stop a loop. [1]", Doubt.UNDEFINED, places=["Lists"])
    assert undefined == "I found no plain definition of this in the course. It says: Stop a loop. [1]"


def test_missing_choices_are_asked_for() -> None:
    first = framed(DENIED, "A loop repeats. [1]", Doubt.ON_SUBJECT, places=["Loops"])
    assert first.startswith("Your question speaks of choices")
    assert first.endswith("the course says: A loop repeats. [1]")
    unsure = framed(DENIED, "A loop repeats. [1]", Doubt.NEAREST, places=["Loops"])
    assert unsure.startswith("Your question speaks of choices")
    assert unsure.endswith("The nearest that it says: A loop repeats. [1]")
    behind = framed(ASKED, "A loop repeats. [1]", Doubt.NOTHING, places=[])
    assert behind.startswith("A loop repeats. [1]\n\nYour question speaks of choices")
    assert framed("Why?", "A loop repeats. [1]", Doubt.NOTHING, places=[]) == "A loop repeats. [1]"


def test_the_doubt_is_told_in_the_language_of_the_question() -> None:
    said = framed("Warum gibt es Schleifen?", "So. [1]", Doubt.NEAREST, places=["Loops"])
    assert said.startswith("Ich bin nicht sicher")
    assert said.endswith("Oder meinst du etwas aus: Loops?")
