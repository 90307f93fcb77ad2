"""Find: what a document names that may be a concept, and what speaks for it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from lectern.tutor.concepts.abbreviating import abbreviations, split_name
from lectern.tutor.concepts.defining import entries, subject_of
from lectern.tutor.concepts.naming import Key, key_of, tidied
from lectern.tutor.domain.concept import NamedConcept
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.domain.sentences import sentences
from lectern.tutor.retrieval.words import STOP_WORDS

#: Exercises and their answers name concepts, but neither teach nor define one.
READ_KINDS = frozenset({PassageKind.BODY, PassageKind.SUMMARY})
#: What a language model named, where none was asked.
NOTHING_NAMED: Mapping[str, Sequence[NamedConcept]] = {}
#: What leads in a paragraph this often in a course is a label, such as "Note:", and no term.
_LABEL_TIMES = 3
#: A heading that so many documents have is part of their form: "Overview", "Further reading".
_FORM_TIMES = 3
_HEADING_WORDS, _LONGEST_HEADING = 3, 60
_AND = frozenset(["and", "und", "et", "y", "e", "&", "/", "or", "oder", "ou"])


class Sign(IntEnum):
    """What speaks for a concept, the strongest last."""

    #: A language model names it. It adds concepts, and outweighs nothing that the course itself says.
    NAMED = 0
    #: A sentence that has the shape of a definition.
    DEFINED = 1
    #: The whole of a heading.
    HEADING = 2
    #: Its author set it off as a term.
    MARKED = 3
    #: It has a line in a glossary.
    GLOSSARY = 4


@dataclass
class Candidate:
    """A name that may be a concept's."""

    #: How it is written, and how often so.
    spellings: Counter[str] = field(default_factory=Counter)
    signs: Counter[Sign] = field(default_factory=Counter)
    #: What a glossary says of it.
    meaning: str = ""


@dataclass
class Candidates:
    """What a course names, over all its documents."""

    by_key: dict[Key, Candidate] = field(default_factory=lambda: defaultdict(Candidate))
    #: Pairs of long and short form, and how often the course explains one by the other.
    abbreviations: Counter[tuple[Key, str]] = field(default_factory=Counter)
    long_forms: dict[Key, str] = field(default_factory=dict)
    #: Pairs of a name and another one of the same thing, as a language model says, and how often.
    aliases: Counter[tuple[Key, Key]] = field(default_factory=Counter)
    alias_spellings: dict[Key, str] = field(default_factory=dict)
    #: Documents that have a heading, and passages that begin with a marked term and a colon.
    _headings: Counter[Key] = field(default_factory=Counter)
    _labels: Counter[Key] = field(default_factory=Counter)
    marked_documents: int = 0
    documents: int = 0

    def add_document(
        self, passages: Sequence[Passage], named: Mapping[str, Sequence[NamedConcept]] = NOTHING_NAMED
    ) -> None:
        """Take in what one document names; `named` is what a language model names, by the hash of a passage's text."""
        readable = [passage for passage in passages if passage.kind in READ_KINDS]
        self.documents += bool(readable)
        self.marked_documents += any(passage.terms for passage in readable)
        headings = {
            part for one in readable for name in (one.title, *one.heading_path) for part in _parts(name)
        }
        for name in sorted(headings):
            if key := self._add(name, Sign.HEADING):
                self._headings[key] += 1
        for passage in readable:
            for one in named.get(passage.text_sha, ()):
                self._add_named(one)
            self._add_marked(passage)
            self._add_defined(passage)
            for long, short in abbreviations(passage.text):
                self._abbreviate(long, short)

    def sound(self) -> Mapping[Key, Candidate]:
        """Return those for which enough speaks: a mark, a glossary or a language model, else the more signs the more the
        course marks."""
        needed = 2 if 2 * self.marked_documents > self.documents else 1
        sound = {}
        for key, candidate in self.by_key.items():
            signs = set(candidate.signs)
            if self._headings[key] >= _FORM_TIMES:
                signs.discard(Sign.HEADING)
            if self._labels[key] >= _LABEL_TIMES:
                signs.discard(Sign.MARKED)
            if signs & {Sign.MARKED, Sign.GLOSSARY, Sign.NAMED} or len(signs) >= needed:
                sound[key] = candidate
        return sound

    def _add(self, written: str, sign: Sign) -> Key:
        long, short = split_name(written.strip())
        name = tidied(long)
        key = key_of(name)
        if key:
            self.by_key[key].spellings[name] += 1
            self.by_key[key].signs[sign] += 1
            if short:
                self._abbreviate(name, short)
        return key

    def _add_named(self, one: NamedConcept) -> None:
        key = self._add(one.name, Sign.NAMED)
        for alias in one.aliases:
            other = key_of(alias)
            if key and other and other != key:
                self.aliases[key, other] += 1
                self.alias_spellings.setdefault(other, alias)

    def _add_marked(self, passage: Passage) -> None:
        for term in passage.terms:
            key = self._add(term, Sign.MARKED)
            opening = passage.text.lstrip("-*• \t")[: len(term) + 2]
            if (
                key
                and opening.startswith(term)
                and opening[len(term.rstrip(": ")) :].lstrip(" ").startswith(":")
            ):
                self._labels[key] += 1

    def _add_defined(self, passage: Passage) -> None:
        if passage.kind is PassageKind.SUMMARY:
            for name, meaning in entries(passage.text):
                if key := self._add(name, Sign.GLOSSARY):
                    candidate = self.by_key[key]
                    candidate.meaning = candidate.meaning or meaning
            return
        for start, end in sentences(passage.text):
            defined = subject_of(passage.text[start:end])
            if defined and len(key_of(defined[0])) <= _HEADING_WORDS:
                name, alone = defined
                if alone:
                    self._add(name, Sign.DEFINED)
                elif (key := key_of(name)) in self.by_key:
                    self.by_key[key].signs[Sign.DEFINED] += 1

    def _abbreviate(self, long: str, short: str) -> None:
        key = key_of(long)
        if key and key != key_of(short):
            self.abbreviations[key, short] += 1
            self.long_forms.setdefault(key, long)


def _parts(heading: str) -> list[str]:
    """Return what a heading names when it is one name, or several joined by "and"; nothing for a sentence."""
    if len(heading) > _LONGEST_HEADING:
        return []
    parts, words = [""], heading.replace(",", " & ").split()
    for word in words:
        if word.casefold() in _AND:
            parts.append("")
        else:
            parts[-1] += f" {word}"
    names = [tidied(part) for part in parts]
    lengths = [len(key_of(name)) for name in names]
    # "Reading and writing files" names no reading: what is joined shares its last words.
    if lengths[-1] > lengths[0] or max(lengths) > _HEADING_WORDS:
        return []
    return [name for name in names if name and not STOP_WORDS & set(name.casefold().split())]
