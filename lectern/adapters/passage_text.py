"""Prepares text for search by words, the same way at ingest and at query: words, character pairs, and symbols of code.

SQLite's tokenizer knows words between blanks. Scripts written without blanks are cut into overlapping pairs
of characters here, and the symbols that it drops (`==`, `%`, `len(`, `__init__`) become tokens of their own. Quotes
never come from prepared text.
"""

import re
from dataclasses import dataclass

from lectern.tutor.retrieval.words import STOP_WORDS, UNSPACED, pairs, words

#: SQLite's tokenizer, by which all passage indexes count words alike. Stemming is worth 4 points of recall@1 in English;
#: mark categories keep Hindi words whole.
TOKENIZER = "porter unicode61 remove_diacritics 2 categories 'L* N* M*'"

#: More terms than this make a query slow and no better.
MAX_TERMS = 64

# Both begin at a word's edge: from every letter of a long word they would take quadratic time.
_DUNDER = re.compile(r"\b__([^\W_]\w*?)__\b")
_CALL = re.compile(r"\b([^\W\d]\w*)\(")
_OPERATOR = re.compile(r"[=!<>+\-*/%&|^~@:#\\$\[\]{}]+")


def body_text(text: str) -> str:
    """Return `text` as the index holds it: unspaced scripts as pairs of characters, the rest unchanged."""

    def cut(run: re.Match[str]) -> str:
        # The last character stands alone too, so that each begins a token and can be found by itself.
        return f" {' '.join([*pairs(run[0]), run[0][-1]])} "

    return UNSPACED.sub(cut, text.replace("\0", " "))


def symbol_text(text: str) -> str:
    """Return the tokens of all code symbols in `text`."""
    return " ".join(_named_symbols(text) + [_token(run[0]) for run in _OPERATOR.finditer(text)])


@dataclass(frozen=True)
class Term:
    """What a question asks for: a word, or a symbol of code."""

    token: str
    is_symbol: bool = False

    @property
    def is_beginning(self) -> bool:
        """True for a lone character of an unspaced script, which every pair matches that it begins."""
        return len(self.token) == 1 and bool(UNSPACED.fullmatch(self.token))


def query_terms(query: str) -> list[Term]:
    """Return the distinct terms of `query`; safe for any text, empty if it holds no term.

    Stop words are left out unless there is nothing else.
    """
    asked = list(words(query))
    telling = [word for word in asked if word not in STOP_WORDS]
    symbols = [Term(token, is_symbol=True) for token in _query_symbols(query)]
    terms = [Term(word) for word in telling or ([] if symbols else asked)]
    return list(dict.fromkeys(terms + symbols))[:MAX_TERMS]


def _query_symbols(query: str) -> list[str]:
    """Like `symbol_text`, but a single operator must stand alone: "gram-negative" asks for no minus."""
    operators = [_token(run[0]) for run in _OPERATOR.finditer(query) if _is_asked_for(query, run)]
    return _named_symbols(query) + operators


def _is_asked_for(query: str, run: re.Match[str]) -> bool:
    if not run[0].strip("!"):
        return False
    beside_word = query[run.start() - 1 : run.start()].isalnum() or query[run.end() : run.end() + 1].isalnum()
    return len(run[0]) > 1 or not beside_word


def _named_symbols(text: str) -> list[str]:
    # The digit at the end keeps the stemmer off.
    dunders = [f"dunder{name.replace('_', '')}0" for name in _DUNDER.findall(text)]
    return dunders + [f"call{name.replace('_', '')}0" for name in _CALL.findall(text)]


def _token(operator: str) -> str:
    """Spell an operator by its character codes: "==" is "sym61x61"."""
    return "sym" + "x".join(str(ord(char)) for char in operator)
