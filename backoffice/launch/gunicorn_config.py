"""gunicorn's settings, for `make run` and for a server alike."""

import os

bind = f"127.0.0.1:{os.environ.get('PORT') or 5000}"
worker_class = "gthread"
workers = 2
threads = 8
timeout = 60
graceful_timeout = 5
keepalive = 5
# Proxy headers are the program's to judge (TRUSTED_PROXIES); gunicorn would believe those of 127.0.0.1.
forwarded_allow_ips = ""
# Its default place is shared by all instances of a user.
control_socket_disable = True
