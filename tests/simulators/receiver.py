"""A webhook's other end."""

import http.server
import json
import threading
import time
from typing import Any


class Receiver:
    """A small server that keeps what it is told. The first `refusals` messages get a 500."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.refusals = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.refusals -= 1
                self.send_response(500 if outer.refusals >= 0 else 200)
                self.end_headers()
                outer.heard.append((dict(self.headers), body))

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.heard]

    def kinds(self) -> list[str]:
        return [str(event.get("type") or event.get("event")) for event in self.events()]

    def wait_for(self, count: int, seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while len(self.heard) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.heard) >= count, self.kinds()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
