"""The words of a sentence as they are compared: without what says nothing, and the same where two say the same."""

import re
from typing import NamedTuple

from lectern.tutor.answering.matching import is_function_word, stem, tokens


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Little words that change what is said; elsewhere they count as function words.
_TELLING = _words_of(
    """
    after before over under up down more most all any some same other between one both or from out off into too own
    would could should must will was were had
    """
)
#: Words that ask for a case, and those that deny.
CONDITIONS = _words_of("if unless except only until suppose assume without")
NEGATIONS = _words_of("not no never none nor neither")
#: Words that say how often, or how surely.
_OFTEN = _words_of("sometimes may rarely seldom often usually almost nearly hardly")
#: Words that turn or limit a statement: what is denied, supposed or ordered is no fact.
TURNING = (
    CONDITIONS
    | NEGATIONS
    | _OFTEN
    | _words_of(
        """
        false wrong incorrect untrue myth mistake mistaken instead unlikely impossible unable
        say says said tell tells told claim claims claimed believe believes believed belief think thinks thought pretend
        pretends imagine ignore disregard forget supposedly allegedly doubt doubts deny denies fear fears hope hopes wish
        wishes guess guesses suspect suspects seem seems idea assumption goal question fail fails refuse refuses
        argue argues argued taught convinced fallacy misconception rumor rumour hypothesis conjecture objection legend
        nonsense refuted disproved nicht kein keine keinen wenn sofern solange ohne außer behaupten behauptet angeblich
        sauf jamais si
        """
    )
)
#: What a clause of its own may hold without touching the one before it.
HARMLESS = NEGATIONS | _OFTEN
#: Words that a sentence may add or leave out without saying anything else.
_IDLE = _words_of(
    "example examples means mean however note simply just also really very thus whereas like itself"
)
#: Pairs of which either says what the other does, wherever it stands: the list is short because few do.
_SAME = {
    "start": "begin", "starts": "begins", "started": "began", "starting": "beginning",
    "known": "called", "display": "show", "displays": "shows", "displayed": "shown", "displaying": "showing",
    "permit": "allow", "permits": "allows", "permitted": "allowed", "large": "big", "larger": "bigger",
    "largest": "biggest", "every": "each", "when": "if", "till": "until", "might": "may", "simple": "easy",
    "stop": "end", "stops": "ends", "stopped": "ended", "stopping": "ending", "finishes": "ends", "finish": "end",
    "zero": "0", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_PHRASES = (
    (re.compile(r"\bcan(?:not|['’]t)\b|n['’]t\b", re.IGNORECASE), " not"),
    (re.compile(r"^\s*(?:yes|no),\s+", re.IGNORECASE), ""),
    (re.compile(r"\bfor instance\b", re.IGNORECASE), "for example"),
    (re.compile(r"\bgiv(?:es?|ing) back\b", re.IGNORECASE), "returns"),
    (re.compile(r"\bin order to\b", re.IGNORECASE), "to"),
    (
        re.compile(r"(?<!\w)[*_]{1,3}(?=[^\W\d])|(?<=\w)[*_]{1,3}(?![\w*])"),
        " ",
    ),  # emphasis, which "2 * 3" is none
    (re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])"), " "),
    (re.compile("\N{MINUS SIGN}"), "-"),
)
#: Numbers, words, signs of code, signs of mathematics (∧ is not ∨) and of money.
_TOKEN = re.compile(
    r"(?<!\w)-\d\w*|[^\W_]+|[=!<>+*/%&|^~@#-]{1,3}|[\u2190-\u22ff\u2a00-\u2aff¬±×÷·‰]|[$€£¥](?=\s?\d)"
)


class Token(NamedTuple):
    """A word or sign that tells something, in its standard form, with its place in the plain text."""

    word: str
    start: int
    end: int


def plain(text: str) -> str:
    """Return `text` with phrases in their standard form and without emphasis."""
    for pattern, instead in _PHRASES:
        text = pattern.sub(instead, text)
    return text


def telling(text: str) -> list[Token]:
    """Return what tells something in a plain text, in order."""
    found = []
    for match in _TOKEN.finditer(text):
        written = match.group()
        if written[0] == "-" or not written[0].isalnum():
            found.append(Token(written, *match.span()))
            continue
        if written == "False" and text[: match.start()].endswith("`"):  # a value, and not what is untrue
            found.append(Token("`false`", *match.span()))
            continue
        found += [Token(standard(word), *match.span()) for word in tokens(written) if _tells(word)]
    return found


def standard(word: str) -> str:
    """Return the form under which a word is compared."""
    word = _SAME.get(word, word)
    return word if word in TURNING else stem(word)


def _tells(word: str) -> bool:
    if word in _IDLE:
        return False
    return word in _TELLING or _SAME.get(word, word) in TURNING or not is_function_word(word)
