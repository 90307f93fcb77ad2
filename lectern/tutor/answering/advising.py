"""What is said beside an answer, in the question's language: look at the source, or which of several sections is meant."""

from collections.abc import Sequence

from lectern.tutor.answering.matching import stem, stems, subject_words, tokens
from lectern.tutor.answering.recognising import language_of
from lectern.tutor.confidence.bands import Band
from lectern.tutor.domain.passage import Passage

#: A topic is named in this many words at most; sections that are offered.
_TOPIC_WORDS, _OFFERED = 2, 3
#: Words that say what is wanted of a topic: with one of them a question can be answered as it stands.
_WANTED_WORDS = """
    what whats how why when where who whose whom which is are was does do did can could should vs versus or not mean
    meaning define definition explain describe difference differences example examples
"""
_WANTED = frozenset(_WANTED_WORDS.split())

_CHECK = {
    "en": "Please check this against its source.",
    "de": "Bitte prüfe das an der Quelle nach.",
    "fr": "Merci de vérifier cela à la source.",
    "es": "Comprueba esto en la fuente, por favor.",
    "it": "Verifica quanto detto alla fonte, per favore.",
    "pt": "Verifique isto na fonte, por favor.",
    "nl": "Controleer dit bij de bron.",
    "ru": "Пожалуйста, сверьтесь с источником.",
    "ar": "يُرجى التحقق من ذلك في المصدر.",
    "ja": "出典で確認してください。",
    "zh": "请对照来源核实。",
}
_UNSURE = {
    "en": "This may not be what you asked for.",
    "de": "Das ist vielleicht nicht, wonach du gefragt hast.",
    "fr": "Ce n'est peut-être pas ce que tu demandais.",
    "es": "Puede que esto no sea lo que preguntabas.",
    "it": "Forse non è quello che hai chiesto.",
    "pt": "Isto pode não ser o que você perguntou.",
    "nl": "Dit is misschien niet wat je vroeg.",
    "ru": "Возможно, это не то, о чём вы спрашивали.",
    "ar": "قد لا يكون هذا ما سألت عنه.",
    "ja": "ご質問の答えではないかもしれません。",
    "zh": "这可能不是您要问的内容。",
}
_WHICH = {
    "en": "Which do you mean: {places}?",
    "de": "Was davon meinst du: {places}?",
    "fr": "De quoi s'agit-il : {places} ?",
    "es": "¿A cuál te refieres: {places}?",
    "it": "Quale intendi: {places}?",
    "pt": "A qual se refere: {places}?",
    "nl": "Welke bedoel je: {places}?",
    "ru": "Что вы имеете в виду: {places}?",
    "ar": "أيها تقصد: {places}؟",
    "ja": "どれのことですか：{places}",
    "zh": "您指的是哪一个：{places}？",
}
_WITHOUT_MODEL = {
    "en": "This answer was made without the language model, wholly or in part.",
    "de": "Diese Antwort ist ganz oder zum Teil ohne das Sprachmodell entstanden.",
    "fr": "Cette réponse a été faite sans le modèle de langage, en tout ou en partie.",
    "es": "Esta respuesta se ha hecho sin el modelo de lenguaje, en todo o en parte.",
    "it": "Questa risposta è stata fatta senza il modello linguistico, in tutto o in parte.",
    "pt": "Esta resposta foi feita sem o modelo de linguagem, no todo ou em parte.",
    "nl": "Dit antwoord is geheel of gedeeltelijk zonder het taalmodel gemaakt.",
    "ru": "Этот ответ составлен полностью или частично без языковой модели.",
    "ar": "أُعدّت هذه الإجابة كليًا أو جزئيًا دون نموذج اللغة.",
    "ja": "この回答は、全部または一部が言語モデルなしで作られました。",
    "zh": "此回答全部或部分未使用语言模型。",
}


def advice(question: str, band: Band) -> str:
    """Return the sentence that belongs beside an answer of that band; "" for a high confidence."""
    if band is Band.HIGH:
        return ""
    return (_CHECK if band is Band.CHECK_SOURCE else _UNSURE)[language_of(question)]


def without_model(question: str) -> str:
    """Return the sentence which says that the language model was away or of no use."""
    return _WITHOUT_MODEL[language_of(question)]


def asked_back(question: str, passages: Sequence[Passage], *, unsure: bool = False) -> str:
    """Return the question which of several sections is meant; "" where only one is, or it is said what is wanted.

    Sections are those of `passages` (best first) that hold the whole topic, and where `unsure` the best others.
    """
    if not names_only_a_topic(question):
        return ""
    topic = {stem(word) for word in subject_words(question)}
    holding = [one.whereabouts for one in passages if topic <= stems(f"{one.location} {one.text}")]
    found = [*holding, *(one.whereabouts for one in passages)] if unsure else holding
    places = list(dict.fromkeys(found))[:_OFFERED]
    return _WHICH[language_of(question)].format(places="; ".join(places)) if len(places) > 1 else ""


def names_only_a_topic(question: str) -> bool:
    """Return True for "loops?" or "help with lists": a topic of the course, and nothing on what is wanted of it."""
    return 0 < len(subject_words(question)) <= _TOPIC_WORDS and _WANTED.isdisjoint(tokens(question))
