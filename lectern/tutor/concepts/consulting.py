"""Consult: have a language model read the passages of a course and name concepts, within a budget of tokens.

What came of each call is remembered at once, by the texts of its passages. So a consultation that was stopped goes on
where it was, and one of a course that changed reads what is new.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from lectern.base.errors import LecternError
from lectern.base.log import logger
from lectern.tutor.concepts.checking import checked
from lectern.tutor.concepts.finding import READ_KINDS
from lectern.tutor.concepts.renewing import in_reading_order
from lectern.tutor.domain.course import Course
from lectern.tutor.domain.passage import Passage
from lectern.tutor.errors import LanguageModelError, ModelFailed
from lectern.tutor.ingest.planning import passages_of
from lectern.tutor.ports.concepts import ConceptReadings
from lectern.tutor.ports.courses import CourseCatalog
from lectern.tutor.ports.language_model import MOST_REPLY_TOKENS, LanguageModel, ModelSlots, Reply
from lectern.tutor.ports.passages import PassageIndex
from lectern.tutor.prompts import listed, prompt
from lectern.tutor.taking_turns import turn

_log = logger(__name__)

_PROMPT = "name_concepts"
#: Passages of one call: their concepts are a reply of about a thousand tokens, which models write within LLM_TIMEOUT.
CALL_PASSAGES = 8
#: Bytes of a token, at least: of English about 4, of Chinese 3.
_TOKEN_BYTES = 3
#: Calls that may fail in a row before the model is left alone, and the pause behind the first; each later one is twice as
#: long. Who is asked to wait for longer than the last number comes back another day.
_TRIES, _PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 4, 5.0, 120.0
#: Replies without an object before the first with one: then it is the model, and not a passage.
_USELESS = 8

#: Passages of one call.
Batch = tuple[Passage, ...]


@dataclass(frozen=True, kw_only=True)
class Unread:
    """What a model has to read of a course."""

    #: The model, and the prompt with its version.
    reader: str
    #: Different texts that the course teaches by, and how many of them this reader read before.
    passages: int
    known: int
    batches: tuple[Batch, ...]

    @property
    def most_input_tokens(self) -> int:
        """Tokens that the model reads, at most."""
        return sum(_input_tokens(batch) for batch in self.batches)

    @property
    def most_output_tokens(self) -> int:
        """Tokens that the model may write; most replies are a quarter of that."""
        return len(self.batches) * MOST_REPLY_TOKENS


@dataclass(kw_only=True)
class Consulted:
    """What came of it."""

    #: Passages that were read now, and those of which the model made nothing that can be used: they are not remembered.
    read: int = 0
    unusable: int = 0
    calls: int = 0
    #: A call that was given up counts as much as it may have used.
    input_tokens: int = 0
    output_tokens: int = 0
    #: Concepts that were named and count, and those that do not stand in their passage.
    concepts: int = 0
    left_out: int = 0
    #: Of those that count: explanations that are no sentence of their passage, and were dropped.
    unexplained: int = 0
    #: Why it ended before everything was read: the budget, or an error.
    out_of_budget: bool = False
    error: LecternError | None = None


def unread_of(
    course: Course, courses: CourseCatalog, index: PassageIndex, readings: ConceptReadings, model: str
) -> Unread:
    """Return what `model` has not read yet of a course, in the course's order."""
    reader = f"{model}, {_PROMPT} {prompt(_PROMPT).version}"
    texts: dict[str, Passage] = {}
    for name in in_reading_order(document.name for document in courses.documents(course.id)):
        for passage in passages_of(course, name, courses, index):
            if passage.kind in READ_KINDS:
                texts.setdefault(passage.text_sha, passage)
    known = {text_sha for text_sha, one in readings.kept(course.key).items() if one.reader == reader}
    unread = [passage for text_sha, passage in texts.items() if text_sha not in known]
    return Unread(
        reader=reader,
        passages=len(texts),
        known=len(texts) - len(unread),
        batches=tuple(
            tuple(unread[first : first + CALL_PASSAGES]) for first in range(0, len(unread), CALL_PASSAGES)
        ),
    )


async def consult(
    unread: Unread,
    course: Course,
    *,
    model: LanguageModel,
    slots: ModelSlots,
    readings: ConceptReadings,
    at_once: int,
    seconds: float,
    budget: int,
    on_read: Callable[[int], None] = lambda passages: None,
) -> Consulted:
    """Have `model` read, `at_once` calls at a time, each within `seconds`, all within `budget` tokens.

    A call is begun when what it may use at most is left, with what those under way may use. `on_read` is called with how
    many passages were read. Nothing is raised for a model or a store that fails: it ends, and `Consulted` tells why.
    """
    consultation = _Consultation(course, unread.reader, model, slots, readings, seconds, budget, on_read)
    consultation.waiting.extend(unread.batches)
    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, len(unread.batches))):
            group.create_task(consultation.work())
    return consultation.came_of_it


