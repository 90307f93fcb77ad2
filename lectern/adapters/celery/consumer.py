"""Celery's consumer: without the steps that let workers know of one another, and with a window for each queue's slots."""

from collections.abc import Mapping
from typing import Any

from celery.bootsteps import StartStopStep
from celery.worker.consumer import Consumer as CeleryConsumer
from celery.worker.consumer.heart import Heart as CeleryHeart
from celery.worker.consumer.tasks import Tasks
from celery.worker.heartbeat import Heart as CeleryHeartbeats
from kombu.messaging import Consumer as KombuConsumer


class Consumer(CeleryConsumer):  # type: ignore[misc]  # Celery has no types
    """Starts a second sooner: which runs were revoked and whose workers live stands in the rows, not in messages."""

    class Blueprint(CeleryConsumer.Blueprint):  # type: ignore[misc]  # Celery has no types
        """With steps of ours."""

        default_steps = (
            *(step for step in CeleryConsumer.Blueprint.default_steps if not step.endswith(":Heart")),
            "lectern.adapters.celery.consumer:Heart",
            "lectern.adapters.celery.consumer:Windows",
        )

    def __init__(self, *args: Any, worker_options: dict[str, Any] | None = None, **kwargs: Any) -> None:
        options = {**(worker_options or {}), "without_mingle": True, "without_gossip": True}
        super().__init__(*args, worker_options=options, **kwargs)
        if getattr(self.controller, "autoscale", None) and not getattr(self.pool, "takes_autoscale", True):
            raise SystemExit(
                "--autoscale is not for the coroutine pool: a waiting run costs next to nothing there. "
                "Give the number of runs at once with --concurrency, or choose another --pool."
            )


class Heart(CeleryHeart):  # type: ignore[misc]  # Celery has no types
    """Sends the heartbeats that Flower and `celery events` show, each once.

    Celery tries each again until the broker answers, in the thread that would notice that the connection is lost.
    """

    def start(self, c: Any) -> None:
        """Begin to send."""
        c.heart = Heartbeats(c.timer, c.event_dispatcher, self.heartbeat_interval)
        c.heart.start()


class Heartbeats(CeleryHeartbeats):  # type: ignore[misc]  # Celery has no types
    """What cannot be sent is kept by the dispatcher, which sends it when there is a connection again."""

    def _send(self, event: str, retry: bool = False) -> Any:
        return super()._send(event, retry=False)


class Windows(StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Consumes a queue with slots of its own (`queue_slots`) by a channel whose window is these slots.

    So a flood of its messages leaves the window of the other queues alone, and the other way round. A pool without such
    slots has one window for all.
    """

    requires = (Tasks,)

    def start(self, c: Any) -> None:
        """Put a consumer with several windows in the place of Celery's, which has not begun to consume."""
        own: Mapping[str, int] = c.app.conf.get("queue_slots") or {}
        queues = {queue.name: queue for queue in c.task_consumer.queues}
        if not hasattr(type(c.pool), "shared_loop") or not own.keys() & queues.keys():
            return
        common = [queue for name, queue in queues.items() if name not in own]
        channel, accept = c.task_consumer.channel, c.app.conf.accept_content
        c.task_consumer = WindowedConsumer(channel, common, accept=accept, on_decode_error=c.on_decode_error)
        for name in own.keys() & queues.keys():
            other = c.app.amqp.TaskConsumer(
                c.connection.channel(), queues=[queues[name]], on_decode_error=c.on_decode_error
            )
            other.qos(prefetch_count=own[name], apply_global=c.qos_global)
            c.task_consumer.others.append(other)


class WindowedConsumer(KombuConsumer):
    """A consumer with others that have channels of their own, and begin and end with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.others: list[Any] = []
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # kombu is half typed

    def consume(self, no_ack: bool | None = None) -> None:
        """Begin to take messages of all queues."""
        for other in self.others:
            other.on_message = self.on_message
            other.consume(no_ack)
        super().consume(no_ack)  # type: ignore[no-untyped-call]  # kombu is half typed

    def cancel(self) -> None:
        """Take no more."""
        for other in self.others:
            other.cancel()
        super().cancel()  # type: ignore[no-untyped-call]  # kombu is half typed

    close = cancel

    def cancel_by_queue(self, queue: Any) -> None:
        """Take no more of one queue."""
        for other in self.others:
            other.cancel_by_queue(queue)
        super().cancel_by_queue(queue)  # type: ignore[no-untyped-call]  # kombu is half typed

    def consuming_from(self, queue: Any) -> bool:
        """Return True while messages of a queue are taken."""
        here: bool = super().consuming_from(queue)  # type: ignore[no-untyped-call]  # kombu is half typed
        return here or any(other.consuming_from(queue) for other in self.others)
