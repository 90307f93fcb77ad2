"""The API of all topics: its description, and how its errors are told."""

from typing import Any

from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, JsonResponse
from django.http.multipartparser import InputStreamExhausted, MultiPartParserError
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Swagger
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from lectern.base.errors import LecternError
from lectern.entrypoints.http import concepts, courses, documents, gaps, tasks, threads
from lectern.entrypoints.http.errors import InvalidRequest, UnreadableRequest, WrongMediaType
from lectern.entrypoints.http.problems import report
from lectern.entrypoints.http.requests import MOST_FILES, invalid


class JsonParser(Parser):
    """Reads bodies that are declared as JSON and not compressed, and no others."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the body spells. Ninja hides what this raises inside an `HttpError`."""
        kind = request.content_type or ""
        if kind != "application/json" and not kind.endswith("+json"):
            raise WrongMediaType(
                "Send the body as JSON.", hint="Add the header Content-Type: application/json."
            )
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            raise WrongMediaType("Compressed bodies are not read here.", hint="Send the body as it is.")
        return super().parse_body(request)


api = NinjaAPI(
    title="Lectern",
    version="1",
    description="Answers students' questions about their courses, with citations and an honest confidence.",
    # Without this Swagger asks another host to judge the description.
    docs=Swagger({"validatorUrl": "none"}),
    docs_decorator=require_safe,
    parser=JsonParser(),
)
for topic in (tasks, threads, courses, documents, concepts, gaps):
    api.add_router("ai/", topic.router)


@api.exception_handler(Exception)
def tell(request: HttpRequest, exc: Exception) -> JsonResponse:
    """Answer an error by the table."""
    problem = report(exc)
    return JsonResponse(problem.body, status=problem.status, headers=problem.headers)


@api.exception_handler(ValidationError)
def tell_invalid(request: HttpRequest, exc: ValidationError) -> JsonResponse:
    """Name each wrong field."""
    return tell(request, invalid(exc.errors))


@api.exception_handler(HttpError)
def tell_unreadable(request: HttpRequest, exc: HttpError) -> JsonResponse:
    """Tell why a body could not be read."""
    cause = exc.__cause__
    return tell(
        request,
        cause if isinstance(cause, LecternError) else UnreadableRequest("The body is not valid JSON."),
    )


@api.exception_handler(MultiPartParserError)
@api.exception_handler(InputStreamExhausted)
def tell_broken_form(request: HttpRequest, exc: Exception) -> JsonResponse:
    """Tell that the parts of a form cannot be told apart."""
    return tell(request, UnreadableRequest("The body is no multipart/form-data."))


@api.exception_handler(TooManyFilesSent)
def tell_too_many(request: HttpRequest, exc: TooManyFilesSent) -> JsonResponse:
    """Tell the limit; Django's own words name a setting."""
    says = f"must be at most {MOST_FILES}"
    return tell(
        request,
        InvalidRequest(f"files {says}.", hint="Send the others in a second request.", fields={"files": says}),
    )


@api.exception_handler(TooManyFieldsSent)
@api.exception_handler(RequestDataTooBig)
def tell_too_much(request: HttpRequest, exc: SuspiciousOperation) -> JsonResponse:
    """Tell that a request has more fields than anybody needs; Django's own words name a setting."""
    return tell(
        request, UnreadableRequest("The fields of the request, files left out, are too many or too long.")
    )


@api.exception_handler(SuspiciousOperation)
def tell_malformed(request: HttpRequest, exc: SuspiciousOperation) -> JsonResponse:
    """Tell that Django refuses to parse the request."""
    return tell(request, UnreadableRequest(f"The request is malformed: {exc}"))
