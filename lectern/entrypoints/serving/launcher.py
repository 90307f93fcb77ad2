"""The story of `make run`: clear the way, prepare, keep the programs running, end everything."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from lectern.entrypoints.serving import supervisord
from lectern.entrypoints.serving.die_with_parent import record
from lectern.entrypoints.serving.errors import ServeError
from lectern.entrypoints.serving.leftovers import end_leftovers
from lectern.entrypoints.serving.only_one import only_one
from lectern.entrypoints.serving.options import Program, ServeOptions
from lectern.entrypoints.serving.port import check_open, check_port
from lectern.entrypoints.serving.readiness import report_when_ready
from lectern.entrypoints.serving.terminal import EndAsked, end_on_signals, ignore_signals, say
from lectern.entrypoints.serving.valkey import make_startable, valkey_program


def serve(
    options: ServeOptions, programs: Sequence[Program], prepare: Sequence[Callable[[], None]], course: str
) -> int:
    """Serve until Ctrl-C or SIGTERM; return the exit status: 0 when asked to end, 1 with a sentence otherwise.

    `prepare` is called step by step before the programs start; a step may raise `ServeError`. `course` is the course
    of the question that the banner shows. To be called in the main thread.
    """
    end_on_signals()
    for folder in (options.var_dir, options.run_dir, options.log_dir):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with only_one(options):
            _serve(options, programs, prepare, course)
    except EndAsked:
        say("Ended.")
        return 0
    except ServeError as exc:
        say(str(exc))
        return 1
    return 0


def _serve(
    options: ServeOptions, programs: Sequence[Program], prepare: Sequence[Callable[[], None]], course: str
) -> None:
    try:
        _clear_the_way(options)
        if options.broker_socket is not None:
            valkey = valkey_program(options, options.broker_socket)
            make_startable(options, valkey, options.broker_socket)
            programs = (valkey, *programs)
        for step in prepare:
            step()
        _run(options, programs, course)
    finally:
        ignore_signals()
        _leave_nothing(options)


def _clear_the_way(options: ServeOptions) -> None:
    names = end_leftovers(options.run_dir)
    if names:
        say(f"Ended what an earlier start had left running: {', '.join(names)}.")
    check_port(options.host, options.port)
    check_open(options.host, options.allow_open)
    record(options.record("launcher"))


def _run(options: ServeOptions, programs: Sequence[Program], course: str) -> None:
    say(f"Starting {', '.join(program.name for program in programs)} …")
    running = supervisord.start(options, programs)
    try:
        report_when_ready(options, running, course)
        status = running.wait()
    except EndAsked:
        say("Ending … (Ctrl-C again: at once)")
        raise
    finally:
        supervisord.stop(running)
    raise ServeError(
        f"supervisord (process {running.pid}) ended by itself, exit status {status}; every program was ended with it.",
        hint=f"Its log is {options.log('supervisord')}. Start again.",
    )


def _leave_nothing(options: ServeOptions) -> None:
    end_leftovers(options.run_dir)
    options.record("launcher").unlink(missing_ok=True)
    if options.broker_socket is not None:
        options.broker_socket.unlink(missing_ok=True)
        with suppress(OSError):
            options.broker_socket.parent.rmdir()
