"""Read: go through a course once more for the concepts it names, and note where each is explained and what is said there."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lectern.tutor.concepts.defining import defines
from lectern.tutor.concepts.finding import NOTHING_NAMED, READ_KINDS
from lectern.tutor.concepts.mentioning import Lexicon, Mention
from lectern.tutor.domain.concept import NamedConcept, Place
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.domain.sentences import sentences

#: What speaks for a passage as the place where a concept is explained. Of two for which as much speaks the first counts.
#: That a language model names a sentence counts as much as an author's mark: less than a mark on a definition.
_MARKED, _DEFINED, _HEADED, _NAMED_IN_HEADING, _IN_SUMMARY, _REPEATED = 3.0, 2.0, 2.0, 1.0, 0.5, 0.5
#: An everyday word is named so often, and no more than this share of it where it is explained.
_EVERYDAY_TIMES, _EVERYDAY_SHARE = 50, 0.03
#: Longest definition in characters; what is longer is a paragraph without a full stop.
LONGEST_DEFINITION = 600
#: Concepts of one passage that are compared with one another: a list of hundreds of names relates none of them.
_MOST_IN_PASSAGE = 40


@dataclass
class Explanation:
    """The best place for a concept that was met so far."""

    score: float = -1.0
    #: Number of the passage, and the offset of the sentence within it.
    passage: int = -1
    offset: int = 0
    #: The sentence that marks or defines it, or "".
    sentence: str = ""
    is_definition: bool = False
    #: The title or a heading above it names the concept.
    is_headed: bool = False
    #: Concepts that the sentence names, and that the rest of the passage does, with how often.
    core: Counter[int] = field(default_factory=Counter)
    rest: Counter[int] = field(default_factory=Counter)
    #: Concepts that the title and the headings above it name.
    above: frozenset[int] = frozenset()


@dataclass
class Reading:
    """What is known of all concepts of a course, by their numbers."""

    lexicon: Lexicon
    #: What a language model named, by the hash of a passage's text.
    named: Mapping[str, Sequence[NamedConcept]] = field(default_factory=lambda: NOTHING_NAMED)
    #: What each concept needs, as a language model says.
    needs: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    places: list[Place] = field(default_factory=list)
    #: Concepts of each passage.
    postings: list[Sequence[int]] = field(default_factory=list)
    #: The passage that names a concept first, running text before summaries.
    first: dict[int, int] = field(default_factory=dict)
    explanations: dict[int, Explanation] = field(default_factory=lambda: defaultdict(Explanation))
    #: Spellings inside of sentences, where no capital is due to the sentence.
    spellings: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    #: Of each concept and section: how often it is named there, and in which passage first.
    sections: dict[int, dict[tuple[str, ...], tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _in_running_text: set[int] = field(default_factory=set)

    def add_document(self, passages: Sequence[Passage]) -> None:
        """Read one document, the course's next."""
        readable = [passage for passage in passages if passage.kind in READ_KINDS]
        summaries = [passage.text for passage in readable if passage.kind is PassageKind.SUMMARY]
        summed_up = {mention.concept for text in summaries for mention in self.lexicon.mentions(text)}
        headings: dict[str, frozenset[int]] = {}
        for passage in readable:
            self._add(passage, summed_up, headings)

    def is_everyday(self, concept: int) -> bool:
        """Return True for a word that the course uses everywhere and once set off in passing, without saying what it is:
        "complex" as the shape of a virus. Elsewhere it does not mean the concept.
        """
        explanation = self.explanations[concept]
        document = self.places[explanation.passage].document
        named = sum(times for times, _ in self.sections[concept].values())
        here = sum(times for (where, *_), (times, _) in self.sections[concept].items() if where == document)
        told = explanation.is_definition or explanation.is_headed
        return not told and named >= _EVERYDAY_TIMES and here < _EVERYDAY_SHARE * named

    def _add(self, passage: Passage, summed_up: set[int], headings: dict[str, frozenset[int]]) -> None:
        mentions = self.lexicon.mentions(passage.text, passage.terms)
        counted = Counter(mention.concept for mention in mentions)
        number = len(self.places)
        self.places.append(Place.of(passage))
        self.postings.append(array("I", [concept for concept, _ in counted.most_common(_MOST_IN_PASSAGE)]))
        for concept, one in self._named(passage):
            known = (self.lexicon.concept_of(need) for need in one.needs)
            self.needs[concept].update(need for need in known if need is not None)
        body = passage.kind is PassageKind.BODY
        for concept, times in counted.items():
            if concept not in self.first or (body and concept not in self._in_running_text):
                self.first[concept] = number
            if body:
                self._in_running_text.add(concept)
                section = (passage.document, *passage.heading_path)
                before, at = self.sections[concept].get(section, (0, number))
                self.sections[concept][section] = (before + times, at)
        if body:
            above = [passage.title, *passage.heading_path]
            for heading in above:
                if heading not in headings:
                    named = self.lexicon.mentions(heading)
                    headings[heading] = frozenset(mention.concept for mention in named)
            self._explain(passage, number, mentions, summed_up, [headings[heading] for heading in above])

    def _named(self, passage: Passage) -> Iterator[tuple[int, NamedConcept]]:
        for one in self.named.get(passage.text_sha, ()):
            concept = self.lexicon.concept_of(one.name)
            if concept is not None:
                yield concept, one

    def _explain(
        self,
        passage: Passage,
        number: int,
        mentions: Sequence[Mention],
        summed_up: set[int],
        above: Sequence[frozenset[int]],
    ) -> None:
        headed, named_above = above[-1], frozenset[int]().union(*above)
        marked = {self.lexicon.concept_of(term) for term in passage.terms}
        counted = Counter(mention.concept for mention in mentions)
        best: dict[int, tuple[float, bool, int, int]] = {}
        chosen = {concept: one.sentence for concept, one in self._named(passage) if one.sentence}
        spans = sentences(passage.text)
        at = 0
        for mention in mentions:
            while at + 1 < len(spans) and spans[at][1] <= mention.start:
                at += 1
            start, end = spans[at]
            if mention.start > start + 2:
                self.spellings[mention.concept][passage.text[mention.start : mention.end]] += 1
            is_definition = defines(passage.text[start:end], mention.start - start, mention.end - start)
            is_set_off = mention.concept in marked or chosen.get(mention.concept) == passage.text[start:end]
            told = _MARKED * is_set_off + _DEFINED * is_definition
            if mention.concept not in best or told > best[mention.concept][0]:
                best[mention.concept] = (told, is_definition, start, end)
        for concept, (told, is_definition, start, end) in best.items():
            score = told + _REPEATED * (counted[concept] > 1) + _IN_SUMMARY * (concept in summed_up)
            score += (_HEADED if len(headed) == 1 else _NAMED_IN_HEADING) * (concept in headed)
            if score <= self.explanations[concept].score:
                continue
            core = Counter(
                one.concept for one in mentions if start <= one.start < end and one.concept != concept
            )
            rest = counted - core
            del rest[concept]
            self.explanations[concept] = Explanation(
                score=score,
                passage=number,
                offset=start,
                sentence=passage.text[start:end] if told and end - start <= LONGEST_DEFINITION else "",
                is_definition=is_definition,
                core=core,
                rest=rest,
                above=named_above - {concept},
                is_headed=concept in named_above,
            )
