"""Check: what of a language model's reply counts. The material may have told it what to write, so nothing is believed.

A concept counts if one of its names stands in the passage, and is kept in the passage's own spelling. Its explanation is
a sentence of that passage that names it, or none. So whatever a model writes, no word of its own is shown to anybody.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lectern.base.json import JsonObject
from lectern.tutor.concepts.abbreviating import split_name
from lectern.tutor.concepts.mentioning import Lexicon
from lectern.tutor.concepts.naming import Key, key_of, tidied
from lectern.tutor.concepts.reading import LONGEST_DEFINITION
from lectern.tutor.domain.concept import NamedConcept
from lectern.tutor.domain.passage import Passage
from lectern.tutor.domain.sentences import sentences

#: Concepts of one passage: a glossary's has about as many. Then aliases and needs of one concept.
MOST_OF_PASSAGE, _MOST_ALIASES, _MOST_NEEDS = 20, 4, 6
#: What is longer is no name, and is not looked at.
_LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What counts of a reply."""

    #: For each passage, by the hash of its text, also where nothing was named.
    named: dict[str, list[NamedConcept]]
    #: How many concepts do not count, and how many explanations of those that do.
    left_out: int
    unexplained: int


def checked(value: JsonObject, passages: Sequence[Passage]) -> Checked | None:
    """Return what counts of a reply about `passages`, numbered from 1; None for one that has no list of concepts."""
    items = value.get("concepts")
    if not isinstance(items, list):
        return None
    named: dict[str, list[NamedConcept]] = {passage.text_sha: [] for passage in passages}
    most = MOST_OF_PASSAGE * len(passages)
    left_out, unexplained = len(items[most:]), 0
    for item in items[:most]:
        passage = _passage(item, passages)
        concept = _concept(item, passage) if passage else None
        if passage is None or concept is None or len(named[passage.text_sha]) >= MOST_OF_PASSAGE:
            left_out += 1
            continue
        named[passage.text_sha].append(concept)
        unexplained += bool(item.get("sentence")) and not concept.sentence
    return Checked(named=named, left_out=left_out, unexplained=unexplained)


def _passage(item: object, passages: Sequence[Passage]) -> Passage | None:
    number = str(item.get("passage", "")) if isinstance(item, dict) else ""
    in_range = (
        number.isascii() and number.isdecimal() and len(number) < 4 and 1 <= int(number) <= len(passages)
    )
    return passages[int(number) - 1] if in_range else None


def _concept(item: JsonObject, passage: Passage) -> NamedConcept | None:
    names: dict[Key, str] = {}
    for written in (*_texts([item.get("name")], 1), *_texts(item.get("aliases"), _MOST_ALIASES)):
        for name in _as_it_stands(written, passage):
            names.setdefault(key_of(name), name)
    if not names:
        return None
    name, *aliases = names.values()
    needs = (tidied(written) for written in _texts(item.get("needs"), _MOST_NEEDS))
    return NamedConcept(
        name=name,
        aliases=tuple(aliases),
        sentence=_sentence(item.get("sentence"), passage, names),
        # What no database takes, half a character say, is not printable.
        needs=tuple(
            dict.fromkeys(need for need in needs if need.isprintable() and key_of(need) not in {*names, ()})
        ),
    )


def _texts(values: object, most: int) -> list[str]:
    some = values[:most] if isinstance(values, list) else []
    return [text for text in some if isinstance(text, str) and len(text) <= _LONGEST_NAME]


def _as_it_stands(written: str, passage: Passage) -> Iterator[str]:
    """Yield the passage's spelling of a name and of an abbreviation behind it, of what stands in the passage."""
    for part in split_name(written.strip()):
        key = key_of(tidied(part))
        for mention in Lexicon({key: 0}).mentions(passage.text, passage.terms)[:1] if key else ():
            if name := tidied(passage.text[mention.start : mention.end]):
                yield name


def _sentence(written: object, passage: Passage, names: Iterable[Key]) -> str:
    """Return the sentence of the passage that `written` is, whatever its blanks; "" for one that the passage does not
    have, or that has none of the names: it is shown alone."""
    wanted = written.split() if isinstance(written, str) else []
    own = (passage.text[start:end] for start, end in sentences(passage.text))
    found = next((one for one in own if wanted and one.split() == wanted), "")
    names_it = Lexicon(dict.fromkeys(names, 0)).mentions(found, passage.terms)
    return found if names_it and len(found) <= LONGEST_DEFINITION else ""
