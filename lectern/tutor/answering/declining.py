"""Decline politely, in the question's language, and name the sections that come nearest."""

from collections.abc import Sequence

from lectern.tutor.answering.recognising import language_of

#: Below this confidence even the best section seldom has to do with the question (on Microbiology 9% are right).
VAGUELY_NEAR = 0.20
#: The confidence of a refusal is at most this, whatever the search says.
MOST_DECLINED = 0.30
#: More sections than this are no help.
_NEAREST = 3

_DECLINED = {
    "en": "I could not find an answer to this in the course {course}.",
    "de": "Im Kurs {course} habe ich darauf keine Antwort gefunden.",
    "fr": "Je n'ai pas trouvé de réponse à cette question dans le cours {course}.",
    "es": "No he encontrado una respuesta a esta pregunta en el curso {course}.",
    "it": "Nel corso {course} non ho trovato una risposta a questa domanda.",
    "pt": "Não encontrei uma resposta a esta pergunta no curso {course}.",
    "nl": "In de cursus {course} heb ik hier geen antwoord op gevonden.",
    "ru": "В курсе {course} ответа на этот вопрос не нашлось.",
    "ar": "لم أجد إجابة عن هذا السؤال في مقرر {course}.",
    "ja": "コース「{course}」には、この質問への答えが見つかりませんでした。",
    "zh": "在课程“{course}”中没有找到这个问题的答案。",
}
_NEAREST_ARE = {
    "en": "The nearest sections are:",
    "de": "Am nächsten kommen diese Abschnitte:",
    "fr": "Les sections les plus proches :",
    "es": "Las secciones más cercanas son:",
    "it": "Le sezioni più vicine sono:",
    "pt": "As seções mais próximas são:",
    "nl": "Het dichtst in de buurt komen:",
    "ru": "Ближайшие разделы:",
    "ar": "أقرب الأقسام:",
    "ja": "最も近い節：",
    "zh": "最接近的章节：",
}
_SMALL_TALK = {
    "en": "I answer questions about the course {course}. What would you like to know?",
    "de": "Ich beantworte Fragen zum Kurs {course}. Was möchtest du wissen?",
    "fr": "Je réponds aux questions sur le cours {course}. Que voudrais-tu savoir ?",
    "es": "Respondo preguntas sobre el curso {course}. ¿Qué te gustaría saber?",
    "it": "Rispondo a domande sul corso {course}. Che cosa vorresti sapere?",
    "pt": "Respondo a perguntas sobre o curso {course}. O que você gostaria de saber?",
    "nl": "Ik beantwoord vragen over de cursus {course}. Wat wil je weten?",
    "ru": "Я отвечаю на вопросы по курсу {course}. Что вы хотите узнать?",
    "ar": "أجيب عن الأسئلة المتعلقة بمقرر {course}. ماذا تريد أن تعرف؟",
    "ja": "コース「{course}」についての質問に答えます。何を知りたいですか？",
    "zh": "我回答关于课程“{course}”的问题。你想了解什么？",
}


def declined(question: str, course: str, nearest: Sequence[str]) -> str:
    """Return the sentence that says that `course` (its title) does not answer `question`, with `nearest` sections."""
    language = language_of(question)
    sentence = _DECLINED[language].format(course=course)
    return f"{sentence} {_NEAREST_ARE[language]} {'; '.join(nearest)}." if nearest else sentence


def unclear(course: str) -> str:
    """Return the sentence that answers a question without a subject, such as "how does it work?" in a first turn."""
    # English alone: only its words are known well enough to tell that a question has no subject.
    return f"What is your question about? Name the topic, and I look it up in the course {course}."


def invited(question: str, course: str) -> str:
    """Return the sentence that answers a greeting."""
    return _SMALL_TALK[language_of(question)].format(course=course)


def nearest_sections(locations: Sequence[str], *, confidence: float) -> list[str]:
    """Return the first few different places of `locations` (best first); none when the course is about something else."""
    return list(dict.fromkeys(locations))[:_NEAREST] if confidence >= VAGUELY_NEAR else []
