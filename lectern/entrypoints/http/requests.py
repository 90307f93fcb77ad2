"""What clients may send: types, limits, and the sentence for each way to get it wrong."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticKnownError

from lectern.entrypoints.http.errors import InvalidRequest
from lectern.tutor.domain.course import COURSE_ID
from lectern.tutor.domain.gap import Rating

#: Limit of a question in characters, and of `context` in bytes of JSON.
LONGEST_QUESTION = 4000
LARGEST_CONTEXT = 10_000

#: Limits of names in characters.
LONGEST_NAME = 200
LONGEST_COURSE_ID = 100

#: SQL stores no NUL. Lone surrogates are refused by pydantic itself.
_NO_NUL = r"^[^\x00]*$"
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


#: What Unicode calls white space, as `\\s` in the description does. Python's own `strip` takes some control characters too.
_WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def _text(longest: int, shortest: int = 1) -> StringConstraints:
    return StringConstraints(strict=True, min_length=shortest, max_length=longest, pattern=_NO_NUL)


def _stripped(text: str) -> str:
    """Take white space off a text whose length as it was sent is within its limit; a blank one is none."""
    if text := text.strip(_WHITE):
        return text
    raise PydanticKnownError("string_too_short", {"min_length": 1})


#: A blank question is none; the pattern tells it to readers of the schema.
QuestionText = Annotated[
    str,
    _text(LONGEST_QUESTION),
    AfterValidator(_stripped),
    Field(json_schema_extra={"pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"}),
]
StudentId = Annotated[str, _text(LONGEST_NAME)]
ThreadId = Annotated[str, _text(LONGEST_NAME)]
AnyText = Annotated[str, StringConstraints(pattern=_NO_NUL)]
CourseId = Annotated[str, _text(LONGEST_COURSE_ID, 0)]


def _storable(value: object) -> object:
    """Pass an object on if SQL can store it, with all that is in it."""
    return storable(value, LARGEST_CONTEXT) if isinstance(value, dict) else value


def storable(value: dict[str, Any], largest: int) -> dict[str, Any]:
    """Return an object that SQL can store, of at most `largest` bytes of JSON. Raises `ValueError` that says what is wrong."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("holds half a character (a lone surrogate)") from None
    except TypeError as exc:  # a caller's in Python
        raise ValueError(f"holds what JSON has no form for ({exc})") from None
    except ValueError:
        raise ValueError("holds a number that is not finite, or itself") from None
    if size > largest:
        raise ValueError(f"must be at most {largest} bytes of JSON")
    if _ESCAPED_NUL.search(text):
        raise ValueError("holds a NUL character")
    return value


def is_name(text: str, longest: int) -> bool:
    """Return True if a part of an address may be the name of something: what SQL cannot store is none."""
    return len(text) <= longest and "\0" not in text


_OtherKeysAreNone = Field(json_schema_extra={"additionalProperties": False})
_KeptObject = Annotated["dict[AnyText, Kept]", _OtherKeysAreNone]


class Kept(RootModel["None | bool | int | float | AnyText | list[Kept] | _KeptObject"]):
    """Whatever SQL can store: JSON without a NUL character."""


class Context(BaseModel):
    """What a question is about, at most 10,000 bytes of JSON; further keys are kept with it."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"propertyNames": {"type": "string", "pattern": _NO_NUL}}
    )
    __pydantic_extra__: dict[str, Kept]

    course_id: CourseId | None = None
    #: "hint": where to read and what to think about, without the solution. A course may give hints whatever is asked for.
    mode: Literal["answer", "hint"] | None = None


class AskRequest(BaseModel):
    """A student's question."""

    student_id: StudentId
    question: QuestionText
    context: Annotated[Context | None, BeforeValidator(_storable)] = None
    #: The client's name of a conversation; its questions are answered in order, each knowing the earlier ones.
    thread_id: ThreadId | None = None

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of `ask`."""
        context = self.context.model_dump(exclude_none=True) if self.context else {}
        return {
            "student_id": self.student_id,
            "question": self.question,
            "context": context,
            "thread_id": self.thread_id,
        }


def checked_question(
    student_id: object, question: object, context: object, thread_id: object
) -> dict[str, Any]:
    """Return the arguments of a question, whoever asks it, as HTTP would take them. Raises `InvalidRequest`."""
    asked = {"student_id": student_id, "question": question, "context": context, "thread_id": thread_id}
    try:
        return AskRequest.model_validate(asked).arguments()
    except ValidationError as exc:
        errors = [{**error, "loc": ("body", "asked", *error["loc"])} for error in exc.errors()]
        raise invalid(errors) from exc


#: Visible ASCII, as a header may carry it.
_KEY = r"[!-~]{1,200}"


def _key(text: object) -> object:
    if isinstance(text, str) and re.fullmatch(_KEY, text):
        return text
    raise ValueError("must be 1 to 200 visible ASCII characters, without spaces")


IdempotencyKey = Annotated[str, BeforeValidator(_key), Field(json_schema_extra={"pattern": f"^{_KEY}$"})]


def checked_key(key: object) -> str:
    """Return an idempotency key, whoever gives it, as HTTP would take it; "" for None. Raises `InvalidRequest`."""
    try:
        return "" if key is None else str(_key(key))
    except ValueError as exc:
        says = str(exc)
        raise InvalidRequest(f"idempotency_key {says}.", fields={"idempotency_key": says}) from exc


class RecentRequest(BaseModel):
    """Whose runs, and how many."""

    student_id: StudentId
    course_id: CourseId = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 20


#: Limits of a student's comment, and of a teacher's answer, in characters.
LONGEST_COMMENT, LONGEST_ANSWER = 2000, 20_000


class FeedbackRequest(BaseModel):
    """What a student says of an answer."""

    student_id: StudentId
    rating: Rating
    comment: Annotated[str, _text(LONGEST_COMMENT, 0)] = ""


class AnswerRequest(BaseModel):
    """A teacher's answer, in Markdown, to a question as a student would ask it."""

    question: QuestionText
    answer: Annotated[
        str,
        _text(LONGEST_ANSWER),
        AfterValidator(_stripped),
        Field(json_schema_extra={"pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"}),
    ]