@dataclass
class _Consultation:
    course: Course
    reader: str
    model: LanguageModel
    slots: ModelSlots
    readings: ConceptReadings
    seconds: float
    budget: int
    on_read: Callable[[int], None]
    waiting: deque[Batch] = field(default_factory=deque)
    came_of_it: Consulted = field(default_factory=Consulted)
    #: Tokens that calls under way may use.
    _reserved: int = 0
    _useless: int = 0

    async def work(self) -> None:
        """Call the model for one batch after the other, until none is left or it has to end."""
        failures = 0
        while self.waiting and not self._ends():
            batch = self.waiting.popleft()
            if self._used() + self._reserved + _most_tokens(batch) > self.budget:
                self.waiting.appendleft(batch)
                # Calls under way may use less: whoever comes back last decides.
                self.came_of_it.out_of_budget = not self._reserved
                return
            try:
                await self._read(batch)
                failures = 0
            except LanguageModelError as exc:
                failures += 1
                self._put_back(batch, exc)
                pause = max(exc.retry_after or 0.0, _PAUSE_SECONDS * 2 ** (failures - 1))
                if not exc.passing or failures >= _TRIES or pause > _LONGEST_PAUSE_SECONDS:
                    self.came_of_it.error = exc
                    return
                reason = str(exc.details.get("reason", exc))
                _log.warning("consult", course_id=self.course.id, code=exc.code, error=reason)
                await asyncio.sleep(pause)
            except LecternError as exc:
                self.came_of_it.error = exc

    def _ends(self) -> bool:
        return self.came_of_it.out_of_budget or self.came_of_it.error is not None

    def _used(self) -> int:
        return self.came_of_it.input_tokens + self.came_of_it.output_tokens

    async def _read(self, batch: Batch) -> None:
        most = _most_tokens(batch)
        self._reserved += most
        try:
            reply = await self._reply(batch)
            self.came_of_it.input_tokens += reply.input_tokens
            self.came_of_it.output_tokens += reply.output_tokens
        finally:
            self._reserved -= most
        await self._keep(batch, reply)

    async def _reply(self, batch: Batch) -> Reply:
        system, user, schema = _asked(batch)
        async with turn(self.slots, self.seconds):
            self.came_of_it.calls += 1
            return await self.model.ask(system=system, user=user, schema=schema, seconds=self.seconds)

    async def _keep(self, batch: Batch, reply: Reply) -> None:
        done, found = self.came_of_it, checked(reply.value or {}, batch)
        if found is None:
            _log.warning("consult", course_id=self.course.id, error=f"{self.model.name}: {reply.problem}")
            self._useless += 1
            if self._useless >= _USELESS and not done.read:
                raise ModelFailed(
                    f"{self.model.name} answers, and never in the form that is asked for.",
                    hint="manage.py doctor tries it; another LLM_MODEL may keep a form.",
                )
            self._split(batch)
            return
        await asyncio.to_thread(self.readings.keep, self.course.key, self.reader, found.named)
        done.read += len(batch)
        done.concepts += sum(map(len, found.named.values()))
        done.left_out += found.left_out
        done.unexplained += found.unexplained
        self.on_read(len(batch))

    def _put_back(self, batch: Batch, exc: LanguageModelError) -> None:
        if not exc.details.get("given_up"):
            self.waiting.appendleft(batch)
            return
        # It was under way for as long as it may take: it may have used all, and was perhaps too much.
        self.came_of_it.input_tokens += _input_tokens(batch)
        self.came_of_it.output_tokens += MOST_REPLY_TOKENS
        if len(batch) > 1:
            self._split(batch)
        else:
            self.waiting.appendleft(batch)

    def _split(self, batch: Batch) -> None:
        """Have a batch read in halves: its reply was too long, or one of its passages is refused."""
        middle = len(batch) // 2
        if middle:
            self.waiting.extendleft((batch[middle:], batch[:middle]))
        else:
            self.came_of_it.unusable += 1


def _asked(batch: Batch) -> tuple[str, str, dict[str, object]]:
    asked = prompt(_PROMPT)
    system, user = asked.filled({"passages": listed(batch)})
    return system, user, dict(asked.schema(len(batch)))


def _input_tokens(batch: Batch) -> int:
    system, user, schema = _asked(batch)
    return len(f"{system}{user}{json.dumps(schema)}".encode()) // _TOKEN_BYTES


def _most_tokens(batch: Batch) -> int:
    return _input_tokens(batch) + MOST_REPLY_TOKENS
