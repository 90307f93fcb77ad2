"""What every `ConceptGraph` and `ConceptStore` promises. The one in SQL on SQLite, and on PostgreSQL by `make test-postgres`; the one in Neo4j by
`make test-stores`.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lectern.adapters.sql.concepts import SqlConcepts
from lectern.adapters.sql.courses import SqlCourses
from lectern.tutor.domain.concept import ConceptStats, CourseConcepts, Kinship, Need, Underlaid
from lectern.tutor.errors import UnknownCourse
from lectern.tutor.ports.concepts import ConceptStore
from tests.concepts import chain, concept, names, only


@pytest.fixture(params=["sql", "neo4j"])
def graph(request: pytest.FixtureRequest, db: None) -> ConceptStore:
    if request.param == "neo4j":
        return request.getfixturevalue("neo4j_concepts")  # type: ignore[no-any-return]
    return SqlConcepts()


@pytest.fixture
def tea(db: None) -> int:
    """A course's key."""
    return SqlCourses().add("tea", "Tea").key


@pytest.fixture
def wine(db: None) -> int:
    return SqlCourses().add("wine", "Wine").key


# --- what is found ---------------------------------------------------------------------------------------------------


def test_a_concept_comes_back_as_it_was_given(graph: ConceptStore, tea: int) -> None:
    given = concept("green tea", 0, "Camellia sinensis")
    graph.replace_course(tea, only(given))
    assert graph.named(tea, "green tea") == given
    assert graph.concepts(tea, {given.id, "other"}) == [given]
    assert graph.find(tea, "", 0, 10).concepts == (given,)


@pytest.mark.parametrize(
    "name", ["id-operating", "operating system", "Operating-Systems", "OS", "Betriebssystem"]
)
def test_a_concept_is_found_by_its_id_and_by_any_of_its_names(
    graph: ConceptStore, tea: int, name: str
) -> None:
    given = concept("operating system", 0, "OS", "Betriebssystem", id="id-operating")
    graph.replace_course(tea, only(given, concept("oslo", 1)))
    assert graph.named(tea, name) == given
    assert graph.named(tea, "system") is None
    assert graph.named(tea, "") is None


@pytest.mark.parametrize(
    "name", ["//", "%", "_", "__init__", "print()", "I/O", "類", "C++", "O'Neill", "a" * 500]
)
def test_signs_in_names_are_themselves(graph: ConceptStore, tea: int, name: str) -> None:
    graph.replace_course(tea, only(concept(name, 0, id="x"), concept("other", 1)))
    found = graph.named(tea, name)
    assert found
    assert found.id == "x"
    assert [one.id for one in graph.find(tea, name, 0, 10).concepts] == ["x"]


def test_a_first_name_goes_before_another_ones_second(graph: ConceptStore, tea: int) -> None:
    graph.replace_course(tea, only(concept("tea party", 0, "party"), concept("party", 1)))
    found = graph.named(tea, "party")
    assert found
    assert found.name == "party"


def test_a_list_is_in_the_courses_order_and_comes_in_pages(graph: ConceptStore, tea: int) -> None:
    graph.replace_course(
        tea, only(*(concept(name, order) for order, name in enumerate(["pot", "cup", "Pan", "lid"])))
    )
    assert [names(graph.find(tea, "", offset, 2).concepts) for offset in (0, 2, 4)] == [
        ["pot", "cup"],
        ["Pan", "lid"],
        [],
    ]
    assert graph.find(tea, "", 4, 2).total == 4
    beginning = graph.find(tea, "p", 0, 10)
    assert (names(beginning.concepts), beginning.total) == (["pot", "Pan"], 2)


def test_two_names_that_begin_so_are_one_entry(graph: ConceptStore, tea: int) -> None:
    graph.replace_course(tea, only(concept("black tea", 0, "black leaf")))
    assert graph.find(tea, "black", 0, 10).total == 1


def test_relatives_come_closest_first(graph: ConceptStore, tea: int) -> None:
    one, *others = (concept(name, order) for order, name in enumerate("abc"))
    kin = [
        Kinship(concept=one.id, related=other.id, weight=w)
        for other, w in zip(others, (0.1, 0.9), strict=True)
    ]
    graph.replace_course(
        tea, CourseConcepts(concepts=(one, *others), needs=(), kinships=tuple(kin), material="m")
    )
    assert graph.related(tea, one.id, 5) == kin[::-1]
    assert graph.related(tea, one.id, 1) == kin[1:]
    assert graph.related(tea, others[0].id, 5) == []


