"""Decline politely, in the question's language, and name the sections that come nearest."""

from collections.abc import Sequence

from lectern.tutor.answering.recognising import language_of

#: Below this confidence even the best section seldom has to do with the question (on Microbiology 9% are right).
VAGUELY_NEAR = 0.20
#: More sections than this are no help.
_NEAREST = 3

_DECLINED = {
    "en": "I could not find an answer to this in the course {course}.",
    "de": "Im Kurs {course} habe ich darauf keine Antwort gefunden.",
    "fr": "Je n'ai pas trouvé de réponse à cette question dans le cours {course}.",
    "es": "No he encontrado una respuesta a esta pregunta en el curso {course}.",
}
_NEAREST_ARE = {
    "en": "The nearest sections are:",
    "de": "Am nächsten kommen diese Abschnitte:",
    "fr": "Les sections les plus proches :",
    "es": "Las secciones más cercanas son:",
}
_SMALL_TALK = {
    "en": "I answer questions about the course {course}. What would you like to know?",
    "de": "Ich beantworte Fragen zum Kurs {course}. Was möchtest du wissen?",
    "fr": "Je réponds aux questions sur le cours {course}. Que voudrais-tu savoir ?",
    "es": "Respondo preguntas sobre el curso {course}. ¿Qué te gustaría saber?",
}


def declined(question: str, course: str, nearest: Sequence[str]) -> str:
    """Return the sentence that says that `course` (its title) does not answer `question`, with `nearest` sections."""
    language = language_of(question)
    sentence = _DECLINED[language].format(course=course)
    return f"{sentence} {_NEAREST_ARE[language]} {'; '.join(nearest)}." if nearest else sentence


def invited(question: str, course: str) -> str:
    """Return the sentence that answers a greeting."""
    return _SMALL_TALK[language_of(question)].format(course=course)


def nearest_sections(locations: Sequence[str], *, confidence: float) -> list[str]:
    """Return the first few different places of `locations` (best first); none when the course is about something else."""
    return list(dict.fromkeys(locations))[:_NEAREST] if confidence >= VAGUELY_NEAR else []
