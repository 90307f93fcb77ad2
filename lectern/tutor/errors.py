"""The tutor's errors.

LecternError
└── TutorError
    ├── UnknownCourse          no course of that id
    ├── CourseDeleted          the course was deleted before the question was answered
    ├── UnknownDocument        the course has no document of that name
    ├── UnknownConcept         the course has no concept of that name
    ├── UnknownAnswer          the course has no teacher's answer of that id
    ├── NoAnswer               a task has no answer that could be judged: it failed, or was no question
    ├── AmbiguousCourse        no course was named and there are several
    ├── MaterialError          a file or folder cannot become passages; the message says why
    │   ├── NothingToIngest    zero passages came out of everything that was given
    │   ├── UnreadableFile     one file is damaged, empty, no text, or of an unknown kind
    │   ├── UploadLost         the files of an upload are gone before they were read
    │   └── SpoolFull          there is no room on the disk for an upload
    ├── NotRecalibrated        judged answers are too few, or do not make a course's confidences any truer
    ├── EmbeddingModelError    the embedding model is missing, damaged, failed, or a provider refuses it
    │   └── EmbeddingModelBusy  too much is asked of a hosted one right now
    │       └── EmbeddingModelAway  it does not answer, too slowly, or with a fault of its own
    ├── EmbeddedOtherwise      a course has vectors of another embedding model than this server's
    ├── IndexUnavailable       the passage index cannot be read or written right now
    │   └── IndexAway          because its server does not answer, is late, has too much to do, or refuses the key
    ├── PassagesDiffer         two stores of passages, one a copy of the other, do not find the same
    ├── ConceptsUnavailable    the server that holds the concepts cannot be used right now
    ├── ConceptsDiffer         two stores of concepts, one a copy of the other, do not answer alike
    ├── LanguageModelError     a call of the language model came to nothing; the message is for the student
    │   ├── ModelRefuses       the provider takes neither this key, model nor request; trying again will not help
    │   ├── ModelBusy          too much is asked of it right now
    │   ├── ModelAway          it does not answer, too slowly, or with a fault of its own
    │   └── ModelFailed        it is needed (`LLM_FALLBACK=fail`) and gave nothing that can be used
    └── SlotsUnavailable       the count of calls at once cannot be kept right now
"""

from collections.abc import Collection

from lectern.base.errors import LecternError


class TutorError(LecternError):
    """Root of what the tutor foresees."""


class UnknownCourse(TutorError):
    """There is no course of that id."""

    code = "unknown_course"

    @classmethod
    def named(cls, course_id: str) -> "UnknownCourse":
        """Return the error of an id that no course has."""
        return cls(f"There is no course {course_id!r}.", hint="GET /api/ai/courses/ lists the courses.")


class CourseDeleted(TutorError):
    """The course was deleted before the question was answered."""

    code = "course_deleted"


class UnknownDocument(TutorError):
    """The course has no document of that name."""

    code = "unknown_document"


class UnknownConcept(TutorError):
    """The course has no concept of that name."""

    code = "unknown_concept"


class UnknownAnswer(TutorError):
    """The course has no teacher's answer of that id."""

    code = "unknown_answer"


class NoAnswer(TutorError):
    """A task has no answer that could be judged: it failed, was cancelled, or was no question of a course."""

    code = "no_answer"


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


class UploadLost(MaterialError):
    """The files of an upload are gone before they were read."""

    code = "upload_lost"


class SpoolFull(MaterialError):
    """There is no room on the disk for an upload."""

    code = "disk_full"


class NotRecalibrated(TutorError):
    """The judged answers of a course are too few, or do not make its confidences any truer."""

    code = "not_recalibrated"


class EmbeddingModelError(TutorError):
    """The embedding model is missing, damaged or failed, or its provider takes neither this key, model nor request."""

    code = "embedding_model"


class EmbeddingModelBusy(EmbeddingModelError):
    """Too much is asked of a hosted embedding model right now; `retry_after` is the provider's own word."""

    code = "embedding_model_busy"
    passing = True

    def __init__(self, message: str, *, retry_after: float | None = None, **details: object) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]  # details hold no hint here
        self.retry_after = retry_after


class EmbeddingModelAway(EmbeddingModelBusy):
    """A hosted embedding model does not answer, answers too slowly, or with a fault of its own."""

    code = "embedding_model_away"


class EmbeddedOtherwise(TutorError):
    """A course has vectors of another embedding model than this server's: they cannot be compared with a question's."""

    code = "embedded_otherwise"

    @classmethod
    def by(cls, others: Collection[tuple[str, int]], model: str, dimensions: int) -> "EmbeddedOtherwise":
        """Return the error of a course that has vectors of `others`, models with their lengths."""
        theirs = " and ".join(f"{name} ({length} numbers)" for name, length in others)
        return cls(
            f"Its passages were embedded by {theirs}, and this server embeds by {model} ({dimensions} numbers)."
        )


class IndexUnavailable(TutorError):
    """The passage index cannot be read or written right now."""

    code = "index_unavailable"
    passing = True

    @classmethod
    def lacking(cls, document: str, missing: int) -> "IndexUnavailable":
        """Return the error of a document that is given before `missing` of its texts were embedded."""
        return cls(
            f"{missing} of the vectors of {document} are not stored.",
            hint="Embed the document again.",
            document=document,
            missing=missing,
        )


class IndexAway(IndexUnavailable):
    """The server of the passage index does not answer, is late, has too much to do, or refuses the key: whatever is asked."""


class PassagesDiffer(TutorError):
    """Two stores of passages, one a copy of the other, do not find the same."""

    code = "passages_differ"


class ConceptsUnavailable(TutorError):
    """The server that holds the concepts cannot be used right now."""

    code = "concepts_unavailable"
    passing = True


class ConceptsDiffer(TutorError):
    """Two stores of concepts, one a copy of the other, do not answer alike."""

    code = "concepts_differ"


class LanguageModelError(TutorError):
    """A call of the language model came to nothing. In the details `reason` is for the operator, and `given_up` tells that
    it was under way for as long as it may take."""

    code = "language_model"


class ModelRefuses(LanguageModelError):
    """The provider takes neither this key, model nor request: trying again will not help."""

    code = "model_refuses"


class ModelBusy(LanguageModelError):
    """Too much is asked of the model right now; `retry_after` is the provider's own word."""

    code = "model_busy"
    passing = True

    def __init__(self, message: str, *, retry_after: float | None = None, **details: object) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]  # details hold no hint here
        self.retry_after = retry_after


class ModelAway(ModelBusy):
    """The model does not answer, answers too slowly, or with a fault of its own."""

    code = "model_away"


class ModelFailed(LanguageModelError):
    """The model is needed and gave nothing that can be used."""

    code = "model_failed"


class SlotsUnavailable(TutorError):
    """The count of calls at once cannot be kept right now."""

    code = "slots_unavailable"
    passing = True
