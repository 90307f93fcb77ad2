"""Beat's sign of life."""

from pathlib import Path

from celery import Celery

from lectern.adapters.celery.scheduler import Scheduler


def test_beat_renews_its_heartbeat_file_at_each_look_and_looks_often(tmp_path: Path) -> None:
    app = Celery("beats", broker="memory://")
    app.conf["heartbeat_file"] = tmp_path / "heartbeat"
    app.conf["beat_max_loop_interval"] = 10.0
    scheduler = Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"), lazy=False)
    try:
        assert not (tmp_path / "heartbeat").exists()
        assert scheduler.tick() <= 10
        assert (tmp_path / "heartbeat").exists()
    finally:
        scheduler.close()


def test_beat_without_a_heartbeat_file_works_as_well(tmp_path: Path) -> None:
    app = Celery("beats", broker="memory://")
    app.conf["heartbeat_file"] = None
    scheduler = Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"), lazy=False)
    try:
        assert scheduler.tick() > 0
    finally:
        scheduler.close()
    assert all(path.name.startswith("schedule") for path in tmp_path.iterdir())
