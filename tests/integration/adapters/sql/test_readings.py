"""What a language model named in passages: remembered by text, for one course, until that is gone."""

import pytest

from lectern.adapters.sql.courses import SqlCourses
from lectern.adapters.sql.models import ReadPassageRow
from lectern.adapters.sql.readings import SqlReadings
from lectern.tutor.domain.concept import NamedConcept, ReadPassage
from lectern.tutor.errors import UnknownCourse

pytestmark = pytest.mark.django_db(transaction=True)

KETTLE = NamedConcept(name="kettle", aliases=("Kessel ☕",), sentence="A kettle is “hot”.", needs=("fire",))


@pytest.fixture
def tea() -> int:
    return SqlCourses().add("tea", "Tea").key


def test_what_is_kept_comes_back_and_is_replaced_by_text(tea: int) -> None:
    readings = SqlReadings()
    readings.keep(tea, "m, p 1", {"a": [KETTLE], "b": []})
    readings.keep(tea, "m, p 2", {"b": [KETTLE]})
    assert readings.kept(tea) == {
        "a": ReadPassage(reader="m, p 1", concepts=(KETTLE,)),
        "b": ReadPassage(reader="m, p 2", concepts=(KETTLE,)),
    }


def test_the_state_is_another_after_each_change_and_nothing_without_any(tea: int) -> None:
    readings = SqlReadings()
    states = [readings.state(tea)]
    for named in ({"a": [KETTLE]}, {"a": []}, {"a": []}, {"b": []}):
        readings.keep(tea, "m, p 1", named)
        states.append(readings.state(tea))
    assert states[0] == ""
    assert len(set(states)) == len(states)
    readings.forget_others(tea, {"a"})
    assert readings.state(tea) != states[-1]


def test_another_course_sees_and_loses_nothing_of_it(tea: int) -> None:
    readings, other = SqlReadings(), SqlCourses().add("other", "Other").key
    readings.keep(tea, "m, p 1", {"a": [KETTLE]})
    readings.keep(other, "m, p 1", {"a": [], "b": []})
    readings.forget_others(other, set())
    assert (set(readings.kept(tea)), readings.kept(other), readings.state(other)) == ({"a"}, {}, "")


def test_a_course_that_is_removed_takes_it_along_and_takes_nothing_any_more(tea: int) -> None:
    readings = SqlReadings()
    readings.keep(tea, "m, p 1", {"a": [KETTLE]})
    SqlCourses().remove("tea")
    assert not ReadPassageRow.objects.exists()
    with pytest.raises(UnknownCourse):
        readings.keep(tea, "m, p 1", {"b": [KETTLE]})
