"""Twenty courses with near names and the same words: no question meets a passage of another course."""

import random

from lectern.adapters.sql.courses import SqlCourses
from lectern.adapters.weaviate.index import WeaviatePassageIndex
from lectern.tutor.domain.passage import PassageKind
from tests.contract.test_passage_index import MODEL, make_passages, put, unit

NAMES = ["math", "maths", "algebra-1", "algebra-1-b"] + [f"algebra-{number}" for number in range(2, 18)]
WORDS = [
    "sum",
    "ring",
    "field",
    "group",
    "root",
    "plane",
    "line",
    "point",
    "curve",
    "angle",
    "proof",
    "lemma",
]
KINDS = list(PassageKind)


def test_promise_8_no_question_meets_a_passage_of_a_course_of_a_like_name(
    weaviate_passages: WeaviatePassageIndex,
) -> None:
    index, chance = weaviate_passages, random.Random(8)
    keys = {name: SqlCourses().add(name, name).key for name in NAMES}
    ids = dict[str, set[str]]()
    for name, key in keys.items():
        texts = [f"{' '.join(chance.sample(WORDS, 4))} as {name} has it {number}" for number in range(6)]
        passages = make_passages("the same.md", texts)
        put(index, key, passages, [unit(*(chance.random() for _ in range(4))) for _ in passages])
        ids[name] = {one.id for one in passages}
    asked = 0
    for name in NAMES:
        for _ in range(25):
            query = " ".join([*chance.sample(WORDS, 3), chance.choice(NAMES)])
            words = index.search_keywords(keys[name], query, 50, KINDS)
            near = index.search_vectors(
                keys[name], MODEL, unit(*(chance.random() for _ in range(4))), 50, KINDS
            )
            assert {hit.passage.id for hit in (*words, *near)} <= ids[name]
            assert len(near) == 6
            asked += 2
        other = chance.choice([one for one in NAMES if one != name])
        assert index.present(keys[name], ids[other]) == set()
    assert asked == 1000
