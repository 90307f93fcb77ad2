"""supervisord keeps the programs running. It has no control interface: nobody but its parent can talk to it.

A program that dies is started again at once; one that dies within its first seconds after a pause that grows by a
second each time, for ever.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lectern.entrypoints.serving.children import wrapped
from lectern.entrypoints.serving.options import Program, ServeOptions
from lectern.entrypoints.serving.terminal import EndAsked

#: From SIGTERM until supervisord and all programs are killed. The programs' own limits end before.
_STOP_SECONDS = 14.0

_HEAD = """\
[supervisord]
nodaemon=true
silent=true
pidfile={pidfile}
logfile={log}
logfile_maxbytes=5MB
logfile_backups=3
"""

#: startsecs: a program that cannot be imported dies within it and is started again ever more slowly. startretries: the
#: pause grows by a second each time, so after an hour of failing it is 85 s; a million of them outlast any machine.
_PROGRAM = """
[program:{name}]
command={command}
autorestart=true
startsecs=5
startretries=1000000
stopwaitsecs={stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=3
"""

#: Groups end one after another, the highest priority first; the programs of a group end together.
_GROUP = """
[group:{name}]
programs={programs}
priority={priority}
"""


def start(options: ServeOptions, programs: Sequence[Program]) -> "subprocess.Popen[bytes]":
    """Write the configuration and start supervisord, which starts the programs."""
    config = options.run_dir / "supervisord.conf"
    config.write_text(configuration(options, programs))
    command = (sys.executable, "-m", "supervisor.supervisord", "-c", str(config))
    return subprocess.Popen(
        wrapped(options, "supervisord", command, parent="launcher"),
        cwd=options.root,
        env=dict(options.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # The terminal's Ctrl-C is for the launcher alone.
        start_new_session=True,
    )


def stop(supervisord: "subprocess.Popen[bytes]") -> None:
    """End supervisord and with it all programs: gently within 14 s, else, or when asked once more, at once."""
    supervisord.terminate()
    try:
        supervisord.wait(timeout=_STOP_SECONDS)
    except (subprocess.TimeoutExpired, EndAsked):
        supervisord.kill()
        supervisord.wait()


def configuration(options: ServeOptions, programs: Sequence[Program]) -> str:
    """Return supervisord's configuration file."""
    pidfile = _path(options, options.run_dir / "supervisord.pid")
    parts = [_HEAD.format(pidfile=pidfile, log=_path(options, options.log("supervisord")))]
    for program in programs:
        command = wrapped(options, program.name, program.command, parent="supervisord")
        values = {"name": program.name, "stop_seconds": program.stop_seconds, "command": _quoted(command)}
        parts.append(_PROGRAM.format(**values, log=_path(options, options.log(program.name))))
    for group, priority, last in (("programs", 2, False), ("servers", 1, True)):
        names = [program.name for program in programs if program.ends_last is last]
        if names:
            parts.append(_GROUP.format(name=group, programs=",".join(names), priority=priority))
    return "".join(parts)


def _quoted(command: Sequence[str]) -> str:
    """Quote for supervisor, which expands %, and cuts a line at a blank before # or ; even inside quotes."""
    return re.sub(r"(?<=\s)(?=[#;])", "''", shlex.join(command)).replace("%", "%%")


def _path(options: ServeOptions, path: Path) -> str:
    """Write a path from the working folder on: supervisor's values know no quotes, and checkouts have any name."""
    return str(path.relative_to(options.root) if path.is_relative_to(options.root) else path).replace(
        "%", "%%"
    )
