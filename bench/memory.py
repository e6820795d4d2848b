"""What a web worker weighs after some work, and how long it takes from the import to the first answer."""

from __future__ import annotations

import resource
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

from backoffice.config import PROJECT
from bench import clients, fill
from bench.house import House
from bench.table import Figure, at_most, middle

ROUNDS = 3
PAGES = ("/admin/", "/admin/desk/", "/admin/bookings/", "/admin/schedules/")
READY = "from backoffice import create_app; app = create_app(); app.test_client().get('/api/health/live')"


def measure(house: House) -> list[Figure]:
    filled = fill.provider(house)
    with house.owner() as connection:
        fill.customers(connection, filled, 2000)
        fill.dates(connection, filled, 200)
    with house.web() as port:
        session = clients.sign_in(port, filled.host, fill.EMAIL, fill.PASSWORD)
        for _ in range(20):
            for path in PAGES:
                visit(port, session, path)
        weights = [proportional_mib(worker) for worker in workers_of(port)]
    return [
        at_most("a web worker, PSS after 80 pages", max(weights), 130, "MiB"),
        at_most("import to ready", middle(ready_seconds(house) for _ in range(ROUNDS)), 1.5, "s"),
    ]


def visit(port: int, session: clients.Session, path: str) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Host": session.host, "Cookie": session.cookie})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}")
    connection.close()


def workers_of(port: int) -> list[int]:
    """The children of the gunicorn that listens on the port: what the kernel says, no guess by name."""
    master = next(pid for pid in processes() if f"PORT={port}" in environ_of(pid) and parent_is_bench(pid))
    return [pid for pid in processes() if parent_of(pid) == master]


def processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal()]


def environ_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def parent_is_bench(pid: int) -> bool:
    return parent_of(pid) == int(Path("/proc/self").resolve().name)


def proportional_mib(pid: int) -> float:
    """Its own memory and its share of what the workers have in common."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"The kernel does not say what process {pid} weighs.")


def ready_seconds(house: House) -> float:
    """Of the processor, so that whatever else the machine does is not in it."""
    began = children_seconds()
    subprocess.run(
        [sys.executable, "-c", READY], cwd=PROJECT, env=house.environ, check=True, capture_output=True
    )
    return children_seconds() - began


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
