"""The tables. Nothing but columns, constraints and indexes: rules live in the rooms."""

from django.db import models
from django.db.models import Q

from lectern.engine.domain.run import UNFINISHED, WAITING, RunStatus

_UNFINISHED = Q(status__in=sorted(UNFINISHED))
_WAITING = Q(status__in=sorted(WAITING))


class ThreadRow(models.Model):
    """A conversation."""

    id = models.UUIDField(primary_key=True)
    workload = models.CharField(max_length=100)
    owner = models.CharField(max_length=200)
    tenant = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "lectern_thread"
        constraints = (
            models.UniqueConstraint(
                fields=["workload", "owner", "tenant", "key"], name="lectern_thread_unique"
            ),
        )


class RunRow(models.Model):
    """A run. `seq` gives the order, `id` is the only name that leaves the house."""

    seq = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True)
    workload = models.CharField(max_length=100)
    queue = models.CharField(max_length=100)
    input = models.JSONField()
    owner = models.CharField(max_length=200)
    tenant = models.CharField(max_length=200)
    thread = models.ForeignKey(ThreadRow, null=True, on_delete=models.PROTECT)
    group_id = models.UUIDField(null=True)
    metadata = models.JSONField(default=dict)
    status = models.CharField(max_length=20, choices=[(status.value, status.value) for status in RunStatus])
    step = models.CharField(max_length=300)
    attempt = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField()
    deadline_seconds = models.FloatField()
    token = models.UUIDField(null=True)
    worker_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    error = models.TextField(default="")
    error_code = models.CharField(max_length=40, default="")
    fingerprint = models.CharField(max_length=64, default="")
    #: Head checkpoints. A process of the version before names no such columns when it inserts.
    checkpoint_id = models.TextField(default="", db_default="")
    subgraph_heads = models.JSONField(null=True)
    #: When Celery's result backend got its copy of the outcome.
    copied_at = models.DateTimeField(null=True)
    #: When input and result were cleared.
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lectern_run"
        indexes = (
            models.Index(fields=["queue", "seq"], name="lectern_run_waiting", condition=_WAITING),
            # So that the window is counted without a look at the backlog.
            models.Index(
                fields=["queue"],
                name="lectern_run_window",
                condition=_WAITING & Q(dispatched_at__isnull=False),
            ),
            models.Index(fields=["thread", "seq"], name="lectern_run_thread", condition=_UNFINISHED),
            models.Index(
                fields=["worker_id"], name="lectern_run_worker", condition=Q(status=RunStatus.RUNNING)
            ),
            models.Index(
                fields=["started_at"],
                name="lectern_run_begun",
                condition=_WAITING & Q(started_at__isnull=False),
            ),
            models.Index(fields=["owner", "-seq"], name="lectern_run_owner"),
            models.Index(fields=["group_id"], name="lectern_run_group", condition=Q(group_id__isnull=False)),
            models.Index(fields=["finished_at"], name="lectern_run_finished"),
            models.Index(
                fields=["seq"],
                name="lectern_run_uncopied",
                condition=Q(copied_at__isnull=True, finished_at__isnull=False),
            ),
        )


class TurnRow(models.Model):
    """A question and its answer; outlives the run."""

    thread = models.ForeignKey(ThreadRow, on_delete=models.CASCADE)
    number = models.PositiveIntegerField()
    run_id = models.UUIDField(unique=True)
    input = models.JSONField()
    output = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "lectern_turn"
        constraints = (models.UniqueConstraint(fields=["thread", "number"], name="lectern_turn_unique"),)


class IdempotencyRow(models.Model):
    """A request's name, given by its owner, and the run that the request became."""

    owner = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    run_id = models.UUIDField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "lectern_idempotency"
        constraints = (models.UniqueConstraint(fields=["owner", "key"], name="lectern_idempotency_unique"),)


