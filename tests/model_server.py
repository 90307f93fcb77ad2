"""A model's server on the loopback: speaks OpenAI's and Anthropic's protocol, also OpenAI's for embeddings, and says what a
test scripts."""

import base64
import json
import re
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Holds a "stalled" answer for longer than any test's time limit of a call.
_STALL_SECONDS = 5.0


@dataclass(kw_only=True)
class Script:
    """One answer of the server."""

    #: The object of the tool call; None for none.
    value: Mapping[str, Any] | None = None
    #: Written as text instead.
    text: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    #: "stall", "cut", "broken", "broken arguments", "refusal", "empty" or "".
    failure: str = ""
    #: The provider's word for what went wrong.
    word: str = ""
    #: Vectors that are sent instead of those of the texts.
    vectors: list[Any] | None = None


@dataclass(kw_only=True)
class Asked:
    """One request that the server got."""

    path: str
    #: What the tool or the form of the answer is called: the prompt's name.
    tool: str
    #: Whether it is a tool.
    by_tool: bool
    system: str
    user: str
    key: str


@dataclass
class ModelServer:
    """Answers each call with the next script of `scripts`, or by what `think` says of the request."""

    url: str = ""
    scripts: list[Script] = field(default_factory=list)
    think: Callable[[Asked], Script] | None = None
    asked: list[Asked] = field(default_factory=list)
    #: Texts of passages by the id under which scripts cite them; the model says the number under which it is shown one.
    passages: Mapping[str, str] = field(default_factory=dict)
    #: Texts of each request for embeddings, and answers to the next ones that are no vectors of their texts.
    embedded: list[list[str]] = field(default_factory=list)
    embedding_scripts: list[Script] = field(default_factory=list)
    #: Numbers of a vector.
    dimensions: int = 64
    #: Calls under way, and the most there ever were at once.
    busy: int = 0
    most_busy: int = 0
    delay: float = 0.0
    #: Has calls answered only when so many have come.
    together: threading.Barrier | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def options(self, provider: str) -> dict[str, Any]:
        """What `ChatLanguageModel` needs to reach it as `provider`."""
        base = f"{self.url}/v1" if provider == "openai" else self.url
        return {"name": f"{provider}:scripted-1", "base_url": base, "api_key": f"sk-{provider}-secret"}

    def embed(self, texts: list[str]) -> Script:
        with self._lock:
            self.embedded.append(texts)
            return self.embedding_scripts.pop(0) if self.embedding_scripts else Script()

    def answer(self, asked: Asked) -> Script:
        with self._lock:
            self.asked.append(asked)
            if self.scripts:
                return self._numbered(self.scripts.pop(0), asked)
        assert self.think, f"nothing is scripted for {asked.tool}"
        return self._numbered(self.think(asked), asked)

    def _numbered(self, script: Script, asked: Asked) -> Script:
        value = json.dumps(script.value)
        for name, text in self.passages.items():
            shown = re.search(rf"^passage (\d+) \(.*\)\n{re.escape(text)}$", asked.user, re.MULTILINE)
            value = value.replace(name, shown[1] if shown else name)
        return replace(script, value=json.loads(value))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    house: ModelServer

    def log_message(self, *_: Any) -> None: ...

    def do_POST(self) -> None:
        house = self.house
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/embeddings"):
            script = house.embed(body["input"])
            time.sleep(house.delay)
            self._send(script, _embeddings(script, body, house.dimensions), anthropic=False)
            return
        anthropic = self.path.endswith("/messages")
        with house._lock:
            house.busy += 1
            house.most_busy = max(house.most_busy, house.busy)
        try:
            asked = _asked(self, body, anthropic)
            script = house.answer(asked)
            if house.together:
                house.together.wait(30)
            time.sleep(house.delay)
            spoken = _anthropic if anthropic else _openai
            self._send(script, spoken(script, asked), anthropic)
        finally:
            with house._lock:
                house.busy -= 1

    def _send(self, script: Script, body: dict[str, Any], anthropic: bool) -> None:
        if script.failure == "stall":
            time.sleep(_STALL_SECONDS)
        if script.status != 200:
            body = _error(script, anthropic, self.headers)
        data = json.dumps(body).encode()
        if script.failure == "broken":
            data = data[: len(data) // 2]
        self.send_response(script.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in script.headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(data[: len(data) // 2] if script.failure == "cut" else data)
            self.wfile.flush()
        except OSError:  # the client did not wait
            self.close_connection = True
        if script.failure == "cut":
            self.close_connection = True


def _asked(handler: _Handler, body: dict[str, Any], anthropic: bool) -> Asked:
    if anthropic:
        system, user = body["system"], body["messages"][0]["content"]
        tool = body["tools"][0]["name"]
    else:
        system, user = (message["content"] for message in body["messages"])
        tool = (body["tools"][0]["function"] if "tools" in body else body["response_format"]["json_schema"])[
            "name"
        ]
    key = handler.headers["x-api-key"] or handler.headers["Authorization"]
    return Asked(path=handler.path, tool=tool, by_tool="tools" in body, system=system, user=user, key=key)


def _error(script: Script, anthropic: bool, headers: Any) -> dict[str, Any]:
    # Providers do quote the key that they refuse.
    said = f"refused: {headers.get('x-api-key') or headers.get('Authorization')}"
    if anthropic:
        return {"type": "error", "error": {"type": script.word or "some_error", "message": said}}
    return {"error": {"message": said, "type": "some_error", "code": script.word or None}}


def _openai(script: Script, asked: Asked) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": script.text or None}
    finish = "stop"
    if script.failure == "refusal":
        message["refusal"] = "I cannot help with that."
    elif script.value is not None:
        arguments = json.dumps(script.value)
        if script.failure == "broken arguments":
            arguments, finish = arguments[: len(arguments) // 2], "length"
        if asked.by_tool:
            call = {"name": asked.tool, "arguments": arguments}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": call}]
        else:
            message["content"] = arguments
    return {
        "id": "1", "object": "chat.completion", "created": 1, "model": "scripted-1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }  # fmt: skip


def _embeddings(script: Script, body: dict[str, Any], dimensions: int) -> dict[str, Any]:
    vectors = (
        script.vectors if script.vectors is not None else [word_vector(t, dimensions) for t in body["input"]]
    )
    if body.get("encoding_format") == "base64":
        vectors = [base64.b64encode(struct.pack(f"<{len(one)}f", *one)).decode() for one in vectors]
    data = [{"object": "embedding", "index": place, "embedding": one} for place, one in enumerate(vectors)]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return {"object": "list", "data": data, "model": body["model"], "usage": usage}


def word_vector(text: str, dimensions: int) -> list[float]:
    """One number for each word, more or less; of no particular length."""
    row = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()):
        row[zlib.crc32(word.encode()) % dimensions] += 1.0
    return row if any(row) else [1.0] * dimensions


def _anthropic(script: Script, asked: Asked) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": script.text}] if script.text else []
    stop = "end_turn"
    if script.failure == "refusal":
        stop = "refusal"
    elif script.failure == "broken arguments":
        stop = "max_tokens"
        content.append({"type": "text", "text": json.dumps(script.value)[:20]})
    elif script.value is not None:
        stop = "tool_use"
        content.append({"type": "tool_use", "id": "tool_1", "name": asked.tool, "input": script.value})
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted-1", "content": content,
        "stop_reason": stop, "stop_sequence": None, "usage": {"input_tokens": 100, "output_tokens": 20},
    }  # fmt: skip


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """A server on a free port."""
    house = ModelServer()
    handler = type("Handler", (_Handler,), {"house": house})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    house.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield house
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
