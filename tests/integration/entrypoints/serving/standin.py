"""Stands in for a program of `make run`: `standin.py web PORT`, `sleeper`, `stubborn` (ignores SIGTERM), `broken`."""

import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()
        self.wfile.write(b'{"ready": true, "parts": {}}')

    def log_message(self, format: str, *args: object) -> None:
        pass


kind = sys.argv[1]
print(f"{kind} is here", flush=True)
if kind == "web":
    HTTPServer(("127.0.0.1", int(sys.argv[2])), Health).serve_forever()
elif kind == "broken":
    sys.exit("broken says why")
elif kind == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    signal.pause()
