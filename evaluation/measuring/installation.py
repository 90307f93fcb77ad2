"""An installation to measure in: the parts of a real one, joined by the same composition root, with courses of its own.

Another than the one in use, so that nothing is asked of, or written into, what students have.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings
from tqdm import tqdm

from evaluation.measuring.material import Material
from lectern.base.ids import new_id
from lectern.tutor.domain.course import Course, StagedDocument
from lectern.tutor.ingest.embedding import embed_batch
from lectern.tutor.ingest.planning import Slice
from lectern.tutor.ingest.publishing import publish

if TYPE_CHECKING:
    from lectern.bootstrap import Lectern


def own_installation(folder: Path) -> "Lectern":
    """Return a Lectern that keeps everything in `folder`, with the language model and embeddings of the environment.

    Its passages are in the Weaviate of the environment, where there is one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(VAR_DIR=str(folder.absolute()), DATABASE_URL="", DEFAULT_COURSE_ID="")
    made = present_installation()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from lectern.bootstrap import IN_WEAVIATE

    if made.weaviate:
        made.passages.serve(IN_WEAVIATE)
    return made


def present_installation() -> "Lectern":
    """Return the Lectern of the environment: the one that `make run` serves."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault(
        "LOG_LEVEL", "ERROR"
    )  # a line for each declined question tells nobody anything here
    import django

    django.setup()
    from lectern.bootstrap import lectern

    return lectern()


def put_course(lectern: "Lectern", course_id: str, material: Material, embeddings: Embeddings) -> Course:
    """Make `material` the whole of a course, by the steps of an ingest; return the course."""
    parts = lectern.tutor.indexing
    course = parts.courses.add(course_id, course_id)
    names = {document.name for document in material.documents}
    gone = [one.name for one in parts.courses.documents(course_id) if one.name not in names]
    job = parts.jobs.open(new_id(), course_id, material.documents, gone, (), 0)
    for document in tqdm(material.documents, desc=f"indexing {course_id}", unit="document", disable=None):
        slices: list[Slice] = [(document.name, 0, len(document.passages))]
        embed_batch(
            job.id, slices, jobs=parts.jobs, index=parts.index, embeddings=embeddings, model=parts.model
        )
    publish(job.id, jobs=parts.jobs, courses=parts.courses, index=parts.index, model=parts.model)
    return course


def material_of(lectern: "Lectern", course: Course) -> Material:
    """Return what the index has of a course and answers may quote."""
    documents = []
    for one in lectern.tutor.documents(course):
        found = lectern.tutor.indexing.index.passages(course.key, one.name)
        passages = tuple(passage for passage in found if passage.kind in course.answerable_kinds)
        documents.append(
            StagedDocument(name=one.name, title=one.title, content_sha=one.content_sha, passages=passages)
        )
    return Material(documents=tuple(documents))
