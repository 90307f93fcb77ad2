"""Tell a student that an answer is in doubt, in the question's language: show less, say so, and ask back.

The confidence is that of the place. Whether its sentences hold what was asked is told by the question's words in them: of 1,059
answers to a textbook's questions whose place was sure (.6 or more) 40% of those with at most half of these words held the
gold answer, 55% of the others, whatever the confidence. An answer of low confidence holds it in about one case of three: one
sentence that is called the nearest, and a question back, help in those and mislead nobody in the others.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from lectern.tutor.answering.advising import names_only_a_topic
from lectern.tutor.answering.defining import asked_term, compared
from lectern.tutor.answering.matching import share_covered, stem, stems, subject_words
from lectern.tutor.answering.recognising import language_of, little_words
from lectern.tutor.confidence.bands import Band

#: A sentence that says so much of the term that was asked for, what it is or does (`states_definition`), is no near miss,
#: however doubtful it is that its section was meant.
STATED = 0.5
#: Nor is one that has this share of the words that were asked. Of 184 low answers to a textbook's questions 62% of those
#: held the gold answer, 32% of the others.
COVERED = 0.75
#: Of a term that is to be defined, a sentence that says less does not even begin with it: it only uses the word.
BEGUN = 0.25
#: Sentences that have no more than this share of the words that were asked are on the subject, and may not answer. Where the place
#: should be looked at, more is asked for: of 27 such answers with less to questions whose document was missing 3 held the gold
#: answer, of 7 with more 3.
THIN = {Band.HIGH: 0.5, Band.CHECK_SOURCE: COVERED}


class Doubt(StrEnum):
    """What is wrong with an answer, and is told before it."""

    NOTHING = "nothing"
    #: Its place is sure; that its sentences say what was asked is not.
    ON_SUBJECT = "on_subject"
    #: It has the term that is to be defined in another use.
    UNDEFINED = "undefined"
    #: It may be about something else: one sentence is shown.
    NEAREST = "nearest"


_NEAREST = {
    "en": "I am not sure that the course answers this. The nearest that it says:",
    "de": "Ich bin nicht sicher, ob der Kurs das beantwortet. Am nächsten kommt:",
    "fr": "Je ne suis pas sûr que le cours réponde à cela. Ce qui s'en approche le plus :",
    "es": "No estoy seguro de que el curso responda a esto. Lo más cercano que dice:",
    "it": "Non sono sicuro che il corso risponda a questo. Ciò che dice di più vicino:",
    "pt": "Não tenho certeza de que o curso responda a isto. O mais próximo que ele diz:",
    "nl": "Ik weet niet zeker of de cursus dit beantwoordt. Het dichtst in de buurt komt:",
    "ru": "Не уверен, что курс отвечает на этот вопрос. Ближе всего к нему:",
    "ar": "لست متأكدًا من أن المقرر يجيب عن هذا. أقرب ما يقوله:",
    "ja": "コースにこの答えがあるかどうか確かではありません。最も近い記述：",
    "zh": "我不确定课程是否回答了这个问题。其中最接近的内容：",
}
_ELSEWHERE = {
    "en": "Or do you mean something in: {places}?",
    "de": "Oder meinst du etwas aus: {places}?",
    "fr": "Ou s'agit-il de quelque chose dans : {places} ?",
    "es": "¿O te refieres a algo de: {places}?",
    "it": "O intendi qualcosa in: {places}?",
    "pt": "Ou se refere a algo em: {places}?",
    "nl": "Of bedoel je iets uit: {places}?",
    "ru": "Или вы имеете в виду что-то из: {places}?",
    "ar": "أم تقصد شيئًا في: {places}؟",
    "ja": "それとも次の節のことですか：{places}",
    "zh": "还是指以下章节的内容：{places}？",
}
_CHOICES = {
    "en": "Your question speaks of choices that it does not name: please send them along.",
    "de": "Deine Frage spricht von Möglichkeiten, die sie nicht nennt: Bitte schick sie mit.",
    "fr": "Ta question parle de choix qu'elle ne cite pas : envoie-les aussi, s'il te plaît.",
    "es": "Tu pregunta habla de opciones que no nombra: envíalas también, por favor.",
    "it": "La tua domanda parla di scelte che non nomina: invia anche quelle, per favore.",
    "pt": "Sua pergunta fala de opções que não cita: envie-as também, por favor.",
    "nl": "Je vraag spreekt van keuzes die ze niet noemt: stuur ze mee, alsjeblieft.",
    "ru": "В вопросе говорится о вариантах, но они не названы: пришлите и их, пожалуйста.",
    "ar": "يتحدث سؤالك عن خيارات لا يذكرها: أرسلها أيضًا من فضلك.",
    "ja": "質問にある選択肢が書かれていません。選択肢も送ってください。",
    "zh": "您的问题提到了选项，但没有列出：请一并发来。",
}
_ON_SUBJECT = {
    "en": "On the subject of your question the course says:",
    "de": "Zum Thema deiner Frage sagt der Kurs:",
    "fr": "Sur le sujet de ta question, le cours dit :",
    "es": "Sobre el tema de tu pregunta el curso dice:",
    "it": "Sull'argomento della tua domanda il corso dice:",
    "pt": "Sobre o assunto da sua pergunta, o curso diz:",
    "nl": "Over het onderwerp van je vraag zegt de cursus:",
    "ru": "По теме вашего вопроса курс говорит:",
    "ar": "يقول المقرر عن موضوع سؤالك:",
    "ja": "ご質問の話題についてコースは次のように述べています：",
    "zh": "关于您所问的话题，课程中说：",
}
_UNDEFINED = {
    "en": "I found no plain definition of this in the course. It says:",
    "de": "Eine eigentliche Definition davon habe ich im Kurs nicht gefunden. Er sagt:",
    "fr": "Je n'en ai pas trouvé de véritable définition dans le cours. Il dit :",
    "es": "No he encontrado una definición clara de esto en el curso. Dice:",
    "it": "Non ne ho trovato una vera definizione nel corso. Dice:",
    "pt": "Não encontrei uma definição clara disto no curso. Ele diz:",
    "nl": "Ik heb hiervan geen echte definitie in de cursus gevonden. Er staat:",
    "ru": "Прямого определения этого в курсе я не нашёл. Там сказано:",
    "ar": "لم أجد تعريفًا صريحًا لهذا في المقرر. يقول المقرر:",
    "ja": "コースにははっきりした定義が見つかりませんでした。次のように述べています：",
    "zh": "我在课程中没有找到它的明确定义。课程中说：",
}
_OPENINGS = {Doubt.ON_SUBJECT: _ON_SUBJECT, Doubt.UNDEFINED: _UNDEFINED, Doubt.NEAREST: _NEAREST}
#: "Which of the following …", "Match each … with …": asks to choose from what stands beside the question in an exam.
#: "The output of the following code" asks for no choice.
_CHOOSES = re.compile(
    r"\b(?:which|what)\s+(?:(?:ones?|two|three|four|any|statements?|options?|answers?)\s+)?of\s+(?:the\s+followings?|these)\b"
    r"|\ball\s+of\s+the\s+following\b[^.?!]{0,80}\b(?:except|but)\b"
    r"|(?:^|[.:!?]\s+)match\s+(?:the|each|every)\b[^.?!]{0,80}\b(?:with|to)\b"
    r"|\bwhich\s+(?:statement|option|choice|answer)s?\s+(?:is|are)\s+(?:not\s+)?(?:true|false|(?:in)?correct|wrong)\b"
    r"|\b(?:welche[rsnm]?|was)\s+(?:der|von(?:\s+den)?)\s+folgenden\b"
    r"|\b(?:lequel|laquelle|lesquel(?:le)?s|parmi)\b[^.?!]{0,60}\bsuivante?s\b"
    r"|\bcu[aá]l(?:es)?\s+de\s+l[ao]s\s+(?:\w+\s+)?siguientes\b"
    r"|\bqual[ei]?\s+(?:dei|delle|degli|tra\s+(?:i|le|gli))\s+(?:\w+\s+)?seguenti\b"
    r"|\bqua(?:l|is)\s+d[ao]s\s+(?:\w+\s+)?seguintes\b|\bwelke?\s+van\s+de\s+volgende\b"
    r"|\bиз\s+(?:следующих|перечисленн\w+)|مما\s+يلي|次のうち|(?:下列|以下)(?:哪|选项|说法)",
    re.IGNORECASE,
)
#: Choices that stand in the question: behind a colon, on lines of their own, numbered, "…, a list or a tuple?", behind the
#: question, in a row, or before it: "A list or a tuple: which of these …?"
_NAMES_CHOICES = re.compile(
    r"[:：]\s*\w|\n\s*\S|(?:^|\s)\(?[a-eA-E1-5][.)]\s|[,?]\s[^,?]*\b(?:or|oder|ou|o|of|или|أو)\b|、.*か"
    r"|[?？]\s*\w|,[^,?]+,"
)
_NAMED_BEFORE = re.compile(r"(?:,|\b(?:or|oder|ou|o|of|или|أو)\b)[^.?!]*[:–—-]\s*$", re.IGNORECASE)
#: Which of the choices does *not* …: what the course says cannot tell it, since it says what is so.
_DENIES = re.compile(
    r"\b(?:not|no|except|least|incorrect|false|untrue|wrong|never|nicht|kein(?:e[nmrs]?)?|außer|falsch|pas|sauf|fausse?s?"
    r"|excepto|fals[oa]s?|incorrect[oa]s?|non|tranne|não|exceto|niet|geen|behalve|onjuist|не|кроме|неверн\w*)\b"
    r"|n['’]t\b|ليس|عدا|ない|誤|不|错",
    re.IGNORECASE,
)
#: "What is the biological vector for …": an answer without a vector does not tell it.
_HEAD = re.compile(
    r"\b(?:what|which)\s+(?:is|are|was|were)\s+the\s+(?:[\w-]+\s+){0,3}?(?P<head>[\w-]+)\s+(?:of|for|in|on|between|that|to|from|by)\b",
    re.IGNORECASE,
)
#: What is told without the word: a name by itself, a year by its number, a purpose by "to".
_TOLD_WITHOUT = stems(
    "name term word type kind one way difference purpose meaning reason use result effect output value number amount year date"
)


def lacks_choices(question: str) -> bool:
    """Return True for a question of an exam that came without the options from which it asks to choose."""
    chooses = _CHOOSES.search(question)
    return (
        chooses is not None
        and not _NAMES_CHOICES.search(question.strip(), chooses.end())
        and not _NAMED_BEFORE.search(question[: chooses.start()])
    )


def doubt_of(question: str, sentences: Sequence[str], band: Band, *, stated: float, searched: str) -> Doubt:
    """Return what is told before an answer, given its sentences without code.

    `stated` is how much the answer looks like the definition that was asked for (`STATED`), `searched` the question as it was
    searched for: without its typing errors, and with its signs spelt out.
    """
    opening, unsure, readings = next(iter(sentences), ""), band is Band.LOW, (question, searched)
    if lacks_choices(question):
        on_subject = is_on_subject(question, opening)
        if _DENIES.search(question) or not on_subject:
            return Doubt.ON_SUBJECT if on_subject and not unsure else Doubt.NEAREST
    if unsure and names_only_a_topic(question):
        return Doubt.NOTHING if _share_said(question, sentences) > 0.999 else Doubt.NEAREST
    if stated >= STATED:
        return Doubt.NOTHING
    if stated < BEGUN and all(asked_term(one, bare=False) and not _HEAD.search(one) for one in readings):
        return Doubt.NEAREST if unsure else Doubt.UNDEFINED
    if unsure:
        return Doubt.NOTHING if any(_covers(one, opening) for one in readings) else Doubt.NEAREST
    if language_of(question) != language_of(" ".join(sentences)):
        return Doubt.NOTHING  # its words are none of theirs
    meets = any(_share_said(one, sentences) > THIN[band] and _has_head(one, sentences) for one in readings)
    return Doubt.NOTHING if meets else Doubt.ON_SUBJECT


def is_on_subject(question: str, text: str) -> bool:
    """Return True when a text has one of the words that a question is about."""
    return not stems(text).isdisjoint(map(stem, _subject(question)))


def _subject(question: str) -> list[str]:
    """Return the words that a question is about; how one of an exam asks to choose says nothing."""
    return subject_words(_CHOOSES.sub(" ", question))


def _covers(question: str, opening: str) -> bool:
    """Return True when a sentence speaks of what was asked; of a comparison, when it speaks of both things."""
    said, things = stems(opening), compared(question)
    if things:
        return said.issuperset(stems(" ".join(things)) - stems("a an the"))
    return len(subject_words(question)) > 1 and _share_said(question, [opening]) >= COVERED


def _share_said(question: str, sentences: Sequence[str]) -> float:
    """Return the share (0..1) of the words that were asked that stand in one of the sentences, each counted alike."""
    little = little_words(language_of(question))
    asked = {stem(word): 1.0 for word in _subject(question) if word not in little}
    for told in _TOLD_WITHOUT & _heads(question):
        asked.pop(told, None)
    return share_covered(asked, stems(" ".join(sentences)))


def _has_head(question: str, sentences: Sequence[str]) -> bool:
    """Return False when none of the sentences has the thing that "what is the … of …" asks for."""
    heads = _heads(question) - _TOLD_WITHOUT
    return not heads or not heads.isdisjoint(stems(" ".join(sentences)))


def _heads(question: str) -> set[str]:
    asked = _HEAD.search(question)
    return stems(asked["head"]) if asked else set()


def choices_wanted(question: str) -> str:
    """Return the sentence that asks for the choices which an exam's question came without; "" where it lacks none."""
    return _CHOICES[language_of(question)] if lacks_choices(question) else ""


def framed(question: str, answer: str, doubt: Doubt, *, places: Sequence[str]) -> str:
    """Return `answer` with what tells the doubt in front of it, and behind it which of `places` may be meant, if any.

    Choices that are missing are asked for even where the search is sure: it found the right section, which holds the
    gold answer of one such question in three.
    """
    language, wanted = language_of(question), choices_wanted(question)
    if doubt is Doubt.NOTHING:
        return f"{answer}\n\n{wanted}" if wanted else answer
    opening = f"{wanted} {_OPENINGS[doubt][language]}".lstrip()
    asks = doubt is Doubt.NEAREST and places and not wanted
    asked = _ELSEWHERE[language].format(places="; ".join(places)) if asks else ""
    return f"{opening} {answer}" + (f"\n\n{asked}" if asked else "")
