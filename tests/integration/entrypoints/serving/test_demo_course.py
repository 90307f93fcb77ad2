from pathlib import Path

import pytest
from django.apps import apps
from django.utils import timezone

from lectern.entrypoints.management.commands import serve
from lectern.entrypoints.serving.options import ServeOptions

OPTIONS = ServeOptions(
    root=Path(), var_dir=Path(), host="127.0.0.1", port=8000, environment={}, broker_socket=None
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def loadings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Takes the place of the program that loads, which then fails."""
    names: list[str] = []
    monkeypatch.setattr(serve, "run_to_end", lambda _options, name, _command: bool(names.append(name)) or 1)
    return names


def course(documents: int) -> None:
    now = timezone.now()
    row = apps.get_model("lectern", "CourseRow").objects.create(
        id=serve.DEMO_COURSE, key=1, title="Python", created_at=now
    )
    for number in range(documents):
        apps.get_model("lectern", "DocumentRow").objects.create(
            course=row, name=f"{number}.md", title="A lesson", content_sha="", passages=1, indexed_at=now
        )


def test_demo_course_is_loaded_the_first_time(loadings: list[str]) -> None:
    serve._load_demo(OPTIONS)
    assert loadings == ["demo"]


def test_demo_course_whose_loading_was_interrupted_is_loaded_again(loadings: list[str]) -> None:
    course(documents=0)
    serve._load_demo(OPTIONS)
    assert loadings == ["demo"]


def test_demo_course_that_is_there_is_left_alone(loadings: list[str]) -> None:
    course(documents=1)
    serve._load_demo(OPTIONS)
    assert loadings == []


def test_a_failed_loading_does_not_keep_lectern_from_serving(
    loadings: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    serve._load_demo(OPTIONS)
    assert "the next start tries again" in capsys.readouterr().out
