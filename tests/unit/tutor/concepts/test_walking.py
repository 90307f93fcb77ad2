from lectern.tutor.concepts.walking import chosen, path_of, reduced
from lectern.tutor.domain.concept import Concept, Need, Place

HERE = Place(passage_id="p", document="a.md", title="A", heading_path=(), anchor="")


def concept(name: str, order: int) -> Concept:
    return Concept(
        id=name,
        name=name,
        aliases=(),
        sentence="",
        is_definition=False,
        order=order,
        first=HERE,
        explained=HERE,
    )


def needs(*pairs: str, weight: float = 9.0) -> list[Need]:
    """ "ba": b needs a."""
    return [Need(concept=pair[0], needs=pair[1], weight=weight) for pair in pairs]


def test_a_path_goes_from_what_it_rests_on_to_what_was_asked_for() -> None:
    edges = needs("dc", "db", "ca", "ba")
    wanted, shortened = chosen("d", edges, 10)
    concepts = [concept(name, order) for order, name in enumerate("abcd") if name in wanted]
    path = path_of(concepts[::-1], edges, shortened=shortened)
    assert [step.concept.name for step in path.steps] == ["a", "b", "c", "d"]
    assert [[one.name for one in step.needs] for step in path.steps] == [[], ["a"], ["a"], ["b", "c"]]
    assert not path.shortened


def test_a_path_names_only_what_a_step_rests_on_directly() -> None:
    assert reduced(needs("cb", "ba", "ca")) == {"c": {"b"}, "b": {"a"}}


def test_a_path_that_is_too_long_keeps_what_matters_most_and_says_so() -> None:
    edges = [*needs("za", "zb", weight=20), *needs("zc"), *needs("ax", "by", weight=1)]
    assert chosen("z", edges, 3) == (["z", "a", "b"], True)
    assert chosen("z", edges, 1) == (["z"], True)


def test_what_a_long_chain_mentions_is_no_part_of_the_path() -> None:
    """Weight of one in each step, and a student knows something already."""
    chain = needs("dc", "cb", "ba", weight=1)
    assert chosen("d", chain, 10) == (["d", "c"], False)


def test_what_many_steps_rest_on_counts_for_all_of_them() -> None:
    edges = [*needs("zb", "zc", "zd"), *needs("ba", "ca", "da", weight=1)]
    assert "a" in chosen("z", edges, 10)[0]
    assert "a" not in chosen("z", needs("zb", weight=2) + needs("ba", weight=1), 10)[0]


def test_a_circle_ends() -> None:
    assert set(chosen("a", needs("ab", "ba"), 10)[0]) == {"a", "b"}


def test_nothing_that_it_needs_makes_a_path_of_one() -> None:
    path = path_of([concept("a", 0)], [], shortened=False)
    assert [step.concept.name for step in path.steps] == ["a"]
