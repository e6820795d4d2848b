"""The server: one process, a thread for each connection, and the courier's thread."""

from __future__ import annotations

import logging
import threading

from werkzeug.serving import make_server

from simulators.app import create_app
from simulators.world import make_world

HOST = "127.0.0.1"


class Server:
    """Stands on a port from the moment it is made; `run` serves until `stop`."""

    def __init__(self, port: int, path: str = ":memory:") -> None:
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self.world = make_world(path)
        self._http = make_server(HOST, port, create_app(self.world), threaded=True)
        self._http.daemon_threads = True  # type: ignore[attr-defined]
        self.port = self._http.server_port

    def run(self) -> None:
        self.world.courier.start()
        try:
            self._http.serve_forever(poll_interval=0.1)
        finally:
            self.world.courier.stop()
            self._http.server_close()
            self.world.store.close()

    def stop(self) -> None:
        """From another thread: `run` ends, and with it everything else."""
        threading.Thread(target=self._http.shutdown, daemon=True).start()
