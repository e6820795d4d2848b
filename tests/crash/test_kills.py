"""The whole program under load while its parts are killed: what was acknowledged is there, once, and mailed (H2–H4)."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import psycopg
import pytest
import requests

from backoffice.launch.plan import free_port

PROJECT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "a-password-4-tests"
CLERKS = 3

pytestmark = pytest.mark.slow


class Office:
    """A running installation of its own, as `make run` starts it."""

    def __init__(self, folder: Path) -> None:
        clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        places = {"INSTANCE_PATH": str(folder), "PORT": str(free_port()), "DEMO_PASSWORD": PASSWORD}
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backoffice.launch", "--end-with-parent"],
            cwd=PROJECT,
            env=clean | places,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            self.run = self._await_start()
        except BaseException:
            self.end()  # no fixture ends a run that did not come up
            raise

    def _await_start(self) -> dict[str, Any]:
        """What the run says of itself once it is up."""
        file = self.folder / "run.json"
        assert wait_for(lambda: file.exists() or self.process.poll() is not None, 90)
        assert self.process.poll() is None, self.process.communicate()[0]
        return dict(json.loads(file.read_text()))

    def kill(self, *words: str) -> int:
        """kill -9 every process of this run whose command line has all the words; how many there were."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                line = " ".join(child.cmdline())
            except psutil.NoSuchProcess:
                continue
            if all(word in line for word in words):
                found.append(child)
        for child in found:
            child.kill()
        return len(found)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Read the database as its owner, who sees all tenants."""
        with psycopg.connect(self.run["database_owner_url"].replace("+psycopg", "")) as connection:
            return connection.execute(statement).fetchall()

    def change(self, statement: str) -> None:
        with psycopg.connect(self.run["database_owner_url"].replace("+psycopg", "")) as connection:
            connection.execute(statement)

    def end(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=60)


class Clerk(threading.Thread):
    """Books one caller after the other; without an answer the same form is sent again, as a person would."""

    def __init__(self, office: Office, number: int) -> None:
        super().__init__(daemon=True)
        self.office, self.number = office, number
        self.url = office.run["url"]
        self.schedule_id = ""
        self.references: list[str] = []
        self.faults: list[str] = []
        self.stop = threading.Event()
        self.session = requests.Session()
        self.headers = {"Accept": "application/json"}

    def sign_in(self) -> None:
        page = self.session.get(f"{self.url}/login", timeout=10).text
        token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        form = {"email": "office@rft.example", "password": PASSWORD, "csrf_token": token}
        answer = self.session.post(f"{self.url}/login", data=form, headers=self.headers, timeout=10)
        self.headers["X-CSRFToken"] = answer.json()["csrf_token"]

    def run(self) -> None:
        count = 0
        while not self.stop.is_set():
            count += 1
            self._book(count)

    def _book(self, count: int) -> None:
        form: dict[str, Any] = {
            "schedule_id": self.schedule_id,
            "places": 1,
            "first_name": "Load",
            "last_name": f"Caller {self.number} {count}",
            "email": f"load-{self.number}-{count}@callers.example",
            "payment_method": "bank_transfer",
            "send_mail": True,
            "idempotency_key": str(uuid4()),
        }
        for _ in range(600):
            try:
                answer = self.session.post(
                    f"{self.url}/admin/desk/book", json=form, headers=self.headers, timeout=20
                )
            except requests.RequestException:
                time.sleep(0.1)
                continue
            if answer.status_code == 200:
                self.references.append(answer.json()["reference"])
                return
            if answer.status_code < 500:
                self.faults.append(f"{answer.status_code} {answer.text[:200]}")
                return
            time.sleep(0.1)
        self.faults.append("no answer for a minute")


def wait_for(what: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.2)
    return False


@pytest.fixture
def office(server_folder: Path) -> Iterator[Office]:
    running = Office(server_folder / "office")
    yield running
    running.end()


def test_what_was_acknowledged_outlives_every_kill(office: Office) -> None:
    office.change("UPDATE schedules SET capacity = 1000 WHERE status = 'published'")
    dates = office.query(
        "SELECT s.id FROM schedules s JOIN tenants t ON t.id = s.tenant_id "
        "WHERE t.slug = 'rft' AND status = 'published' AND starts_at > now() + interval '10 days' LIMIT 3"
    )
    clerks = [Clerk(office, number) for number in range(CLERKS)]
    for clerk, (schedule_id,) in zip(clerks, dates, strict=True):
        clerk.schedule_id = str(schedule_id)
        clerk.sign_in()
        clerk.start()

    def taken() -> int:
        return sum(len(clerk.references) for clerk in clerks)

    def goes_on(seconds: float) -> bool:
        before = taken()
        return wait_for(lambda: taken() >= before + 2 * CLERKS, seconds)

    assert goes_on(20)
    for words in (("gunicorn",), ("valkey",), ("jobs", "work", "mail"), ("postgres", "-D")):
        assert office.kill(*words), f"nothing to kill: {words}"
        assert goes_on(30), f"no bookings after kill -9 of {words}"
    for clerk in clerks:
        clerk.stop.set()
    for clerk in clerks:
        clerk.join(timeout=70)

    assert [clerk.faults for clerk in clerks] == [[]] * CLERKS
    acknowledged = sorted(reference for clerk in clerks for reference in clerk.references)
    stored = office.query("SELECT reference FROM bookings WHERE contact_email LIKE 'load-%' ORDER BY 1")
    assert [reference for (reference,) in stored] == acknowledged
    mails = "SELECT count(*), count(DISTINCT booking_id) FROM messages WHERE recipient LIKE 'load-%'"
    assert office.query(mails) == [(len(acknowledged), len(acknowledged))]
    sent = "SELECT count(*) FROM messages WHERE recipient LIKE 'load-%' AND status = 'sent'"
    assert wait_for(lambda: office.query(sent) == [(len(acknowledged),)], 120), office.query(sent)
    drift = (
        "SELECT s.id FROM schedules s WHERE seats_taken <> (SELECT coalesce(sum(seats), 0) FROM bookings b "
        "WHERE b.schedule_id = s.id AND b.status IN ('pending', 'confirmed', 'completed', 'no_show'))"
    )
    assert office.query(drift) == []
