"""Serves stand-in programs as `manage.py serve` does Lectern's: `launch.py VAR PORT SOCKET|- PATIENCE KIND...`."""

import os
import sys
from pathlib import Path

from lectern.entrypoints.serving.launcher import serve
from lectern.entrypoints.serving.options import Program, ServeOptions

HERE = Path(__file__).parent


def main(var: str, port: str, broker_socket: str, patience: str, *kinds: str) -> int:
    options = ServeOptions(
        root=Path(var).parent,
        var_dir=Path(var),
        host="127.0.0.1",
        port=int(port),
        environment=os.environ,
        broker_socket=None if broker_socket == "-" else Path(broker_socket),
        patience_seconds=float(patience),
    )
    programs = [
        Program(name=kind, command=(sys.executable, str(HERE / "standin.py"), kind, port), stop_seconds=60)
        for kind in kinds
    ]
    return serve(options, programs, (), "python_101")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