@pytest.mark.parametrize(("depth", "steps"), [(1, 1), (3, 3), (50, 9)])
def test_prerequisites_are_followed_as_deep_as_asked(
    graph: ConceptStore, tea: int, depth: int, steps: int
) -> None:
    given = chain(10)
    graph.replace_course(tea, given)
    found = graph.prerequisites(tea, given.concepts[-1].id, depth, 100)
    assert sorted(found, key=lambda need: need.concept) == sorted(
        given.needs[-steps:], key=lambda need: need.concept
    )


def test_prerequisites_end_where_enough_concepts_are_known(graph: ConceptStore, tea: int) -> None:
    given = chain(40)
    graph.replace_course(tea, given)
    found = graph.prerequisites(tea, given.concepts[-1].id, 100, 5)
    assert len(found) <= 5


def test_prerequisites_of_a_circle_end(graph: ConceptStore, tea: int) -> None:
    """None is ever made; one that came in otherwise holds no reader."""
    a, b = concept("a", 0), concept("b", 1)
    circle = [Need(concept=a.id, needs=b.id, weight=1), Need(concept=b.id, needs=a.id, weight=1)]
    graph.replace_course(tea, only(a, b, needs=circle))
    assert len(graph.prerequisites(tea, a.id, 1000, 1000)) == 2


def test_successors_come_first_for_which_it_counts_most(graph: ConceptStore, tea: int) -> None:
    one, *others = (concept(name, order) for order, name in enumerate("abc"))
    needs = [
        Need(concept=other.id, needs=one.id, weight=w) for other, w in zip(others, (1.0, 4.0), strict=True)
    ]
    graph.replace_course(tea, only(one, *others, needs=needs))
    assert graph.successors(tea, one.id, 5) == needs[::-1]
    assert graph.successors(tea, one.id, 1) == needs[1:]


def test_concepts_are_found_by_keys_of_their_names_with_what_they_need(graph: ConceptStore, tea: int) -> None:
    given = [
        concept("leaf", 0),
        concept("water", 1),
        concept("tea", 2, "green brew"),
        concept("cup", 3, "tea", "leaf"),
    ]
    leaf, water, brew, cup = given
    needs = [
        Need(concept=brew.id, needs=leaf.id, weight=1.0),
        Need(concept=brew.id, needs=water.id, weight=3.0),
        Need(concept=cup.id, needs=brew.id, weight=2.0),
    ]
    graph.replace_course(tea, only(*given, needs=needs))
    found = graph.underlaid(tea, ["green brew", "gren brew", "tea", "leaf", "cup"])
    assert found == [
        Underlaid(key="green brew", concept=brew, needs=(water, leaf)),
        Underlaid(key="tea", concept=brew, needs=(water, leaf)),
        Underlaid(key="leaf", concept=leaf, needs=()),
        Underlaid(key="cup", concept=cup, needs=(brew,)),
    ]
    assert graph.underlaid(tea, []) == []


# --- courses apart ---------------------------------------------------------------------------------------------------


def test_a_course_never_sees_anothers_concepts(graph: ConceptStore, tea: int, wine: int) -> None:
    given = chain(3)
    graph.replace_course(tea, given)
    last = given.concepts[-1]
    assert graph.stats(wine) == ConceptStats()
    assert graph.find(wine, "", 0, 10).total == 0
    assert graph.named(wine, last.name) is graph.named(wine, last.id) is None
    assert graph.concepts(wine, [last.id]) == []
    assert graph.related(wine, last.id, 5) == graph.successors(wine, given.concepts[0].id, 5) == []
    assert graph.prerequisites(wine, last.id, 5, 50) == []
    assert graph.underlaid(wine, [last.name]) == []
    assert graph.underlaid(tea, [last.name])[0].needs == (given.concepts[-2],)


