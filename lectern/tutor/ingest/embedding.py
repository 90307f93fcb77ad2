"""Embed one batch: vectors of passages go into the index, where no search finds them yet, and how far that is into the job."""

import time
from collections.abc import Callable, Sequence
from uuid import UUID

import numpy as np
from langchain_core.embeddings import Embeddings

from lectern.tutor.domain.course import EmbeddingProgress
from lectern.tutor.ingest.planning import Slice
from lectern.tutor.ports.courses import IndexingJobs
from lectern.tutor.ports.passages import PassageIndex


def embed_batch(
    job_id: UUID,
    slices: Sequence[Slice],
    *,
    jobs: IndexingJobs,
    index: PassageIndex,
    embeddings: Embeddings,
    model: str,
    before: int = 0,
    tell: Callable[[EmbeddingProgress], None] = lambda _reached: None,
    anew: bool = False,
) -> int:
    """Embed those passages of the batch that have no vector yet (all of them if `anew`) and return how many there were.

    Done twice, or by two workers at once, it comes to the same: vectors are kept by text. `before` is how many of the
    job's passages stand in earlier batches; `tell` hears how far it is at the beginning and at the end.
    """
    began, job = time.monotonic(), jobs.get(job_id)
    if job:
        tell(job.embedding.after(before, 0, 0))
    staged = {document.name: document for document in jobs.staged(job_id, {name for name, _, _ in slices})}
    passages = [p for name, start, end in slices if name in staged for p in staged[name].passages[start:end]]
    texts = {passage.text_sha: passage.text for passage in passages}
    missing = sorted(texts if anew else index.missing_vectors(model, texts))
    if missing:
        vectors = embeddings.embed_documents([texts[sha] for sha in missing])
        pairs = zip(missing, vectors, strict=True)
        index.store_vectors(model, {sha: np.asarray(vector, np.float32) for sha, vector in pairs})
    if job:
        reached = job.embedding.after(before + len(texts), len(missing), time.monotonic() - began)
        jobs.note(job_id, reached)
        tell(reached)
    return len(missing)
