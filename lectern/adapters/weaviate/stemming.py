"""Words of texts as SQLite's full-text index would keep them: Weaviate's own tokenizers know neither stems nor marks.

One property holds all: a word of the title twice, which weighs it double, and symbols of code behind a sign that no word
has. So both passage indexes find by the same words, with nearly the same scores.
"""

import os
import sqlite3
import threading
from collections.abc import Sequence

from lectern.adapters.passage_text import TOKENIZER, body_text, query_terms, symbol_text
from lectern.tutor.domain.passage import Passage
from lectern.tutor.retrieval.words import UNSPACED, words

#: Words of each thread; about 10 MB.
_REMEMBERED = 50_000
_local = threading.local()


def kept_words(passages: Sequence[Passage]) -> list[str]:
    """Return of each passage the words that are kept, between blanks."""
    texts = [text for one in passages for text in (body_text(one.location), body_text(one.text))]
    told = _tokens(texts)
    symbols = _tokens([symbol_text(f"{one.location}\n{one.text}") for one in passages])
    kept = []
    for number, signs in enumerate(symbols):
        title, body = told[2 * number], told[2 * number + 1]
        all_words = [*title, *title, *body]
        beginnings = [
            _beginning(word[0]) for word in all_words if not word.isascii() and UNSPACED.match(word)
        ]
        kept.append(" ".join([*all_words, *beginnings, *map(_symbol, signs)]))
    return kept


def asked_words(query: str) -> str:
    """Return what is to be looked for, between blanks; "" when the question holds nothing."""
    terms = query_terms(query)
    asked = list[str]()
    for term, tokens in zip(terms, _tokens([term.token for term in terms]), strict=True):
        if term.is_beginning:
            asked.append(_beginning(term.token))
        else:
            asked += map(_symbol, tokens) if term.is_symbol else tokens
    return " ".join(asked)


def _symbol(token: str) -> str:
    return f"#{token}"


def _beginning(character: str) -> str:
    return f"^{character}"


def _tokens(texts: Sequence[str]) -> list[list[str]]:
    """Return the tokens of each text, in order. SQLite is asked about each word once: a course has a tenth as many."""
    told = [list(words(text)) for text in texts]
    known: dict[str, list[str]] = _local.__dict__.setdefault("known", {})
    if len(known) > _REMEMBERED:
        known.clear()
    _learn(list({word for one in told for word in one if word not in known}), known)
    return [[token for word in one for token in known[word]] for one in told]


def _learn(new: Sequence[str], known: dict[str, list[str]]) -> None:
    if not new:
        return
    known.update((word, []) for word in new)
    connection = _connection()
    connection.execute("DELETE FROM text")
    connection.executemany("INSERT INTO text (rowid, said) VALUES (?, ?)", enumerate(new))
    for number, token in connection.execute('SELECT doc, term FROM token ORDER BY doc, "offset"'):
        known[new[number]].append(token)


def _connection() -> sqlite3.Connection:
    """Return this thread's tables, which are in memory; a forked child makes its own."""
    made: dict[int, sqlite3.Connection] = _local.__dict__.setdefault("made", {})
    if os.getpid() not in made:
        connection = made[os.getpid()] = sqlite3.connect(":memory:", isolation_level=None)
        connection.execute(f'CREATE VIRTUAL TABLE text USING fts5(said, tokenize = "{TOKENIZER}")')
        connection.execute("CREATE VIRTUAL TABLE token USING fts5vocab(text, instance)")
    return made[os.getpid()]
