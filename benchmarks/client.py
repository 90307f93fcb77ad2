"""A small HTTP client on asyncio: a request costs the measuring side a tenth of a millisecond, so that it measures the service."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back, and how long that took in seconds. Status 0: nobody answered, and `error` says how."""

    status: int
    seconds: float
    headers: dict[str, str]
    body: bytes
    error: str = ""

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


class Connection:
    """One connection to a service, kept open between requests and opened anew when it was lost. One request at a time."""

    def __init__(self, address: str, timeout: float = 10.0) -> None:
        parts = urlsplit(address)
        self._host, self._port, self._timeout = parts.hostname, parts.port, timeout
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: object = None, **headers: str) -> Reply:
        """Send JSON."""
        data = b"" if body is None else json.dumps(body).encode()
        return await self._send("POST", path, data, {"content-type": "application/json", **headers})

    async def get(self, path: str) -> Reply:
        """Ask for a page."""
        return await self._send("GET", path, b"", {})

    def close(self) -> None:
        """Drop the connection."""
        streams, self._streams = self._streams, None
        if streams:
            streams[1].close()

    async def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        head = [
            f"{method} {path} HTTP/1.1",
            f"host: {self._host}:{self._port}",
            f"content-length: {len(body)}",
        ]
        head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        data = "\r\n".join(head).encode() + b"\r\n\r\n" + body
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                status, told, answer = await self._exchange(data)
        except (OSError, EOFError, TimeoutError, ValueError) as exc:
            self.close()
            seconds = time.perf_counter() - began
            error = f"nothing within {self._timeout:g} s" if isinstance(exc, TimeoutError) else repr(exc)
            return Reply(status=0, seconds=seconds, headers={}, body=b"", error=error)
        return Reply(status=status, seconds=time.perf_counter() - began, headers=told, body=answer)

    async def _exchange(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(data)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close":
            self.close()
        return int(head[0].split()[1]), headers, body
