"""Runs a program that ends when its parent does, also after kill -9, and records which process it is.

    python -I -S die_with_parent.py PARENT_RECORD OWN_RECORD PROGRAM [ARGUMENT]...

Every program waits for this one, so it imports next to nothing. Linux ends the program; elsewhere the record lets
the next start find and end it.
"""

import os
import sys

_PR_SET_PDEATHSIG = 1
_SIGKILL = 9


def main(arguments: list[str]) -> None:
    """Become PROGRAM."""
    parent_record, own_record, *program = arguments
    parent = recorded(parent_record)
    if parent is None:
        sys.exit(f"{program[0]} was not started: no process is recorded in {parent_record}.")
    end_with_parent(parent[0])
    record(own_record)
    os.execvp(program[0], program)  # noqa: S606  to become a program is what this one is for


def end_with_parent(parent: int) -> None:
    """Let the kernel kill this process when `parent`, the process that started it, ends; at once if it has ended.

    To be called in the main thread. Does nothing where the kernel cannot do it (macOS).
    """
    if sys.platform != "linux":
        return
    from ctypes import CDLL

    CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # It ended before the kernel was told to watch it.
        os.kill(os.getpid(), _SIGKILL)


def record(path: str | os.PathLike[str]) -> None:
    """Write down which process this is."""
    draft = f"{os.fspath(path)}.{os.getpid()}"
    with open(draft, "w") as file:
        file.write(f"{os.getpid()} {identity(os.getpid())}\n")
    os.replace(draft, path)


def recorded(path: str | os.PathLike[str]) -> tuple[int, str] | None:
    """Return pid and identity from a record; None if there is no legible one."""
    try:
        with open(path) as file:
            pid, _, name = file.read().strip().partition(" ")
        return int(pid), name
    except (OSError, ValueError):
        return None


def identity(pid: int) -> str | None:
    """Return what tells this process from a later one with the same pid: boot and start time. None if it has ended."""
    if sys.platform != "linux":
        return _identity_by_ps(pid)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The program's name, in brackets, may itself hold blanks and brackets.
            state, *numbers = file.read().rpartition(b")")[2].split()
        with open("/proc/sys/kernel/random/boot_id") as file:
            boot = file.read().strip()
    except OSError:
        return None
    return None if state in b"ZX" else f"{boot} {int(numbers[18])}"


def _identity_by_ps(pid: int) -> str | None:
    import subprocess

    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return None if not answer or answer[0].startswith("Z") else " ".join(answer[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
