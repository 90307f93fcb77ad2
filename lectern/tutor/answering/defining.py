"""Tell a definition by its grammar: "an X is a …", "… is called X", "X, a …", in the languages that courses are written in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from lectern.tutor.answering.marking import MARK as _T
from lectern.tutor.answering.marking import marked
from lectern.tutor.answering.matching import is_function_word, stem, stems, subject_words, tokens
from lectern.tutor.answering.recognising import language_of
from lectern.tutor.retrieval.words import STOP_WORDS

_ARTICLE = (
    r"(?:an?|the|any|one|each|every|ein(?:e[nmrs]?)?|der|die|das|den|un[ao]?|une|el|la|los|las|les?|il|lo|gli|um|uma|os|as|o"
    r"|een|de|het)"
)
#: What asks for a definition; group 1 is the term.
_ASKS = re.compile(
    r"^\W*(?:(?:and|so|but|please|can you|could you|und|y|et|e)\s+)*(?:"
    r"(?:explain\s+|describe\s+|tell me\s+)?what\s+(?:is|are|was|were)\s+meant\s+by\s+(.+)"
    r"|what\s+do(?:es)?\s+(.+?)\s+(?:mean|stand\s+for|refer\s+to)\b.*"
    r"|(?:define|meaning\s+of|definition\s+of|what\s+is\s+the\s+(?:meaning|definition)\s+of)\s+(.+)"
    r"|(?:explain|describe|tell me)\s+what\s+(.+?)\s+(?:is|are|means?)\b\W*"
    r"|explain\s+(?!how|why|when|where|which|what)(.+)"
    r"|what(?:'?s|’s|\s+is|\s+are|\s+was|\s+were)\s+(.+)"
    r"|was\s+(?:ist|sind|bedeutet|heißt|versteht\s+man\s+unter)\s+(.+)"
    r"|¿?\s*qu[eé]\s+(?:es|son|significa)\s+(.+)"
    r"|qu['’]?\s*est[\s-]ce\s+qu(?:e\s+c['’]est\s+qu)?['’e]\s*(.+)"
    r"|(?:che\s+)?cos(?:['’]è|a\s+è|a\s+sono|a\s+significa)\s+(.+)"
    r"|o\s+que\s+(?:é|são|significa)\s+(.+)"
    r"|wat\s+(?:is|zijn|betekent)\s+(.+)"
    r")$",
    re.IGNORECASE | re.DOTALL,
)
#: "explain recursion please", "explain to me what …": how it is asked, and none of the term.
_PLEASE = re.compile(
    r"[,\s]+(?:please|pls|bitte|por\s+favor|s['’]il\s+(?:te|vous)\s+pla[iî]t|per\s+favore|alsjeblieft)(?=\W*$)"
    r"|(?<=\bexplain)\s+(?:to\s+)?(?:me|us)\b|(?<=\bdescribe)\s+to\s+(?:me|us)\b",
    re.IGNORECASE,
)
#: "what is the difference …", "what is the best way …": these ask for something else.
_ASKS_ELSE = re.compile(
    r"\b(?:differences?|differ|happens?|used|wrong|(?:ways?|types?|kinds?|steps?|examples?)\s+(?:of|to|in)|best)\b|\bfor\W*$",
    re.IGNORECASE,
)
#: A second question behind the first: "what is a class and do I need it".
_ASKS_MORE = re.compile(
    r"[,?]?\s+(?:and|und|y|et|e|en)\s+(?:how|why|what|when|where|which|who|do|does|did|is|are|can|should|wie|warum|was|wann"
    r"|cómo|por\s+qué|qué|comment|pourquoi|come|perché|como|hoe|waarom)\s.+",
    re.IGNORECASE | re.DOTALL,
)
#: What asks for a comparison; its groups are what is compared.
_COMPARES = re.compile(
    r"(?:\bdifferen(?:ces?|t)\b.*?\bbetween|\bcompare|\bunterschied\w*\s+zwischen|\bdiferencias?\s+(?:hay\s+)?entre|\bdifférences?\s+entre)"
    r"\s+(?P<one>.+?)\s+(?:and|with|to|und|y|e|et)\s+(?P<other>.+)"
    r"|^(?P<left>.+?)\s+(?:vs\.?|versus|(?:is|are)\s+different\s+(?:from|to|than)|differs?\s+from)\s+(?P<right>.+)",
    re.IGNORECASE,
)
#: "name three cadences": what is wanted, and no term. "List" alone, or "list comprehension", is one.
_ORDERS = re.compile(
    r"\W*(?:(?:name|enumerate|nenne|nombra)\s|list\s+(?:the|all|some|two|three|four|five|\d))", re.IGNORECASE
)
_CONTEXT = re.compile(r"\s+(?:in|im|en|dans|em)\s+\S+(?:\s+\S+)?$", re.IGNORECASE)
_BARE_WORDS = 4
#: Characters of the longest question that is taken apart: what a longer one asks is no term, and patterns with several
#: open ends take time by a power of its length.
_LONGEST = 400

_BE = r"(?:is|are|was|were|ist|sind|war|waren|es|son|est|sont|è|sono|é|são|zijn)"
#: What may stand between a term and its verb: brackets, another name.
_INSET = (
    r"(?:\s*\([^()]{1,80}\))?(?:\s*,\s[^,]{1,90},|\s*[—–][^—–]{1,90}[—–]|\s+(?:or|oder|o|ou|of)\s+(?:an?\s+)?[\w'’-]+(?:\s[\w'’-]+)?)?"
    r"(?:\s*\([^()]{1,80}\))?"
)
_LEAD = rf"^[\"“(]*(?:(?!if\b|when\b|as\b|since\b|because\b|although\b|while\b)[^,;:{_T}]{{1,40}},\s+)?(?:{_ARTICLE}\s+)?"
#: "a dictionary in Python is …": where the term is at home.
_HOME = r"(?:\s+(?:in|im|en|dans|em)\s+(?:the\s+)?[\w'’-]+(?=\s))?"
#: The term as the grammatical subject, at most one word before or behind it ("a function argument", "a break statement").
_SUBJECT = rf"{_LEAD}(?P<before>(?:[^\W\d][\w'’-]*\s+){{1,2}})?{_T}(?P<behind>\s+(?!{_BE}\b)[^\W\d][\w'’-]*)??{_HOME}{_INSET}\s+"
_IS = re.compile(rf"{_SUBJECT}{_BE}\s+(?P<what>.+)", re.IGNORECASE)
_MEANS = re.compile(
    rf"{_SUBJECT}(?:means?|refers?\s+to|describes?|denotes?|stands?\s+for|consists?\s+of|occurs?\s+when|happens?\s+when"
    r"|bedeute[tn]|bezeichne[tn]|beschreib(?:t|en)|besteh(?:t|en)\s+aus|heißt|significan?|se\s+refieren?\s+a"
    r"|consisten?\s+en|désignen?t?|signifien?t?|indica|si\s+riferisce|consiste|betekent)\b",
    re.IGNORECASE,
)
_NAMES = (
    r"(?:called|known\s+as|referred\s+to\s+as|termed|named|genannt|bezeichnet|nennt\s+man|heißt|heißen|llamad[oa]s?|se\s+llaman?"
    r"|se\s+denominan?|denominad[oa]s?|se\s+conocen?\s+como|appelée?s?|s['’]appellent?|nommée?s?|si\s+chiamano?|chiamat[oaie]"
    r"|dett[oaie]|chamad[oa]s?|chama-se|genoemd|heet|heten)"
)
_NAMED = re.compile(
    rf"^(?P<what>.{{12,}}?)(?P<be>\b{_BE}\s+(?:also\s+|often\s+|commonly\s+|sometimes\s+|collectively\s+|then\s+)?)?\b{_NAMES}\s+"
    rf"(?:als\s+)?(?:{_ARTICLE}\s+)?[\"“‘']?(?P<before>[\w-]+\s+)?{_T}[\"”’']?(?=[^\w\s{_T}]|\s*\(|\s+(?:or|and|because|by|oder|und|o|y|ou|et)\b|$)",
    re.IGNORECASE,
)
#: "The large structure within the nucleus is the nucleolus."
#: But "the left side is a variable" says what the side is.
_IS_THE = re.compile(
    rf"^(?P<what>.{{12,}}?)\b{_BE}\s+(?:the|its|their|der|die|das|den|el|la|los|las|les?|il|lo|gli|os?|as|de|het)\s+{_T}(?=\s*[.,(]|$)",
    re.IGNORECASE,
)
_ENTRY = re.compile(rf"^(?:{_ARTICLE}\s+)?{_T}(?:\s*\([^()]*\))?\s*[:—–]\s+\w", re.IGNORECASE)
_APPOSITION = re.compile(
    rf"{_T}(?:\s*\([^()]*\)|\))?(?:\s*[—–]\s*|,\s+(?={_ARTICLE}\s|which\s+{_BE}\b|which\s|[\w-]+\s+(?:that|which|who|of|for|with|capable)\b)"
    rf"|\s*\((?={_ARTICLE}\s|meaning\b))|,\s+{_ARTICLE}\s+{_T}\s*[,.)]|\bor\s+(?:{_ARTICLE}\s+)?{_T}\s*[,.)]",
    re.IGNORECASE,
)
#: "The `append()` method, which …": says what kind of name it is.
_KIND_BEHIND = re.compile(rf"{_T}\s+[^\W\d_]+(?=,\s)")
#: A word of the same phrase before the term: "keyword arguments, which are …" are but one kind of them. Words that join
#: the term to what stands before ("kept in variables, which are …") are none.
_PRECEDED = re.compile(
    rf"(?!(?:{_ARTICLE}|{_BE}|or|and|of|in|as|by|with|from|for|to|on|into|using|called|oder|und|von|mit|zu|aus|o|y|con|por|en|ou|et|avec|par"
    rf"|dans|di|e)\s)\b[^\W\d_][\w'’-]*\s+{_T}",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    rf"{_LEAD}(?:(?:[\w'’-]+\s+){{0,2}}|(?!(?:al)?though\b|while\b)(?:[\w'’-]+\s+){{1,2}}(?:and|und|y|et|e|en)\s+){_T}",
    re.IGNORECASE,
)
#: "is the most common …", "is one of the largest …": compares, and does not define.
_RANKS = re.compile(
    r"(?:one\s+of\s+)?(?:the|an?)\s+(?:(?:most|least|leading|main|only|first|second|same)\b|\w+est\s)",
    re.IGNORECASE,
)
#: "X allows …": says what it does, which is the second best.
_DOES = re.compile(
    rf"{_SUBJECT}(?:allows?|enables?|lets?|provides?|facilitates?|combines?|involves?|stores?|holds?|contains?|controls?|defines?"
    r"|represents?|determines?|specif(?:y|ies)|measures?|ermöglich(?:t|en)|permiten?|permet(?:tent)?)\b",
    re.IGNORECASE,
)
#: "A loop repeats a block …", "The function `range()` produces a sequence …": so does what any other verb says. "The loop
#: visits the pairs" speaks of a certain one, unless its name is one of code.
_ACTS = re.compile(
    rf"{_SUBJECT}(?!(?:is|was|has|does|needs|becomes?|looks?)\b)[^\W\d_]{{2,}}[^\W\d_su]s\s+(?:{_ARTICLE}|one|two|several)\s",
    re.IGNORECASE,
)
_OF_ANY = re.compile(r"[^,;:]{0,40}\b(?:an?|un[ao]?|une|ein(?:e[nmrs]?)?|um|uma|een)\s", re.IGNORECASE)
#: "To add an item, use `append()`": what a name of code is for.
_FOR = re.compile(
    rf"to\s[^;:{_T}]{{6,}},\s+(?:\w+\s+){{1,2}}(?:{_ARTICLE}\s+)?(?:\w+\s+)?{_T}|use\s+(?:{_ARTICLE}\s+)?{_T}\s+(?:\w+\s+)?to\s",
    re.IGNORECASE,
)
#: "A similar loop, the while loop, is …" says what the other one is.
_NAMES_ONE = re.compile(rf"{_T}\s*,\s+{_ARTICLE}\s", re.IGNORECASE)
_OF_ALL = re.compile(
    r"(?:[^,;:]{1,40},\s+)?(?:every|each|all|most|many|some|jede[nmrs]?|alle|cada|chaque)\b", re.IGNORECASE
)
_HAS_ARTICLE = re.compile(rf"(?:{_ARTICLE}|l['’])\b", re.IGNORECASE)
#: "is convenient for", "are used to", "is not": says something of the term, but not what it is.
_QUALITY = re.compile(
    r"(?:not|also|often|usually|very|more|most|so|as|only|always|never)\b|[\w-]+(?:ed|en|ing|ly)\b|(?:made|found|done|built|set|kept"
    r"|sent|read|put|run|held)\b|[\w-]+(?:\s+(?:to|for|in|by|when|because|and|but|than|from|with|on|at|if)\b|[.,;]|$)",
    re.IGNORECASE,
)
_SERVES = re.compile(r"(?:often |usually |mainly )?(?:used|meant|intended|designed)\b", re.IGNORECASE)
_FOR_WHAT = re.compile(r"\s+(?:to|for|in|with|when(?:ever)?|as|by|inside|on|if)\b", re.IGNORECASE)
#: "Loops are objects, so they can be passed on": argues from what the term is.
_ARGUES = re.compile(r",\s+so\s", re.IGNORECASE)
_THE = re.compile(r"the\b", re.IGNORECASE)
_DENIES = re.compile(r"\b(?:never|not|don['’]t|cannot)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Term:
    """What a question asks the definition of."""

    #: Stems of its words, in order; one tuple for each way to write it.
    spellings: tuple[tuple[str, ...], ...]
    #: True when endings may differ more than English ones do.
    loose: bool
    #: True when the course writes it as a name in code: `append()`, `break`.
    coded: bool = False


def asked_term(question: str, *, bare: bool = True) -> Term | None:
    """Return the term whose definition `question` asks for, None when it asks for something else.

    "What is X?", "define X" and their like in other languages; where `bare`, "X?" as well.
    """
    question = _PLEASE.sub("", _one_spaced(question))
    found = _ASKS.match(question)
    phrase = _ASKS_MORE.sub("", next(filter(None, found.groups()), "")) if found else question
    if found and _ASKS_ELSE.search(phrase):
        return None
    if not found and not (bare and not _ORDERS.match(question) and _is_bare(question)):
        return None
    spellings = dict.fromkeys(
        tuple(map(stem, words))
        for part in _spellings(phrase.strip(" ?!.¿¡\"'"))
        for words in _ways_to_write(_without_articles(tokens(part)))
    )
    known = tuple(spelling for spelling in spellings if spelling)
    return Term(spellings=known, loose=language_of(question) != "en") if known else None


def compared(question: str) -> list[str]:
    """Return the two things that `question` compares; [] when it compares none."""
    found = _COMPARES.search(_one_spaced(question).strip(" ?!.¿"))
    return [part.strip() for part in found.groups() if part] if found else []


def _one_spaced(question: str) -> str:
    """Return `question` with single blanks; "" when it is too long to be taken apart."""
    spaced = " ".join(question.split())
    return spaced if len(spaced) <= _LONGEST else ""


def defines(sentence: str, term: Term) -> float:
    """Return how much (0..1) `sentence` looks like the definition of `term`: 1 for "an X is a …" and "… is called X"."""
    found = marked(sentence, term.spellings, loose=term.loose)
    return max(
        (_defines(part, one.coded or term.coded) for one in found for part in _parts(one.text)), default=0.0
    )


def _parts(text: str) -> list[str]:
    """Return a sentence, and its part between semicolons in which the term stands: "A is …; B is …" defines both."""
    return [text, *(part for part in text.split("; ") if _T in part and part != text)]


def as_written(term: Term | None, sentences: Iterable[str]) -> Term | None:
    """Return `term` as `sentences` of the course write it: a name in code where one of them does."""
    if term is None:
        return None
    coded = any(one.coded for text in sentences for one in marked(text, term.spellings, loose=term.loose))
    return replace(term, coded=coded)


def apart(term: Term | None, sentences: Iterable[str]) -> Term | None:
    """Return a term of several bare words as that many terms where no sentence has all of them: "mostly loops"."""
    if term is None or any(stems(text).issuperset(term.spellings[0]) for text in sentences):
        return term
    return replace(term, spellings=tuple((word,) for word in term.spellings[0]))


def is_term(heading: str, term: Term) -> bool:
    """Return True when a heading says `term` and nothing else: "Recursion", "What a for loop is"."""
    said = {stem(word) for word in tokens(heading) if word not in STOP_WORDS}
    return any(said == set(spelling) for spelling in term.spellings)


def _defines(text: str, coded: bool) -> float:
    """Return the strength of a sentence in which the term is marked; `coded` tells that it is a name in code."""
    if found := _IS.search(text):
        is_certain = coded and found["behind"] and _THE.match(found["what"])  # "the append() call is the bug"
        argues = _ARGUES.search(found["what"])
        kind = _kind_of(found["what"], coded) * (0.8 if argues else 1.0)
        return _closeness(found, coded) * kind * (0.6 if is_certain else 1.0)
    if found := _MEANS.search(text):
        return 0.95 * _closeness(found, coded)
    if found := _DOES.search(text):
        return 0.5 * _closeness(found, coded)
    if _ENTRY.match(text):
        return 0.9
    if coded and _FOR.match(text) and not _DENIES.search(text):
        return 0.65
    if found := _NAMED.search(text):
        return (1.0 if found["be"] else 0.7) * (0.6 if found["before"] else 1.0)
    if _IS_THE.match(text):
        return 0.7
    if _APPOSITION.search(_KIND_BEHIND.sub(_T, text) if coded else text):
        return 0.35 if _PRECEDED.search(text) else 0.6
    if (found := _ACTS.search(text)) and (coded or _OF_ANY.match(found[0])):
        return 0.6 * _closeness(found, coded)
    return 0.25 if _BEGINS.match(text) else 0.0


def _closeness(found: re.Match[str], coded: bool) -> float:
    if _OF_ALL.match(found[0]):  # "every variable refers to an object" tells a property
        return 0.5
    before, behind = (found["before"] or "").strip(), found["behind"]
    if coded and (
        behind or _HAS_ARTICLE.match(found[0])
    ):  # "the function `range()`", "an append() operation": its kind
        return 1.0
    if before and _NAMES_ONE.search(found[0]):
        return 0.2
    # "An infinite loop is …" defines no loop, "a Python dictionary is …" a dictionary: a name says where the thing is at home.
    # "A function parameter is …" defines a parameter as well, so some is left.
    named = before[:1].isupper() and found.start("before") > 0
    return (1.0 if not before else 0.7 if named else 0.45) * (0.6 if behind else 1.0)


def _kind_of(what: str, coded: bool) -> float:
    if _RANKS.match(what):
        return 0.4
    if _HAS_ARTICLE.match(what):
        return 1.0
    if served := _SERVES.match(what):  # for what a name of code serves says all
        return 1.0 if coded and _FOR_WHAT.match(what, served.end()) else 0.5
    return 0.35 if _QUALITY.match(what) else 0.9


def _spellings(phrase: str) -> list[str]:
    """Return a term's spellings: "minimal inhibitory concentration (MIC)" has two; "list in Python" is a list too."""
    outside = re.sub(r"\s*\([^()]*\)", "", phrase)
    inside = re.findall(r"\(([^()]*)\)", phrase)
    return [outside, *inside, _CONTEXT.sub("", outside)]


def _ways_to_write(words: list[str]) -> list[list[str]]:
    """Return a term as it was typed, and in one word, as names of code are written: "index error", `IndexError`."""
    return [words, ["".join(words)]] if len(words) == 2 else [words]


def _without_articles(words: list[str]) -> list[str]:
    while words and re.fullmatch(_ARTICLE, words[0]):
        words = words[1:]
    return words


def _is_bare(question: str) -> bool:
    """Return True for words that name something, without a sentence around them."""
    words = tokens(question)
    return (
        0 < len(words) <= _BARE_WORDS
        and subject_words(question) == list(dict.fromkeys(words))
        and not any(is_function_word(word) for word in words)
    )
