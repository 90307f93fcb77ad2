"""A server of the tests that refuses every key, on HTTP and on gRPC, as a Weaviate does whose key was changed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

import grpc

#: A wrong key is no UNAUTHENTICATED on Weaviate's gRPC.
_SAID = "extract auth: unauthorized: invalid api key"


class _Unauthorized(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"code": 401, "message": "unauthorized: invalid api key"}'
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Refusing(grpc.GenericRpcHandler):
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        def refuse(_: bytes, context: grpc.ServicerContext) -> bytes:
            context.abort(grpc.StatusCode.UNKNOWN, _SAID)
            raise AssertionError("unreachable")

        return grpc.unary_unary_rpc_method_handler(refuse)


class RefusingServer:
    """Runs while the block is entered; `ports` are those of HTTP and of gRPC."""

    def __init__(self) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Unauthorized)
        self._grpc = grpc.server(ThreadPoolExecutor(4), handlers=[_Refusing()])
        self.ports = [int(self._http.server_address[1]), self._grpc.add_insecure_port("127.0.0.1:0")]

    def __enter__(self) -> "RefusingServer":
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self._grpc.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._grpc.stop(1).wait()
