"""A Weaviate that is away, frozen, or refuses the key; and back, without a restart of ours."""

import asyncio
import gc
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from lectern.adapters.sql.ledger import SqlLedger
from lectern.adapters.weaviate import server as module
from lectern.adapters.weaviate.index import WeaviatePassageIndex
from lectern.adapters.weaviate.server import WeaviateServer
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.errors import IndexAway, IndexUnavailable
from lectern.tutor.ports.passages import PassageIndex
from lectern.tutor.retrieval.patience import PatientIndex
from tests.waiting import free_port, until
from tests.weaviate_server import Address


@pytest.fixture
def away() -> Iterator[WeaviateServer]:
    server = WeaviateServer(f"http://127.0.0.1:{free_port()}", "secret-of-it")
    server.load()
    yield server
    server.close()


def test_a_server_that_is_not_there_is_told_by_name_and_without_the_key(away: WeaviateServer) -> None:
    with pytest.raises(IndexUnavailable) as raised:
        away.check()
    assert f"{away.place} does not answer: [Errno " in str(raised.value)
    assert "secret-of-it" not in str(raised.value)
    assert "WEAVIATE_URL" in raised.value.hint


def test_a_server_that_failed_once_is_spared(away: WeaviateServer) -> None:
    with pytest.raises(IndexUnavailable):
        away.check()
    away._opened = None  # type: ignore[assignment,method-assign]  # it is not even connected with
    with pytest.raises(IndexUnavailable, match="is not asked"):
        away.check()


def test_one_that_takes_connections_and_says_nothing_holds_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        server = WeaviateServer(url, read_seconds=0.2)
        server.load()
        began = time.monotonic()
        with pytest.raises(IndexUnavailable, match="does not answer"):
            server.check()
        assert time.monotonic() - began < 20  # the client's own tries take 30
        server.close()


class _Meta(BaseHTTPRequestHandler):
    """Answers as Weaviate does on HTTP."""

    def do_GET(self) -> None:
        body = b'{"version": "1.35.0"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


def test_one_that_answers_on_http_alone_is_told_as_that() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Meta) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        grpc_port = free_port()
        server = WeaviateServer(
            f"http://127.0.0.1:{http.server_port}", grpc_url=f"http://127.0.0.1:{grpc_port}", read_seconds=2.0
        )
        server.load()
        with pytest.raises(
            IndexAway, match=f"answers on HTTP, but not on gRPC at 127.0.0.1:{grpc_port}"
        ) as raised:
            server.check()
        assert "WEAVIATE_GRPC_URL" in raised.value.hint
        with pytest.raises(IndexAway, match="is not asked"):
            server.check()
        server.close()
        http.shutdown()


@pytest.mark.parametrize("says_nothing", [False, True])
def test_a_client_that_could_not_connect_leaves_nothing_open(says_nothing: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1] if says_nothing else free_port()
        server = WeaviateServer(f"http://127.0.0.1:{port}", read_seconds=0.2)
        server.load()
        with pytest.raises(IndexUnavailable):
            server.check()
        until("it is closed", lambda: not module._closings)
        gc.collect()  # what is still open is told now, and fails the test
        server.close()


def test_one_that_says_nothing_holds_no_question_of_a_process_that_has_just_begun(db: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        server = WeaviateServer(f"http://127.0.0.1:{mute.getsockname()[1]}", read_seconds=0.2)
        server.load()
        index = WeaviatePassageIndex(server, SqlLedger(), lambda: "test")
        began = time.monotonic()
        with pytest.raises(IndexUnavailable):
            index.search_keywords(1, "tea", 5, {PassageKind.BODY})
        assert time.monotonic() - began < 20  # a batch of writing may take 30
        server.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[WeaviateServer]:
    """One that is connected with, whatever that comes to."""

    async def opened(_: WeaviateServer) -> object:
        return object()

    monkeypatch.setattr(WeaviateServer, "_opened", opened)
    server = WeaviateServer("http://127.0.0.1:1")
    yield server
    server._client = None  # nothing that could be closed


@pytest.mark.parametrize(
    ("code", "details", "is_spared"),
    [
        (grpc.StatusCode.INTERNAL, "panic in the shard of course 7", False),
        (grpc.StatusCode.UNKNOWN, "store is read-only", False),
        (grpc.StatusCode.UNKNOWN, "could not find class LecternPassages_x in schema", False),
        (grpc.StatusCode.INVALID_ARGUMENT, "no such property", False),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "received message larger than max", False),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "too many requests", True),
        (grpc.StatusCode.UNAVAILABLE, "connection refused", True),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "", True),
        (grpc.StatusCode.UNKNOWN, "extract auth: unauthorized: invalid api key", True),
    ],
)
def test_what_fails_of_one_request_spares_the_server_for_no_other(
    asked: WeaviateServer, code: grpc.StatusCode, details: str, is_spared: bool
) -> None:
    async def fail(_: object) -> None:
        raise grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details=details)

    async def answer(_: object) -> str:
        return "answered"

    with pytest.raises(IndexUnavailable):
        asked.read(fail)
    if is_spared:
        with pytest.raises(IndexUnavailable, match="is not asked") as raised:
            asked.read(answer)
        assert details in str(raised.value)  # who looks is told why
    else:
        assert asked.read(answer) == "answered"


