"""Recognise the language of a question by its script and its little words. Says English when in doubt."""

import re

from lectern.tutor.answering.matching import tokens

#: Words that are frequent in one of these languages and rare in the others. They need no accents: people leave them out.
_LITTLE_WORDS = {
    "en": "the what is are how does do which who where why of and to for with when can was i my you it not a in on one",
    "de": "der die das und ist sind was wie warum welche welcher wer wo wann ein eine einen ich nicht mit von für auf zu "
    "im den dem gibt man kann funktioniert bedeutet mein wozu wofür wofur dient heißt heisst erkläre erklaere zwischen",
    "fr": "le la les des est sont que qu quoi comment pourquoi quel quelle qui où un une dans avec pour je ne pas du ce "
    "cest mon quand fait on peut se trouve sert entre explique moi combien",
    "es": "el los las es son que qué cómo como por cuál cual quién dónde cuándo cuando un una en con para se del mi "
    "significa puedo hace hay donde está esta sirve entre explica cuántos cuantos cuántas cuantas",
    "it": "il lo gli le un che cosa cos come perché perche quale quali chi dove quando una uno di del della dei per con non è "
    "sono si può puo posso mio significa funziona qual serve spiega spiegami differenza quanti quante perchè",
    "pt": "o os as é são que qual quais como por porque quem onde quando um uma do da dos das para com não se meu posso "
    "significa funciona faz serve fica entre explica quantos quantas",
    "nl": "de het een is zijn wat hoe waarom welke wie waar wanneer en van voor met niet op ik mijn kan je werkt "
    "betekent tussen verschil leg uit hoeveel",
}
#: Scripts that tell the language, or come near enough to be read.
_SCRIPTS = {
    "ru": re.compile("[\u0400-\u04ff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "ja": re.compile("[\u3040-\u30ff]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
}
#: "non-verbal" is no Italian.
_COMPOUND = re.compile(r"\bnon-", re.IGNORECASE)
_SETS = {language: frozenset(words.split()) for language, words in _LITTLE_WORDS.items()}


def little_words(language: str) -> frozenset[str]:
    """Return the words that hold a question of a language together; of some languages none are known."""
    return _SETS.get(language, frozenset())


def language_of(text: str) -> str:
    """Return the code of the language whose script, or most of whose little words, `text` uses; "en" if none leads."""
    letters = sum(character.isalpha() for character in text)
    for language, script in _SCRIPTS.items():
        # A single foreign word is what an English question may be about; kanji stand between kana.
        if len(script.findall(text)) * 3 > letters:
            return language
    words = tokens(_COMPOUND.sub(" ", text))
    counts = {language: sum(word in little for word in words) for language, little in _SETS.items()}
    best = max(counts, key=lambda language: counts[language])
    # One such word in a longer sentence is chance: "print two things on one line" is no French.
    return best if counts[best] > counts["en"] and (counts[best] > 1 or len(words) < 4) else "en"
