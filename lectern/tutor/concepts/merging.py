"""Merge: names that are one concept, by spelling, by number, by abbreviation, and by a language model's word."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lectern.tutor.concepts.finding import Candidate, Candidates, Sign
from lectern.tutor.concepts.naming import Key, key_of, other_numbers

#: An abbreviation, or a language model's alias, that stands for two things belongs to the one that is explained so many times as often, or to none.
_CLEARLY = 2


@dataclass
class Merged:
    """A concept before the course was read for it: its names, and what speaks for it."""

    #: The one of its keys that most speaks for; gives the concept its id.
    key: Key
    keys: set[Key] = field(default_factory=set)
    spellings: Counter[str] = field(default_factory=Counter)
    #: Sum of what speaks for it, to choose by when there are too many.
    evidence: int = 0
    meaning: str = ""
    #: Its author set it off, or says what it is: then once is enough.
    is_told: bool = False


def merge(candidates: Candidates, most: int) -> list[Merged]:
    """Return the concepts that sound candidates come to, at most `most`, those first for which most speaks."""
    sound = candidates.sound()
    groups = _Groups(sound)
    for key in sound:
        for other in other_numbers(key):
            if other in sound:
                groups.join(key, other)
    short_of = _join_abbreviations(candidates, groups)
    _join_aliases(candidates, sound, groups, short_of)
    merged: dict[Key, Merged] = {}
    for key in sorted(sound, key=lambda key: (-_evidence(sound[key].signs), key)):
        one = merged.setdefault(groups.of(key), Merged(key))
        one.keys.add(key)
        one.spellings += sound[key].spellings
        one.evidence += _evidence(sound[key].signs)
        one.is_told |= sound[key].signs.keys() != {Sign.HEADING}
        one.meaning = one.meaning or sound[key].meaning
        for written in short_of[key]:
            one.keys.add(key_of(written))
            one.spellings[written] += 1
    return sorted(merged.values(), key=lambda one: (-one.evidence, one.key))[:most]


def _evidence(signs: Counter[Sign]) -> int:
    return sum(sign * count for sign, count in signs.items())


class _Groups:
    """Sets of keys that are one (union and find)."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._parent = {key: key for key in keys}

    def of(self, key: Key) -> Key:
        while self._parent[key] != key:
            self._parent[key] = self._parent[self._parent[key]]
            key = self._parent[key]
        return key

    def join(self, one: Key, other: Key) -> None:
        first, second = sorted((self.of(one), self.of(other)))
        self._parent[second] = first

    def __contains__(self, key: Key) -> bool:
        return key in self._parent


def _join_abbreviations(candidates: Candidates, groups: _Groups) -> dict[Key, list[str]]:
    """Join long and short forms that are both candidates; return the other forms of those of which only one is."""
    longs: dict[str, Counter[Key]] = defaultdict(Counter)
    for (long, short), times in candidates.abbreviations.items():
        longs[short][groups.of(long) if long in groups else long] += times
    others: dict[Key, list[str]] = defaultdict(list)
    for short, counted in longs.items():
        (long, times), *rest = counted.most_common(2)
        if rest and times < _CLEARLY * rest[0][1]:
            continue
        if key_of(short) in groups and long in groups:
            groups.join(key_of(short), long)
        elif long in groups:
            others[long].append(short)
        elif key_of(short) in groups:
            others[key_of(short)].append(candidates.long_forms[long])
    return others


def _join_aliases(
    candidates: Candidates, sound: Mapping[Key, Candidate], groups: _Groups, others: dict[Key, list[str]]
) -> None:
    """Join names that are one to a language model; add to `others` the aliases that are no candidates.

    Two names stay two where the course says of each what it is, and an abbreviation that it explains stays with what it
    explains: a model takes kinds and parts of a thing for other names of it.
    """
    names: dict[Key, list[Key]] = defaultdict(list)
    for (name, alias), times in sorted(candidates.aliases.items()):
        known = next((key for key in (alias, *other_numbers(alias)) if key in groups), alias)
        names[known] += [name] * times
    told = {groups.of(key) for key, one in sound.items() if one.signs.keys() & {Sign.DEFINED, Sign.GLOSSARY}}
    taken = {key_of(written) for some in others.values() for written in some}
    for alias, named in names.items():
        (name, times), *rest = Counter(groups.of(name) for name in named).most_common(2)
        if rest and times < _CLEARLY * rest[0][1]:
            continue
        if alias not in groups:
            if alias not in taken:
                others[name].append(candidates.alias_spellings[alias])
        elif not {name, groups.of(alias)} <= told:
            is_told = name in told or groups.of(alias) in told
            groups.join(name, alias)
            if is_told:
                told.add(groups.of(name))