class WorkerRow(models.Model):
    """One incarnation of a worker process: the lease of all its runs."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200)
    pid = models.PositiveIntegerField()
    slots = models.PositiveIntegerField()
    queues = models.JSONField()
    #: Slots of each queue; NULL in a row of the first version, where `slots` are those of all `queues`.
    queue_slots = models.JSONField(null=True)
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "lectern_worker"


class CourseRow(models.Model):
    """A course."""

    id = models.CharField(primary_key=True, max_length=100)
    #: Random; names the course inside the passage index.
    key = models.BigIntegerField(unique=True)
    title = models.CharField(max_length=300)
    answer_from_exercises = models.BooleanField(default=False)
    #: Corrections of its confidences; null without.
    recalibration = models.JSONField(null=True)
    #: "answer" or "hint". A process of the version before names no such column when it inserts.
    mode = models.CharField(max_length=10, default="answer", db_default="answer")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "lectern_course"


class DocumentRow(models.Model):
    """A document whose passages are in the index."""

    course = models.ForeignKey(CourseRow, on_delete=models.CASCADE)
    #: Its name within the course: a path.
    name = models.CharField(max_length=500)
    title = models.CharField(max_length=300)
    #: Hash of its content and its parser's version.
    content_sha = models.CharField(max_length=64)
    passages = models.PositiveIntegerField()
    indexed_at = models.DateTimeField()
    #: Terms that its author set off: {passage id: [term]}; NULL in a row of a version before.
    terms = models.JSONField(null=True)

    class Meta:
        db_table = "lectern_document"
        constraints = (models.UniqueConstraint(fields=["course", "name"], name="lectern_document_unique"),)


class IndexingJobRow(models.Model):
    """One order to bring a course up to date; its batches are runs with this id as their group."""

    id = models.UUIDField(primary_key=True)
    course = models.ForeignKey(CourseRow, on_delete=models.CASCADE)
    created_at = models.DateTimeField()
    #: Files that could not be read: [{document, reason}].
    problems = models.JSONField(default=list)
    #: Documents to remove from the course: names.
    removals = models.JSONField(default=list)
    #: Passages that had to be embedded.
    to_embed = models.PositiveIntegerField(default=0)
    #: How many of them are embedded, and how many a second lately.
    embedded = models.PositiveIntegerField(default=0, db_default=0)
    per_second = models.FloatField(default=0, db_default=0)
    published_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lectern_indexing_job"
        indexes = (models.Index(fields=["course", "-created_at"], name="lectern_job_course"),)


class StagedDocumentRow(models.Model):
    """A parsed document that waits to be embedded and published."""

    job = models.ForeignKey(IndexingJobRow, on_delete=models.CASCADE)
    name = models.CharField(max_length=500)
    title = models.CharField(max_length=300)
    content_sha = models.CharField(max_length=64)
    #: Its passages as JSON objects.
    passages = models.JSONField()

    class Meta:
        db_table = "lectern_staged_document"
        constraints = (models.UniqueConstraint(fields=["job", "name"], name="lectern_staged_unique"),)


class ConceptGraphRow(models.Model):
    """Which generation of a course's concepts is read; those that are written or left over are not."""

    course = models.OneToOneField(
        CourseRow, to_field="key", db_column="course_key", primary_key=True, on_delete=models.CASCADE
    )
    #: Random; 0 before the first is complete.
    generation = models.BigIntegerField(default=0)
    #: Names the state of the material that they were made of.
    material = models.CharField(max_length=64, default="")
    concepts = models.PositiveIntegerField(default=0)
    needs = models.PositiveIntegerField(default=0)
    kinships = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "lectern_concept_graph"


class _OfGeneration(models.Model):
    """A row of one generation of a course's concepts."""

    course = models.ForeignKey(
        CourseRow, to_field="key", db_column="course_key", on_delete=models.CASCADE, db_index=False
    )
    generation = models.BigIntegerField()
    concept_id = models.CharField(max_length=12)

    class Meta:
        abstract = True


class ConceptRow(_OfGeneration):
    """A concept."""

    #: Its place in the course's order.
    order = models.PositiveIntegerField()
    #: What is told of it: {name, aliases, sentence, is_definition, first, explained, places}.
    body = models.JSONField()

    class Meta:
        db_table = "lectern_concept"
        constraints = (
            models.UniqueConstraint(
                fields=["course", "generation", "concept_id"], name="lectern_concept_unique"
            ),
        )
        indexes = (models.Index(fields=["course", "generation", "order"], name="lectern_concept_order"),)


class ConceptNameRow(_OfGeneration):
    """A name of a concept, as it is looked up."""

    #: In lower case, for a beginning of it.
    folded = models.CharField(max_length=200)
    #: The same for all its numbers and spellings.
    key = models.CharField(max_length=200)
    is_first = models.BooleanField()

    class Meta:
        db_table = "lectern_concept_name"
        indexes = (
            models.Index(fields=["course", "generation", "folded"], name="lectern_concept_folded"),
            models.Index(fields=["course", "generation", "key"], name="lectern_concept_key"),
        )


class ConceptEdgeRow(_OfGeneration):
    """A prerequisite of a concept, or one that is related to it."""

    #: "need" or "kin".
    kind = models.CharField(max_length=4)
    other_id = models.CharField(max_length=12)
    weight = models.FloatField()

    class Meta:
        db_table = "lectern_concept_edge"
        indexes = (
            models.Index(fields=["course", "generation", "kind", "concept_id"], name="lectern_edge_from"),
            models.Index(fields=["course", "generation", "kind", "other_id"], name="lectern_edge_to"),
        )


