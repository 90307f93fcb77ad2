"""A benchmark of a server never measures what stands by for it."""

import pickle

import pytest

from benchmarks.answering import STATUS, MustAnswer, NotAnswered, stopping
from lectern.tutor.errors import ConceptsUnavailable, IndexAway, IndexUnavailable


class Server:
    def stats(self, course_key: int) -> int:
        if course_key < 0:
            raise IndexAway("It is away.", hint="Start it.")
        return course_key


def test_a_server_that_does_not_answer_raises_what_no_standby_takes_for_its_own() -> None:
    server = MustAnswer(Server())
    assert server.stats(course_key=7) == 7
    with pytest.raises(NotAnswered, match=r"It is away\. Start it\.") as raised:
        server.stats(-1)
    assert not isinstance(raised.value, IndexUnavailable)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(
        raised.value
    )  # questions are asked by another process


@pytest.mark.parametrize("error", [NotAnswered("It is away."), ConceptsUnavailable("It is away.")], ids=repr)
def test_a_benchmark_without_its_server_ends_with_a_sentence(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, stopping():
        raise error
    assert ended.value.code == STATUS
    assert capsys.readouterr().err == "Nothing more is measured: It is away.\n"
