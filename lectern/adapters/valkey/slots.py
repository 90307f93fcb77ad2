"""`ModelSlots` in Valkey: a set of slots, each with the time at which it is taken for lost."""

from uuid import uuid4

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from lectern.tutor.errors import SlotsUnavailable

#: Arguments: the slot's name, how many there are, milliseconds that one is held at most.
#: lectern:model-slots   sorted set: slot -> Valkey's time (ms) at which it is lost; expires with its last slot
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""
_KEY = "lectern:model-slots"
#: A Valkey that stands still must not hold an answer.
_SOCKET_SECONDS = 1.0


class ValkeySlots:
    """`held_seconds` is longer than any call: a slot that old belongs to a worker that died. Connects at the first use."""

    def __init__(self, url: str, *, slots: int, held_seconds: float) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=_SOCKET_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._slots, self._held_ms = slots, round(held_seconds * 1000)

    def take(self) -> str | None:
        """Add a slot, unless there are enough."""
        slot = str(uuid4())
        try:
            taken = self._client.eval(_TAKE, 1, _KEY, slot, self._slots, self._held_ms)
        except RedisError as exc:
            raise SlotsUnavailable(f"Valkey does not count calls of the model: {exc}.") from exc
        return slot if taken else None

    def give_back(self, slot: str) -> None:
        """Remove a slot."""
        try:
            self._client.zrem(_KEY, slot)
        except RedisError as exc:
            raise SlotsUnavailable(f"Valkey does not count calls of the model: {exc}.") from exc
