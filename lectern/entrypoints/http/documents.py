"""A course's documents: listed, uploaded, removed. Changes are made by a worker; each is a task."""

from pathlib import Path
from typing import Annotated

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest, JsonResponse
from ninja import Field, File, Form, PathEx, Router, Schema
from ninja.files import UploadedFile

from lectern.bootstrap import lectern
from lectern.engine.domain.run import Run
from lectern.entrypoints.http.course_responses import AcceptedMaterial, Documents
from lectern.entrypoints.http.courses import known_course
from lectern.entrypoints.http.guide import WORDS
from lectern.entrypoints.http.requests import (
    DOCUMENT_NAME,
    LONGEST_DOCUMENT_NAME,
    MOST_FILES,
    NewCourseId,
    document_names,
    is_name,
)
from lectern.entrypoints.http.responses import ProblemBody
from lectern.tutor.errors import UnknownDocument
from lectern.tutor.ingest.spooling import NamedFile

router = Router(tags=["documents"])

_READ = dict.fromkeys((404, 500, 503), ProblemBody)
_UPLOAD = dict.fromkeys((400, 401, 403, 408, 413, 415, 500, 503, 507), ProblemBody)
_REMOVE = dict.fromkeys((401, 403, 404, 408, 413, 500, 503), ProblemBody)


class Upload(Schema):
    """What an upload has besides its files."""

    #: The course's name for people, when it is new.
    title: Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")] = ""
    #: What the files are called in the course, in their order; their own names without.
    names: Annotated[list[Annotated[str, Field(pattern=DOCUMENT_NAME)]], Field(max_length=MOST_FILES)] = []


@router.get("courses/{course_id}/documents/", response={200: Documents, **_READ})
def list_documents(request: HttpRequest, course_id: str) -> JsonResponse:
    """List the documents of a course that its answers cite."""
    course = known_course(course_id)
    documents = [
        {
            "name": document.name,
            "title": document.title,
            "passages": document.passages,
            "updated_at": document.indexed_at.isoformat(),
        }
        for document in lectern().tutor.documents(course)
    ]
    return JsonResponse({"course_id": course.id, "documents": documents})


@router.post("courses/{course_id}/documents/", response={202: AcceptedMaterial, **_UPLOAD})
def upload_documents(
    request: HttpRequest,
    course_id: PathEx[NewCourseId],
    files: Annotated[list[UploadedFile], File(min_length=1, max_length=MOST_FILES)],
    form: Form[Upload],
) -> JsonResponse:
    """Add files to a course, which is made if it is new, or put them in the place of documents of the same name.

    Documents that are not named stay. With UPLOAD_TOKEN the request must show it as `Authorization: Bearer …`. Poll the
    task: its SUCCESS means that the files can be asked about; `problems` in its result names what could not be read.
    """
    names = document_names([file.name for file in files], form.names)
    here = lectern()
    run = here.curator.upload(
        course_id,
        form.title.strip(),
        [NamedFile(name=name, path=_on_disk(file)) for name, file in zip(names, files, strict=True)],
    )
    here.wake(run.queue)
    return accepted(run, "Files accepted for reading")


@router.delete("courses/{course_id}/documents/{path:name}/", response={202: AcceptedMaterial, **_REMOVE})
def remove_document(request: HttpRequest, course_id: str, name: str) -> JsonResponse:
    """Remove a document from a course, after what is under way for it. The same token is needed as for an upload."""
    here, course = lectern(), known_course(course_id)
    if not is_name(name, LONGEST_DOCUMENT_NAME):
        raise UnknownDocument("There is no such document: this is no name of one.")
    run = here.curator.remove_document(course, name)
    here.wake(run.queue)
    return accepted(run, "Document will be removed")


def accepted(run: Run, message: str, **more: str) -> JsonResponse:
    """Return the answer that a worker will change a course's material."""
    body = {"task_id": str(run.id), "status": WORDS[run.status], "message": message, "course_id": run.tenant}
    return JsonResponse({**body, **more}, status=202)


def _on_disk(file: UploadedFile) -> Path:
    assert isinstance(file, TemporaryUploadedFile), "FILE_UPLOAD_HANDLERS writes all files to the disk"
    return Path(file.temporary_file_path())
