"""Count what a language model that names concepts would read, and see that what it names twice is one concept.

`python -m evaluation.concepts_with_model` fills the real prompts with the kit's two books. The model is played: it names
the concepts that the rules found, where they are explained and at two further places, in another case, number, hyphen or by
an alias. So nothing is learned of a real model's concepts, and all that it adds are duplicates.
"""

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluation.concepts import COURSES, twice
from lectern.tutor.concepts.building import build
from lectern.tutor.concepts.checking import checked
from lectern.tutor.concepts.consulting import CALL_PASSAGES
from lectern.tutor.concepts.finding import READ_KINDS
from lectern.tutor.concepts.renewing import in_reading_order
from lectern.tutor.domain.concept import Concept, NamedConcept
from lectern.tutor.domain.passage import Passage
from lectern.tutor.ingest.reading import read_material
from lectern.tutor.prompts import listed, prompt

#: As Lectern counts where a server does not.
_TOKEN_CHARACTERS = 4


def main() -> None:
    """Read, play, build, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kit", type=Path, default=Path("../shared"))
    kit: Path = parser.parse_args().kit
    print("| course | passages | calls | tokens read, a passage | tokens written, a passage | named | left out |"
          " concepts by rules | with the model | with the same id | twice before | twice |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for course in COURSES:
        _measure(course, kit / "data" / course / "raw_cnxml")


def _measure(course: str, folder: Path) -> None:
    read = {one.key: one.passages for one in read_material([folder]).documents}
    names = in_reading_order(read)
    rules = build(names, lambda name: read[name], course)
    texts = {one.text_sha: one for name in names for one in read[name] if one.kind in READ_KINDS}
    model, passages = _Played(rules.concepts), list(texts.values())
    named: dict[str, list[NamedConcept]] = {}
    calls = characters_read = characters_written = said = left_out = 0
    for first in range(0, len(passages), CALL_PASSAGES):
        batch = passages[first : first + CALL_PASSAGES]
        system, user = prompt("name_concepts").filled({"passages": listed(batch)})
        schema = json.dumps(prompt("name_concepts").schema(len(batch)))
        reply = model.reply(batch)
        found = checked(reply, batch)
        assert found
        named |= found.named
        calls += 1
        characters_read += len(system) + len(user) + len(schema)
        characters_written += len(json.dumps(reply))
        said += len(reply["concepts"])
        left_out += found.left_out
    both = build(names, lambda name: read[name], course, named)
    same = {one.id for one in both.concepts} & {one.id for one in rules.concepts}
    read_each, written_each = (
        round(count / _TOKEN_CHARACTERS / len(passages)) for count in (characters_read, characters_written)
    )
    print(
        f"| {course} | {len(passages)} | {calls} | {read_each} | {written_each} | {said} | {left_out} "
        f"| {len(rules.concepts)} | {len(both.concepts)} | {len(same)} | {twice(rules)} | {twice(both)} |"
    )


class _Played:
    def __init__(self, concepts: Sequence[Concept]) -> None:
        self._chance = random.Random(1)
        self._at: dict[str, list[Concept]] = defaultdict(list)
        for one in concepts:
            for passage_id in {place.passage_id for place in (one.explained, one.first, *one.places[:1])}:
                self._at[passage_id].append(one)

    def reply(self, batch: Sequence[Passage]) -> dict[str, Any]:
        items = [
            self._item(one, str(number), passage)
            for number, passage in enumerate(batch, 1)
            for one in self._at[passage.id]
        ]
        return {"concepts": items}

    def _item(self, one: Concept, number: str, passage: Passage) -> dict[str, Any]:
        name, *others = self._chance.sample([one.name, *one.aliases], k=1 + len(one.aliases))
        return {
            "name": self._spelled(name),
            "passage": number,
            "aliases": others,
            "sentence": one.sentence if one.sentence in passage.text else "",
            "needs": [],
        }

    def _spelled(self, name: str) -> str:
        if name.isupper() or "(" in name:
            return name
        plural = name if name.endswith("s") else f"{name}s"
        return self._chance.choice([name, name.title(), name.replace(" ", "-"), plural])


if __name__ == "__main__":
    main()
