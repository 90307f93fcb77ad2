"""How every process here is started: it ends with its parent, and it is recorded for the next start."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lectern.entrypoints.serving import die_with_parent
from lectern.entrypoints.serving.options import ServeOptions


def wrapped(options: ServeOptions, name: str, command: Sequence[str], parent: str) -> tuple[str, ...]:
    """Return `command` so that it ends with the process recorded as `parent`, and is recorded as `name`."""
    wrapper = str(Path(die_with_parent.__file__))
    records = (str(options.record(parent)), str(options.record(name)))
    return (sys.executable, "-I", "-S", wrapper, *records, *command)


def run_to_end(options: ServeOptions, name: str, command: Sequence[str]) -> int:
    """Run a program of the launcher's in the checkout, with the programs' environment; return its exit status."""
    return subprocess.run(
        wrapped(options, name, command, parent="launcher"),
        cwd=options.root,
        env=dict(options.environment),
        stdin=subprocess.DEVNULL,
        # The terminal's Ctrl-C is for the launcher alone, which then ends this one.
        start_new_session=True,
        check=False,
    ).returncode
