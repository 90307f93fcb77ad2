"""The programs that `make run` keeps running, and the environment that they get. This is data: nothing starts here."""

import sys
from collections.abc import Mapping
from pathlib import Path

from lectern.entrypoints.serving.options import Program, ServeOptions

#: Seconds that the web program gives to requests in flight when it is ended.
_LAST_REQUESTS_SECONDS = 6

#: Seconds from SIGTERM to SIGKILL for worker, beat and web, which end together. What a killed worker was doing is
#: taken up by the next one. With the bundled Valkey's two more, everything is down within 15 s.
_STOP_SECONDS = 8


def lectern_programs(options: ServeOptions) -> tuple[Program, ...]:
    """Return worker, beat and web."""
    celery = (sys.executable, "-m", "celery", "-A", "config.celery")
    worker = ("worker", "--loglevel=info", "--queues=langgraph,embeddings")
    schedule = str(options.run_dir / "beat-schedule")
    sound = (sys.executable, "-m", "lectern.entrypoints.serving.sound_schedule", schedule)
    beat = ("beat", "--loglevel=info", "--schedule", schedule)
    uvicorn = (
        sys.executable,
        "-m",
        "uvicorn",
        "config.asgi:application",
        "--no-access-log",
        "--no-server-header",
    )
    address = ("--host", options.host, "--port", str(options.port))
    commands = {
        "worker": (*celery, *worker),
        "beat": (*sound, *celery, *beat),
        "web": (*uvicorn, *address, "--timeout-graceful-shutdown", str(_LAST_REQUESTS_SECONDS)),
    }
    return tuple(
        Program(name=name, command=command, stop_seconds=_STOP_SECONDS) for name, command in commands.items()
    )


def programs_environment(
    inherited: Mapping[str, str], broker_socket: Path | None, default_course: str
) -> Mapping[str, str]:
    """Return the environment of all programs.

    The bundled broker is named in it: a program that is started while Valkey is down must not take it for absent and
    look for another one.
    """
    environment = {"DEFAULT_COURSE_ID": default_course}
    if broker_socket is not None:
        url = f"redis+socket://{broker_socket}?virtual_host=0"
        environment |= {"CELERY_BROKER_URL": url, "CELERY_RESULT_BACKEND": url}
    environment |= {name: value for name, value in inherited.items() if value.strip()}
    # Two BLAS threads slow two readers down; logs of a program that dies must not stay in its buffer.
    # Celery would have Django check all URLs in worker and beat, which loads the whole web: a second each.
    return environment | {"OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "CELERY_SKIP_CHECKS": "1"}
