"""Name the processes that still belong to an installation: those that name its var folder in command or environment."""

import os
import sys
from pathlib import Path


def left_over(var_dir: Path) -> list[str]:
    """Return "pid command" of every other process of this user that was started for `var_dir` (Linux)."""
    needle = str(var_dir.absolute()).encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            environment = (process / "environ").read_bytes()
        except OSError:  # gone, or somebody else's
            continue
        own = int(process.name) in _self_and_parents()
        serves = any(
            word in command for word in (b"celery", b"uvicorn", b"valkey", b"supervisord", b"manage.py")
        )
        if not own and serves and needle in command + environment:
            found.append(f"{process.name} {command.replace(bytes(1), b' ').decode(errors='replace')}")
    return found


def _self_and_parents() -> set[int]:
    pids, pid = set[int](), os.getpid()
    while pid > 1:
        pids.add(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return pids


if __name__ == "__main__":
    print("\n".join(left_over(Path(sys.argv[1]))), end="")
