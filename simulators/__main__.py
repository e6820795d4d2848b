"""`python -m simulators`: all of them on 127.0.0.1:SIMULATOR_PORT, their state in the file SIMULATOR_STATE."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from simulators.server import HOST, Server

PORT = 5090


def main() -> None:
    """Until SIGTERM or SIGINT."""
    state = os.environ.get("SIMULATOR_STATE") or ":memory:"
    if state != ":memory:":
        Path(state).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    server = Server(int(os.environ.get("SIMULATOR_PORT") or PORT), state)
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: server.stop())
    print(f"Simulators of Stripe, M-Pesa and Flutterwave on http://{HOST}:{server.port}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
