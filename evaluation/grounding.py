"""Measure what a language model's sentences have to hold against: labelled ones, and thousands of falsehoods made of a course.

The labelled ones are those of `model_answers.jsonl`; `falsehoods.jsonl` has false ones, each with a sentence that it could be
taken from. The others are made of each sentence of the course: two words change
places, a negation comes or goes, a number or the condition is another, two sentences are put together in the middle. Some
few of them may be true by chance.
"""

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lectern.tutor.answering.grounding import Grounded, ground
from lectern.tutor.answering.wording import telling
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.domain.sentences import sentences
from lectern.tutor.ingest.reading import read_material

HERE = Path(__file__).parent
SEED = 5
#: Kind and text.
Made = tuple[str, str]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--course", type=Path, default=HERE.parent / "demo/python_101")
    parser.add_argument(
        "--examples", type=int, default=0, help="falsehoods to show that got through, of each kind"
    )
    args = parser.parse_args()
    passages = [one for document in read_material([args.course]).documents for one in document.passages]
    if args.course.name == "python_101":
        _print_labelled(passages)
    _print_falsehoods()
    made, through = Counter[str](), dict[str, list[str]]()
    chance = random.Random(SEED)
    for passage in passages:
        for kind, text in _made_of(passage, chance):
            made[kind] += 1
            if isinstance(ground(text, [passage.id], [passage]), Grounded):
                through.setdefault(kind, []).append(text)
    for kind, count in made.items():
        print(f"{kind}: {len(through.get(kind, []))} of {count} accepted")
        for text in through.get(kind, [])[: args.examples if kind != "verbatim" else 0]:
            print(f"    {text}")


def _print_falsehoods() -> None:
    accepted = []
    lines = (HERE / "falsehoods.jsonl").read_text().splitlines()
    for line in map(json.loads, lines):
        passage = Passage(
            id="0", document="", title="", ordinal=0, text=line["says"], kind=PassageKind.BODY, heading_path=(),
            anchor="", start=0, end=len(line["says"]),
        )  # fmt: skip
        if isinstance(ground(line["text"], ["0"], [passage]), Grounded):
            accepted.append(line["kind"])
    print(f"falsehoods by hand: {len(accepted)} of {len(lines)} accepted ({', '.join(accepted)})")


def _print_labelled(passages: list[Passage]) -> None:
    seen, accepted = Counter[str](), Counter[str]()
    for line in (HERE / "model_answers.jsonl").read_text().splitlines():
        for sentence in json.loads(line)["sentences"]:
            begins = sentence["from"]
            cited = [one for one in passages if begins and begins in one.text]
            found = ground(sentence["text"], [one.id for one in cited], passages)
            seen[sentence["kind"]] += 1
            accepted[sentence["kind"]] += isinstance(found, Grounded)
    for kind, count in seen.items():
        print(f"labelled {kind}: {accepted[kind]} of {count} accepted")


def _made_of(passage: Passage, chance: random.Random) -> Iterator[Made]:
    text = passage.text
    found = [text[start:end] for start, end in sentences(text) if not text.startswith("```", start)]
    for sentence in found:
        yield "verbatim", sentence
        yield from _swapped(sentence, chance)
        yield from _turned(sentence, chance)
    for _ in range(4 if len(found) > 1 else 0):
        one, other = (sentence.split() for sentence in chance.sample(found, 2))
        yield "halves of two", " ".join(one[: len(one) // 2] + other[len(other) // 2 :])


def _swapped(sentence: str, chance: random.Random) -> Iterator[Made]:
    tokens = telling(sentence)
    for _ in range(3 if len(tokens) > 3 else 0):
        one, other = sorted(chance.sample(tokens, 2), key=lambda token: token.start)
        if one.word != other.word and one.end <= other.start:
            between = sentence[one.end : other.start]
            first, second = sentence[one.start : one.end], sentence[other.start : other.end]
            yield (
                "two words swapped",
                f"{sentence[: one.start]}{second}{between}{first}{sentence[other.end :]}",
            )


def _turned(sentence: str, chance: random.Random) -> Iterator[Made]:
    if verb := re.search(r"\b(?:is|are|can|does|do|will)\b(?! not)", sentence):
        yield "negation added", f"{sentence[: verb.end()]} not{sentence[verb.end() :]}"
    if re.search(r"\bnot\b", sentence):
        yield "negation dropped", re.sub(r"\b(?:does |do )?not\b ?", "", sentence, count=1)
    if numbers := list(re.finditer(r"\d+", sentence)):
        number = chance.choice(numbers)
        yield "another number", f"{sentence[: number.start()]}{int(number[0]) + 1}{sentence[number.end() :]}"
    if condition := re.match(r"If [^,]+, (.+)", sentence):
        yield "condition dropped", condition[1]


if __name__ == "__main__":
    main()
