"""The tutor's errors.

LecternError
└── TutorError
    ├── UnknownCourse          no course of that id
    ├── AmbiguousCourse        no course was named and there are several
    ├── MaterialError          a file or folder cannot become passages; the message says why
    │   ├── NothingToIngest    zero passages came out of everything that was given
    │   └── UnreadableFile     one file is damaged, empty, no text, or of an unknown kind
    ├── EmbeddingModelError    the embedding model is missing, damaged or failed
    └── IndexUnavailable       the passage index cannot be read or written right now
"""

from lectern.base.errors import LecternError


class TutorError(LecternError):
    """Root of what the tutor foresees."""


class UnknownCourse(TutorError):
    """There is no course of that id."""

    code = "unknown_course"


class AmbiguousCourse(TutorError):
    """No course was named, none is the default, and there is not exactly one."""

    code = "ambiguous_course"


class MaterialError(TutorError):
    """Course material cannot become passages."""

    code = "material"


class NothingToIngest(MaterialError):
    """Zero passages came out of all that was given."""

    code = "nothing_to_ingest"


class UnreadableFile(MaterialError):
    """One file is damaged, empty, not text, or of a kind that we do not read."""

    code = "unreadable_file"


class EmbeddingModelError(TutorError):
    """The embedding model is missing, damaged or failed."""

    code = "embedding_model"


class IndexUnavailable(TutorError):
    """The passage index cannot be read or written right now."""

    code = "index_unavailable"
    passing = True