def checked_answer(question: object, answer: object) -> tuple[str, str]:
    """Return a teacher's question and answer, whoever gives them, as HTTP would take them. Raises `InvalidRequest`."""
    try:
        given = AnswerRequest.model_validate({"question": question, "answer": answer})
    except ValidationError as exc:
        raise invalid(
            [{**error, "loc": ("body", "written", *error["loc"])} for error in exc.errors()]
        ) from exc
    return given.question, given.answer


class PageRequest(BaseModel):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=50)] = 20
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class ThreadRequest(BaseModel):
    """Whose conversation."""

    student_id: StudentId
    course_id: CourseId = ""


class SearchRequest(BaseModel):
    """What to search for."""

    q: QuestionText
    limit: Annotated[int, Field(ge=1, le=50)] = 10


class ConceptsRequest(BaseModel):
    """Which concepts, and which part of their list."""

    #: How a name begins.
    q: Annotated[str, _text(LONGEST_NAME, 0)] = ""
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class PathRequest(BaseModel):
    """What is to be learned, and in how many steps at most."""

    #: Its id, or any of its names.
    concept: Annotated[str, _text(LONGEST_NAME)]
    limit: Annotated[int, Field(ge=1, le=50)] = 12


#: A new course's id.
NewCourseId = Annotated[str, StringConstraints(pattern=f"^{COURSE_ID}$")]
#: A document's name: parts between slashes, none of them hidden or "..", no sign that steers a terminal or a path.
_PART = r"[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,99}"
DOCUMENT_NAME = f"^{_PART}(/{_PART}){{0,3}}$"
LONGEST_DOCUMENT_NAME = 500
MOST_FILES = 100


def document_names(own: Sequence[str | None], given: Sequence[str]) -> list[str]:
    """Return the names of uploaded files: those given for them in their order, else their own. Raises `InvalidRequest`."""
    if given and len(given) != len(own):
        says = f"must be one for each file: there are {len(given)} names and {len(own)} files"
        raise InvalidRequest(f"names {says}.", fields={"names": says})
    names = [unicodedata.normalize("NFC", name or "") for name in (given or own)]
    for name in names:
        if not re.match(DOCUMENT_NAME, name):
            raise _wrong_name(name)
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InvalidRequest(
            f"Two files are called {twice!r}.",
            hint="Give each a name of its own, in names.",
            fields={"names": "must differ"},
        )
    return names


def _wrong_name(name: str) -> InvalidRequest:
    return InvalidRequest(
        f"{name[:100]!r} is no name for a document: it has at most four parts between slashes, each of 1 to 100 characters, "
        "without a dot first, a backslash or a control character.",
        fields={"names": "must be paths such as week_1/intro.pdf"},
    )


_SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "string_type": "must be a string",
    "string_unicode": "holds half a character (a lone surrogate)",
    "string_pattern_mismatch": "holds a NUL character",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "value_error": "{error}",
}


def invalid(errors: Sequence[Mapping[str, Any]]) -> InvalidRequest:
    """Return the error that names each wrong field, from pydantic's list."""
    fields = {_name(error["loc"]): _sentence(error) for error in errors}
    return InvalidRequest("; ".join(f"{name} {says}" for name, says in fields.items()) + ".", fields=fields)


def _name(loc: Sequence[str | int]) -> str:
    """Return "context.course_id" for ("body", "asked", "context", "course_id"), "limit" for ("query", "limit")."""
    inside = loc[2:] if loc[0] == "body" else loc[1:]
    return ".".join(str(part) for part in inside) or str(loc[0])


def _sentence(error: Mapping[str, Any]) -> str:
    template = _SENTENCES.get(error["type"])
    return template.format(**error.get("ctx", {})) if template else str(error["msg"])
