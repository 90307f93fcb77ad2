"""Have a language model name concepts for a command: what it costs is told first, and what came of it afterwards."""

import sys
from collections.abc import Callable

from django.core.management.base import CommandError

from lectern.bootstrap import lectern
from lectern.entrypoints.console.asking import confirmed
from lectern.entrypoints.console.progress import progress
from lectern.tutor.concepts.consulting import Consulted, Unread
from lectern.tutor.domain.course import Course

_NO_MODEL = (
    "No language model is set. Set LLM_MODEL to provider:model, with its provider's key or LLM_BASE_URL, and give "
    "the command again; docs/how-to/use-a-language-model.md has the providers."
)
_KEPT = "Nothing was read."


def consult(course: Course, budget: int | None, *, yes: bool, write: Callable[[str], object]) -> Consulted:
    """Tell what the model would read, ask, and have it read. `write` gets what a person is told."""
    here = lectern()
    if here.language_model is None:
        raise CommandError(_NO_MODEL)
    budget = here.settings.llm_concepts_budget if budget is None else budget
    unread = here.curator.unread(course)
    write(_told(course, unread, budget, here.language_model.name))
    if not unread.batches:
        return Consulted()
    if not yes and not sys.stdin.isatty():
        raise CommandError(f"{_KEPT} There is no terminal to ask on: give --yes.")
    if not yes and not confirmed("Go on? [y/N] "):
        raise CommandError(f"{_KEPT} Answer y, or give --yes.")
    # The other half of the calls at once is left to students' questions.
    at_once = max(1, here.settings.llm_max_concurrency // 2)
    with progress("Reading", "passages", unread.passages - unread.known) as step:

        def on_read(passages: int) -> None:
            for _ in range(passages):
                step()

        came = here.curator.consult(course, unread, at_once=at_once, budget=budget, on_read=on_read)
    write(_came(unread, came, budget))
    return came


def _told(course: Course, unread: Unread, budget: int, model: str) -> str:
    new = unread.passages - unread.known
    known = f"{model} has read {unread.known} of the {unread.passages} passages of {course.id} before."
    if not new:
        return f"{known} Nothing is asked of it."
    read, written = unread.most_input_tokens, unread.most_output_tokens
    lines = [
        known,
        f"The other {new} go to it in {len(unread.batches)} calls: at most {read + written} tokens, {read} read and "
        f"{written} written. The budget is {budget} tokens.",
    ]
    if read + written > budget:
        lines.append("It may end the reading before all is read; the same command then goes on.")
    return "\n".join(lines)


def _came(unread: Unread, came: Consulted, budget: int) -> str:
    read = unread.known + came.read
    share = 100 * read // unread.passages
    lines = [
        f"Read {came.read} passages in {came.calls} calls with {came.input_tokens + came.output_tokens} tokens "
        f"({came.input_tokens} read, {came.output_tokens} written): {read} of {unread.passages} are read, {share}%.",
        f"Named {came.concepts} times a concept. Left out: {came.left_out} that their passage does not name, "
        f"{came.unexplained} explanations that are no sentence of it.",
    ]
    if came.unusable:
        lines.append(
            f"Of {came.unusable} passages nothing came that can be used; the next time they are tried again."
        )
    if came.out_of_budget:
        lines.append(f"The budget of {budget} tokens has no room for another call. The same command goes on.")
    return "\n".join(lines)
