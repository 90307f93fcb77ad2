"""Celery's tasks and their queues."""

from django.conf import settings

from lectern.bootstrap import TASKS, celery_app
from lectern.engine.domain.queues import Queues


def test_every_task_names_its_queue() -> None:
    app = celery_app(settings.LECTERN)
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if name.startswith("lectern.")}
    assert set(TASKS.values()) <= set(ours)
    assert {name: route["queue"] for name, route in settings.CELERY_TASK_ROUTES.items()}.keys() == ours.keys()
    for name in ours:
        assert settings.CELERY_TASK_ROUTES[name]["queue"] in set(Queues)
    for queue, name in TASKS.items():
        assert settings.CELERY_TASK_ROUTES[name]["queue"] == queue


def test_what_beat_sends_names_a_queue_and_does_not_pile_up() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["options"]["queue"] in set(Queues)
        assert entry["options"]["expires"] < entry["schedule"]


def test_every_queue_is_known_to_celery() -> None:
    assert set(settings.CELERY_TASK_QUEUES) == set(Queues)


def test_the_transport_knows_which_messages_carry_runs() -> None:
    assert set(settings.CELERY_BROKER_TRANSPORT_OPTIONS["run_tasks"]) == set(TASKS.values())
