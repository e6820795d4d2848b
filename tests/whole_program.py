"""The whole program as `make run` starts it from nothing: web server, workers, scheduler, mail and simulators.

A test arranges its provider in the same database through `app`, and meets everything else as people do: through the
browser, and through the mails that the mail server kept.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Flask

from backoffice import create_app
from backoffice.config import PROJECT, Settings
from backoffice.database import db
from backoffice.launch.instance import read_run
from backoffice.launch.plan import free_port
from backoffice.services import demo_gateways
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_around, commit_once
from tests.factories import Provider
from tests.live_kit import until

START_SECONDS, STOP_SECONDS, MAIL_SECONDS = 240.0, 60.0, 60.0


class Program:
    """One run in a folder of its own; `run` is its run.json."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environ = clean | {
            "INSTANCE_PATH": str(folder),
            "PORT": str(self.port),
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{self.port}",
            "DEMO_PASSWORD": "correct horse 7",
        }
        self.run: dict[str, Any] = {}

    @contextmanager
    def started(self) -> Iterator[Program]:
        """Running meanwhile; afterwards asked to stop, as Ctrl-C does it."""
        self.folder.mkdir()
        with (self.folder / "launch.log").open("wb") as log:
            words = [sys.executable, "-m", "backoffice.launch", "--end-with-parent"]
            process = subprocess.Popen(words, cwd=PROJECT, env=self.environ, stdout=log, stderr=log)
        try:
            there = until(lambda: read_run(self.folder) or process.poll() is not None, START_SECONDS)
            assert there and process.poll() is None, self.log()
            self.run = dict(read_run(self.folder))
            yield self
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_SECONDS)

    def log(self) -> str:
        return (self.folder / "launch.log").read_text()[-2000:]

    def make_app(self) -> Flask:
        """The program in this process, on the run's servers: to arrange with, and to look into the database."""
        return create_app(Settings.from_environment(self.environ))

    def mails_to(self, address: str) -> list[EmailMessage]:
        """What the mail server took for this address, in order."""
        found = [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in sorted(Path(self.run["mail_dir"]).glob("*.eml"))
        ]
        return [mail for mail in found if address in str(mail["X-Envelope-To"])]

    def mail(self, address: str, *words: str) -> EmailMessage:
        """The newest mail to this address that has these words; waits for the worker that sends it."""
        found: list[EmailMessage] = []

        def is_there() -> bool:
            found[:] = [mail for mail in self.mails_to(address) if all(each in said(mail) for each in words)]
            return bool(found)

        came = until(is_there, MAIL_SECONDS)
        assert came, (words, [mail["Subject"] for mail in self.mails_to(address)])
        return found[-1]


class House:
    """A provider of the running program."""

    def __init__(self, program: Program, app: Flask, provider: Provider) -> None:
        self.program, self.app, self.provider = program, app, provider
        self.inside(lambda: connect_stripe(provider.slug.replace("-", "")))

    def address(self, name: str) -> str:
        """An e-mail address that no other test writes to."""
        return f"{name}@{self.provider.slug}.example"

    def fetch(self, path: str, **options: Any) -> requests.Response:
        """What a program of a stranger's gets from this provider's site."""
        headers = {"Host": f"{self.provider.host}:{self.program.port}"}
        address = f"http://127.0.0.1:{self.program.port}{path}"
        return requests.get(address, headers=headers, allow_redirects=False, timeout=30, **options)

    def inside(self, work: Callable[[], Any]) -> Any:
        """What the work gives, done in the provider's scope."""
        with self.app.app_context(), tenant_scope(self.provider.id):
            try:
                return work()
            finally:
                db.session.rollback()
                db.session.remove()


def connect_stripe(name: str) -> None:
    """An account of the provider's own at the simulator, which tells of payments at the provider's address."""
    made = commit_once(lambda: demo_gateways.ensure(name, "stripe"))
    assert made is not None
    commit_around(
        lambda: demo_gateways.prepare(made[0]), lambda registration: registration.tell(), demo_gateways.keep
    )


def said(mail: EmailMessage) -> str:
    """Subject and text."""
    body = mail.get_body(("plain",))
    assert body is not None
    return f"{mail['Subject']}\n{body.get_content()}"


def path_in(mail: EmailMessage, beginning: str) -> str:
    """The path of the first address in a mail that begins so."""
    found = next(word for word in said(mail).split() if beginning in word)
    return urlsplit(found).path


def calendar_in(mail: EmailMessage) -> bytes:
    """The calendar file of a mail."""
    found = next(part for part in mail.iter_attachments() if part.get_content_type() == "text/calendar")
    content = found.get_content()
    return content.encode() if isinstance(content, str) else bytes(content)