class ReadPassageRow(models.Model):
    """What a language model named in a passage. What is remembered anew is a new row, with a higher id than any before."""

    course = models.ForeignKey(
        CourseRow, to_field="key", db_column="course_key", on_delete=models.CASCADE, db_index=False
    )
    #: SHA-256 of its text.
    text_sha = models.CharField(max_length=64)
    #: The model, and the prompt with its version.
    reader = models.CharField(max_length=300)
    #: [{name, aliases, sentence, needs}].
    concepts = models.JSONField()

    class Meta:
        db_table = "lectern_read_passage"
        constraints = (
            models.UniqueConstraint(fields=["course", "text_sha"], name="lectern_read_passage_unique"),
        )


class TeacherAnswerRow(models.Model):
    """A teacher's answer to a question; its document has the course's passages of it."""

    course = models.ForeignKey(CourseRow, on_delete=models.CASCADE)
    #: Its id within the course.
    slug = models.CharField(max_length=100)
    question = models.TextField()
    alike = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "lectern_teacher_answer"
        constraints = (models.UniqueConstraint(fields=["course", "slug"], name="lectern_answer_unique"),)


class QuestionRow(models.Model):
    """An answered question, and what its student said of the answer. Written after the run ended, from its turn."""

    course = models.ForeignKey(CourseRow, on_delete=models.CASCADE)
    #: A run has one student: one word on an answer.
    run_id = models.UUIDField(unique=True)
    question = models.TextField()
    alike = models.CharField(max_length=200)
    section = models.CharField(max_length=500)
    confidence = models.FloatField()
    calibration = models.CharField(max_length=200)
    declined = models.BooleanField()
    composed = models.BooleanField()
    mode = models.CharField(max_length=10)
    features = models.JSONField()
    degraded = models.BooleanField()
    asks = models.BooleanField()
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(db_index=True)
    #: "", "up" or "down".
    rating = models.CharField(max_length=10, default="")
    comment = models.TextField(default="")
    rated_at = models.DateTimeField(null=True)
    #: The teacher's answer that was given since.
    answer = models.ForeignKey(TeacherAnswerRow, null=True, on_delete=models.SET_NULL)

    class Meta:
        db_table = "lectern_question"
        indexes = (
            models.Index(fields=["course", "section"], name="lectern_question_section"),
            # A teacher's answer is joined to the questions that are like it.
            models.Index(fields=["course", "alike"], name="lectern_question_alike"),
        )


class StoreRow(models.Model):
    """Which store serves a port, where there are several. Without a row it is the one that needs no server.

    The row of "installation" is the name under which all of them know this one.
    """

    port = models.CharField(max_length=40, primary_key=True)
    store = models.CharField(max_length=40)

    class Meta:
        db_table = "lectern_store"


class ServedCourseRow(models.Model):
    """A course of which passages are on a server. By its key alone: the row outlives the course until all is deleted."""

    course_key = models.BigIntegerField(primary_key=True)
    #: New whenever the version of a document that is read changes.
    stamp = models.CharField(max_length=32, default="")
    #: Versions that are not read: {version: Unix seconds since it is being written, or 0: to be deleted}.
    unread = models.JSONField(default=dict)
    #: Unix seconds of the latest change on the server.
    changed_at = models.FloatField(default=0)
    #: [[embedding model, length of its vectors]] of what is read.
    models = models.JSONField(default=list)

    class Meta:
        db_table = "lectern_served_course"


class ServedDocumentRow(models.Model):
    """A document whose passages are on a server, or are to be."""

    course_key = models.BigIntegerField()
    document = models.CharField(max_length=500)
    #: What is read of it on the server; "" while it is not there. The columns below tell of that version.
    version = models.CharField(max_length=32, default="")
    digest = models.CharField(max_length=40, default="")
    model = models.CharField(max_length=200, default="")
    dimensions = models.PositiveIntegerField(default=0)
    passages = models.PositiveIntegerField(default=0)
    #: Digests of its content, "" for none: several while the last one takes the place of those before.
    content = models.JSONField(default=list)
    #: True while the server lacks what others have been told is its content.
    owed = models.BooleanField(default=False)

    class Meta:
        db_table = "lectern_served_document"
        constraints = (
            models.UniqueConstraint(fields=["course_key", "document"], name="lectern_served_document_unique"),
        )
        indexes = (models.Index(fields=["owed"], name="lectern_served_owed", condition=models.Q(owed=True)),)
