"""Where files live that several programs must find without asking one another."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path

#: Longest path of a Unix socket in bytes: macOS takes 103, Linux 107.
LONGEST_SOCKET_PATH = 103


def bundled_socket(var: Path, runtime_dir: str | None) -> Path:
    """Return where the bundled Valkey of the installation with this `var` folder listens.

    The folder is named after the user and `var`, so two checkouts never meet. It lies in `runtime_dir` (the value of
    XDG_RUNTIME_DIR) if that can be written to, else in the temporary folder, and in /tmp where either is too long.
    """
    owner = f"{os.getuid()}:{var.resolve()}".encode()
    name = f"lectern-{sha256(owner).hexdigest()[:12]}/valkey.sock"
    for home in (runtime_dir, tempfile.gettempdir()):
        if home and os.path.isabs(home) and os.access(home, os.W_OK | os.X_OK):
            path = Path(home, name)
            if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
                return path
    return Path("/tmp", name)  # noqa: S108  # its own folder in there has mode 0700
