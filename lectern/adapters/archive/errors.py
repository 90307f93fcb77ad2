"""What keeps a backup or a restore from being done.

LecternError
└── BackupError            the message is the sentence that the operator reads
    ├── DamagedArchive     the file is no archive of Lectern's, or not as it was written
    ├── NotEmpty           the installation has data, and nobody said that they may go
    ├── StillInUse         a process has a database of the installation open
    └── CannotWrite        a file cannot be read or written: the disk is full, or its permissions are wrong
"""

from lectern.base.errors import LecternError


class BackupError(LecternError):
    """Root of what goes wrong with backups."""

    code = "backup"


class DamagedArchive(BackupError):
    """The file is no archive of Lectern's, or not as it was written."""

    code = "damaged_archive"


class NotEmpty(BackupError):
    """The installation has data."""

    code = "not_empty"


class StillInUse(BackupError):
    """A process has a database of the installation open."""

    code = "still_in_use"


class CannotWrite(BackupError):
    """A file cannot be read or written."""

    code = "cannot_write"
