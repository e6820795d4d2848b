"""gunicorn's settings, for `make run` and for a server alike."""

import os
from typing import Any

# Pages first: open pages that listen for live places have threads of their own beside these.
PAGE_THREADS = 8
LIVE_STREAMS = os.environ.get("LIVE_STREAMS") or "24"

bind = f"127.0.0.1:{os.environ.get('PORT') or 5000}"
worker_class = "gthread"
workers = 2
threads = PAGE_THREADS + (int(LIVE_STREAMS) if LIVE_STREAMS.isdecimal() else 0)
timeout = 60
graceful_timeout = 5
keepalive = 5
# Proxy headers are the program's to judge (TRUSTED_PROXIES); gunicorn would believe those of 127.0.0.1.
forwarded_allow_ips = ""
# Its default place is shared by all instances of a user.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Streams leave these threads to pages, whatever THREADS says, and end when the worker is told to stop."""
    hub = worker.app.callable.extensions["live_hub"]
    hub.leave_room(worker.cfg.threads)
    hub.stop_when(lambda: not worker.alive)