def test_one_that_answers_each_call_in_time_holds_no_question_beyond_its_patience(
    asked: WeaviateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FAIR_SECONDS", 19.8)
    asked.read_seconds = 30

    class Asking:
        def spelled_like(self, _: int, word: str) -> dict[str, int]:
            calls.append(word)
            return asked.read(self._answer_late)

        async def _answer_late(self, _: object) -> dict[str, int]:
            await asyncio.sleep(0.25)
            return {}

    calls = list[str]()
    index = cast("PassageIndex", PatientIndex(cast("PassageIndex", Asking()), 20))
    assert index.spelled_like(1, "tea") == {}
    with pytest.raises(IndexUnavailable, match="waited for long enough"):
        [index.spelled_like(1, word) for word in ("green", "black", "white", "mint")]
    assert calls == ["tea", "green"]
    assert Asking().spelled_like(1, "tea") == {}  # others are not kept from a server that answers


def test_nothing_is_connected_before_the_first_call() -> None:
    assert WeaviateServer("http://127.0.0.1:1")._client is None


# --- with a server ---------------------------------------------------------------------------------------------------


def test_a_server_tells_its_version(weaviate_address: Address) -> None:
    server = weaviate_address.server()
    assert server.check().startswith("Weaviate 1.")
    server.close()


def test_a_wrong_key_is_told_and_not_shown(weaviate_address: Address) -> None:
    server = WeaviateServer(
        weaviate_address.url, "not-the-key", grpc_url=weaviate_address.grpc_url, read_seconds=30
    )
    with pytest.raises(IndexUnavailable, match="refuses this key") as raised:
        server.check()
    assert "WEAVIATE_API_KEY" in raised.value.hint
    assert "not-the-key" not in str(raised.value)
    server.close()


def test_a_server_whose_other_port_is_dead_is_away_and_comes_back(weaviate_address: Address) -> None:
    server = weaviate_address.server(grpc_url=f"http://127.0.0.1:{free_port()}", read_seconds=1.5)
    server.load()
    with pytest.raises(IndexUnavailable, match="but not on gRPC at"):
        server.check()
    server.close()
    server._grpc, server.read_seconds = weaviate_address.server()._grpc, 30.0
    assert server.check().startswith("Weaviate 1.")
    server.close()


class TlsFront:
    """Speaks TLS in front of a port that does not."""

    def __init__(self, url: str, certificate: Path, protocol: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._context.set_alpn_protocols([protocol])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._take, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _take(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with (
            suppress(OSError),
            plain,
            self._context.wrap_socket(plain, server_side=True) as client,
            socket.create_connection(self._target) as server,
        ):
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def tls(weaviate_address: Address, tmp_path: Path) -> Iterator[tuple[str, str, Path]]:
    """Both ports of the server behind TLS, and the file of the certificate, which nobody vouches for."""
    file, certificate = tmp_path / "server.pem", tmp_path / "certificate.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begin = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), begin, begin + timedelta(days=2)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.read_bytes())
    fronts = [
        TlsFront(url, file, protocol)
        for url, protocol in ((weaviate_address.url, "http/1.1"), (weaviate_address.grpc_url, "h2"))
    ]
    yield fronts[0].url, fronts[1].url, certificate
    for front in fronts:
        front.close()


def test_a_server_behind_tls_is_trusted_by_a_file_that_the_environment_names(
    tls: tuple[str, str, Path], weaviate_address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, grpc_url, certificate = tls
    server = weaviate_address.server(url, grpc_url)
    with pytest.raises(IndexUnavailable, match="certificate that is not trusted") as raised:
        server.check()
    assert "SSL_CERT_FILE" in raised.value.hint
    server.close()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert server.check().startswith("Weaviate 1.")
    server.close()
