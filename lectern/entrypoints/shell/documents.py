"""Uploads: who may send one is checked before its body is read, and the body goes to the disk, never whole into memory."""

import asyncio
import tempfile
from pathlib import Path
from shutil import disk_usage
from typing import BinaryIO

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from lectern.entrypoints.http.errors import (
    BodyTooLarge,
    BodyTooSlow,
    RequestError,
    TooBusy,
    UnreadableRequest,
    WrongMediaType,
)
from lectern.entrypoints.shell.django import Django
from lectern.entrypoints.shell.guarding import Guard, drain
from lectern.entrypoints.shell.threads import Threads
from lectern.tutor.errors import SpoolFull

#: Seconds in which a whole upload must have arrived, and longest silence within it.
UPLOAD_SECONDS, SILENCE_SECONDS = 1800.0, 30.0
#: Bytes that are gathered before a thread writes them.
_WRITTEN_BYTES = 1 << 20
#: An upload must leave so much of the disk to the databases.
SPARED_BYTES = 500_000_000
#: Where the end of a form is looked for.
_TAIL_BYTES = 1000


class Documents:
    """An ASGI app around Django for the documents of a course.

    `folder` is where bodies are written, by at most as many at once as `threads` are; `most_bytes` bounds each. `guard`
    tells who may change them.
    """

    def __init__(
        self, django: Django, threads: Threads, folder: Path, *, most_bytes: int, guard: Guard
    ) -> None:
        self._django, self._threads, self._folder = django, threads, folder
        self._most_bytes, self._guard = most_bytes, guard
        self._arriving = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["method"] not in ("POST", "DELETE"):
            await self._django(scope, receive, send)
            return
        try:
            self._guard.check(Headers(scope=scope))
            if scope["method"] == "DELETE" or scope["path_params"].get("name"):
                await self._django(scope, receive, send)
                return
            boundary = _boundary(Headers(scope=scope))
            self._check_size(Headers(scope=scope))
        except RequestError:
            await drain(scope, receive)
            raise
        await self._upload(boundary, scope, receive, send)

    def _check_size(self, headers: Headers) -> None:
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._most_bytes:
            raise self._too_large()

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(
            f"The upload is larger than {self._most_bytes / 1e6:g} MB.",
            hint="Send its files in several requests, or raise UPLOAD_MAX_BYTES.",
        )

    async def _upload(self, boundary: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        if self._arriving >= self._threads.count:
            await drain(scope, receive)
            raise TooBusy(f"{self._arriving} uploads arrive already.", hint="Try again in a second.")
        self._arriving += 1
        try:
            try:
                # It has no name: a process that is killed leaves nothing behind.
                with await self._threads.run(lambda: tempfile.TemporaryFile(dir=self._folder)) as body:
                    size = await self._receive(scope, receive, body)
                    await self._threads.run(lambda: _check_end(body, size, boundary))
                    answer = await self._django.handle(scope, body, size)
            except OSError as exc:
                raise _not_kept(str(exc.strerror)) from exc
        finally:
            self._arriving -= 1
        await answer(scope, receive, send)

    async def _receive(self, scope: Scope, receive: Receive, body: BinaryIO) -> int:
        """Write the body as it arrives and return its size."""
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                return await self._written(scope, receive, body)
        except TimeoutError:
            raise BodyTooSlow(
                f"The upload did not arrive within {UPLOAD_SECONDS:.0f} seconds, or was silent for {SILENCE_SECONDS:.0f}."
            ) from None

    async def _written(self, scope: Scope, receive: Receive, body: BinaryIO) -> int:
        size, pieces, gathered, more = 0, list[bytes](), 0, True
        while more:
            piece, more = await _piece(receive)
            size += len(piece)
            if size > self._most_bytes:
                await drain(scope, receive)
                raise self._too_large()
            pieces.append(piece)
            gathered += len(piece)
            if gathered >= _WRITTEN_BYTES or not more:
                data, pieces, gathered = b"".join(pieces), [], 0
                await self._threads.run(lambda data=data: self._write(body, data))  # type: ignore[misc]  # a default binds it
        return size

    def _write(self, body: BinaryIO, data: bytes) -> None:
        if disk_usage(self._folder).free < SPARED_BYTES + 2 * len(data):
            raise _not_kept("the disk has too little room")
        body.write(data)


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    message = await asyncio.wait_for(receive(), SILENCE_SECONDS)
    if message["type"] == "http.disconnect":
        raise UnreadableRequest("The connection ended within the upload.")
    return message.get("body", b""), message.get("more_body", False)


def _boundary(headers: Headers) -> bytes:
    """Return what stands between the parts of the form. Raises `WrongMediaType`."""
    kind, _, options = headers.get("content-type", "").partition(";")
    if kind.strip().lower() != "multipart/form-data":
        raise WrongMediaType(
            "Send the files as multipart/form-data.", hint="curl does it by -F files=@intro.pdf."
        )
    for option in options.split(";"):
        name, _, value = option.partition("=")
        if name.strip().lower() == "boundary" and value.strip(' "'):
            return value.strip(' "').encode("latin-1")
    raise WrongMediaType("The header Content-Type names no boundary.", hint="Let your HTTP library write it.")


def _check_end(body: BinaryIO, size: int, boundary: bytes) -> None:
    """Raise `UnreadableRequest` for a form that is cut off: Django would take what is there for the whole file."""
    body.seek(max(0, size - _TAIL_BYTES))
    if b"--" + boundary + b"--" not in body.read():
        raise UnreadableRequest("The upload is cut off: its last boundary is missing.", hint="Send it again.")
    body.seek(0)


def _not_kept(why: str) -> SpoolFull:
    return SpoolFull(
        f"The upload cannot be kept: {why}.", hint="Make room on the disk of VAR_DIR, and send it again."
    )