def test_a_course_that_is_removed_or_replaced_leaves_the_others_as_they_are(
    graph: ConceptStore, tea: int, wine: int
) -> None:
    graph.replace_course(tea, chain(3))
    graph.replace_course(wine, chain(2))
    graph.remove_course(tea)
    graph.remove_course(tea)
    graph.replace_course(wine, only(concept("grape", 0)))
    assert graph.stats(tea) == ConceptStats()
    assert graph.find(tea, "", 0, 10).total == 0
    assert names(graph.find(wine, "", 0, 10).concepts) == ["grape"]


def test_a_course_that_was_deleted_takes_no_concepts(graph: ConceptStore, tea: int) -> None:
    graph.replace_course(tea, chain(3))
    SqlCourses().remove("tea")
    with pytest.raises(UnknownCourse):
        graph.replace_course(tea, chain(3))
    graph.remove_course(tea)


# --- replacing -------------------------------------------------------------------------------------------------------


def test_what_is_kept_is_counted_and_names_its_material(graph: ConceptStore, tea: int) -> None:
    assert graph.stats(tea) == ConceptStats()
    graph.replace_course(tea, chain(4))
    assert graph.stats(tea) == ConceptStats(concepts=4, needs=3, kinships=3, material="m1")


def test_replacing_twice_comes_to_the_same_and_leaves_nothing_of_before(
    graph: ConceptStore, tea: int
) -> None:
    graph.replace_course(tea, only(concept("gone", 0), concept("c1", 1, "old name")))
    for _ in range(2):
        graph.replace_course(tea, chain(3, "m2"))
        assert names(graph.find(tea, "", 0, 10).concepts) == ["c0", "c1", "c2"]
        assert graph.named(tea, "gone") is graph.named(tea, "old name") is None
        assert graph.underlaid(tea, ["gone", "old name"]) == []
        assert graph.stats(tea).material == "m2"


@pytest.mark.django_db(transaction=True)
def test_readers_see_one_state_while_another_is_written(graph: ConceptStore, tea: int) -> None:
    """Two states that share no concept: a page, and the concepts that its edges lead to, are of one of them."""
    states = [
        only(*(concept(f"{letter}{number}", number) for number in range(30)), material=letter)
        for letter in "ab"
    ]
    graph.replace_course(tea, states[0])
    stop = threading.Event()

    def write() -> None:
        for turn in range(1, 7):
            graph.replace_course(tea, states[turn % 2])
        stop.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not stop.is_set() and not writing.done():
            page = graph.find(tea, "", 0, 100)
            assert page.total == len(page.concepts) == 30
            assert len({one.name[0] for one in page.concepts}) == 1
        writing.result(30)


def test_a_course_without_concepts_is_kept_as_such(graph: ConceptStore, tea: int) -> None:
    graph.replace_course(tea, chain(3))
    graph.replace_course(tea, only(material="m9"))
    assert graph.stats(tea) == ConceptStats(material="m9")
    assert graph.find(tea, "", 0, 10).total == 0


def test_a_course_is_read_as_it_was_given(graph: ConceptStore, tea: int, wine: int) -> None:
    given, other = chain(7), only(concept("grape", 0))
    graph.replace_course(tea, given)
    graph.replace_course(wine, other)
    assert graph.read_course(tea) == given
    assert graph.read_course(wine) == other
    assert {tea, wine} <= graph.kept_courses()


def test_nothing_is_read_of_a_course_of_which_nothing_is_kept(graph: ConceptStore, tea: int) -> None:
    assert graph.read_course(tea) == CourseConcepts(concepts=(), needs=(), kinships=(), material="")


def test_prerequisites_are_in_the_same_order_whatever_keeps_them(graph: ConceptStore, tea: int) -> None:
    """Weightiest first in each step, and among equals as they were given."""
    given = [concept(name, order) for order, name in enumerate("abcdef")]
    a, b, c, d, e, f = (one.id for one in given)
    pairs = [(f, a, 1.0), (f, e, 5.0), (f, b, 5.0), (e, c, 2.0), (b, d, 3.0), (b, a, 3.0), (d, c, 1.0)]
    needs = [Need(concept=one, needs=other, weight=weight) for one, other, weight in pairs]
    graph.replace_course(tea, only(*given, needs=needs))
    found = [(need.concept, need.needs) for need in graph.prerequisites(tea, f, 3, 100)]
    assert found == [(f, e), (f, b), (f, a), (b, d), (b, a), (e, c), (d, c)]
