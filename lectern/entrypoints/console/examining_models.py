"""How `doctor` looks at the models: each is asked once, with something tiny and within a limit."""

import asyncio
import time

from lectern.bootstrap import Lectern
from lectern.entrypoints.console.finding import Finding
from lectern.tutor.errors import EmbeddingModelError, LanguageModelError, TutorError

#: Longest wait for a language model, whatever LLM_TIMEOUT is.
LLM_SECONDS = 15.0

_SCHEMA = {
    "title": "check",
    "description": "Whether you can be reached.",
    "type": "object",
    "properties": {"reached": {"type": "boolean"}},
    "required": ["reached"],
}


def embedding(here: Lectern) -> Finding:
    """Embed a question."""
    model, began = here.tutor.indexing.model, time.monotonic()
    try:
        vector = here.tutor.indexing.embeddings.embed_query("What is Lectern?")
    except EmbeddingModelError as exc:
        if (
            "reason" not in exc.details
        ):  # the bundled one, or an answer that is none: its own words say it all
            raise
        return _wrong(exc, "EMBEDDING")
    if not here.settings.embedding_model:
        return Finding(ok=True, says=f"{model} is there, whole, and embeds.")
    seconds = time.monotonic() - began
    says = (
        f"{model} embeds: {len(vector)} numbers a text, in {seconds:.1f} s. Confidence is not fitted to it."
    )
    return Finding(ok=True, says=says)


def llm(here: Lectern) -> Finding:
    """Have the language model fill in one field."""
    model, began = here.language_model, time.monotonic()
    if model is None:
        return Finding(ok=True, says="No LLM_MODEL is set: answers are quotes of the course.")
    limit = min(LLM_SECONDS, here.settings.llm_timeout)
    asked = model.ask(
        system="You are being checked.", user="Can you be reached?", schema=_SCHEMA, seconds=limit
    )
    try:
        reply = asyncio.run(asked)
    except LanguageModelError as exc:
        return _wrong(exc, "LLM")
    if reply.value is None:
        says = f"{model.name} answers, and not in the form that is asked for ({reply.problem})."
        return Finding(
            ok=False,
            says=says,
            do="Set LLM_MODEL to a model that keeps a form: one that calls tools, or whose server takes a schema.",
        )
    seconds, tokens = time.monotonic() - began, reply.input_tokens + reply.output_tokens
    says = f"{model.name} answers in the form that is asked for: {seconds:.1f} s, {tokens} tokens."
    return Finding(ok=True, says=says)


def _wrong(exc: TutorError, prefix: str) -> Finding:
    status = exc.details.get("status", 0)
    match status:
        case 401 | 402 | 403:
            do = f"Set the key of {prefix}_MODEL's provider anew: one that may use this model."
        case 404 | 405:
            do = f"Is {prefix}_MODEL the model's right name there, and {prefix}_BASE_URL the right address?"
        case 429 | 529:
            do = "Wait a little, or look at the account's limits and credit."
        case 0:
            do = f"Is its server up, and can this machine reach it? Look at {prefix}_BASE_URL and {prefix}_TIMEOUT."
        case _:
            do = f"Look at the log of its server, and at {prefix}_BASE_URL."
    return Finding(ok=False, says=f"It cannot be used: {exc.details.get('reason')}.", do=do)
