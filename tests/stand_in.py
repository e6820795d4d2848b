"""`python -m tests.stand_in`: a run with real servers, the real supervisor, and stand-ins for the program."""

import http.server
import os
import sys
from pathlib import Path

from backoffice.launch.run import main
from backoffice.launch.table import TABLE, Part, Table, python

PROJECT = Path(__file__).resolve().parent.parent
SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")


def table(fault: str) -> Table:
    """`fault` names the part that ends with an error."""
    broken = (sys.executable, "-c", "raise SystemExit('the reason')")
    commands = {
        "migrate": python("tests.stand_in", "migrate"),
        "web": python("tests.stand_in", "web"),
        "worker": SLEEP,
    }
    if fault:
        commands[fault] = broken
    sink = next(part for part in TABLE.services if part.only_mail_sink)
    return Table(
        steps=(Part("migrate", commands["migrate"], with_owner=True),),
        helpers=TABLE.helpers,
        services=(sink, Part("web", commands["web"], answers_http=True), Part("worker", commands["worker"])),
    )


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"\n".join(f"{name}={value}".encode() for name, value in os.environ.items())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


def web() -> None:
    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()


if __name__ == "__main__":
    role = sys.argv[1] if len(sys.argv) > 1 else ""
    if role == "web":
        web()
    elif role == "migrate":
        assert "DATABASE_OWNER_URL" in os.environ
    else:
        sys.exit(main(os.environ, table(os.environ.get("FAULT", "")), PROJECT))
