"""Real workers on real servers: each a process of its own, started as `make run` starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from backoffice import create_app
from backoffice.config import PROJECT
from tests.jobs.mail_server import Mailbox, MailServer
from tests.servers import DatabaseUrls, settings_for

Work = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def mailbox(mail_server: MailServer) -> Iterator[Mailbox]:
    mail_server.mailbox.clear()
    yield mail_server.mailbox
    mail_server.mailbox.clear()


@pytest.fixture(scope="session")
def app(database_urls: DatabaseUrls, redis_url: str, server_folder: Path, mail_server: MailServer) -> Flask:
    """The program as elsewhere, with a mail server that answers."""
    smtp = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(mail_server.port)}
    return create_app(settings_for(database_urls, server_folder, redis_url, **smtp))


@pytest.fixture(autouse=True)
def nothing_left_over(database_urls: DatabaseUrls) -> None:
    """Workers and sweeps serve every provider: what other tests left waiting is none of theirs."""
    with psycopg.connect(database_urls.owner, autocommit=True) as owner:
        owner.execute("UPDATE messages SET status = 'failed' WHERE status = 'queued'")
        owner.execute("UPDATE outbox SET done_at = now() WHERE done_at IS NULL AND dead_at IS NULL")


@pytest.fixture
def start(app: Flask, server_folder: Path) -> Iterator[Work]:
    """start("work", "mail") runs `flask jobs work mail` until the test ends."""
    running: list[subprocess.Popen[bytes]] = []

    def run(*words: str, **environ: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "flask", "--app", "app", "jobs", *words]
        log = (server_folder / "jobs.log").open("ab")
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment_of(app) | environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


def environment_of(app: Flask) -> dict[str, str]:
    """The settings of the test's program, as another process reads them."""
    settings = app.extensions["settings"]
    return os.environ | {
        "APP_ENV": "test",
        "INSTANCE_PATH": str(settings.instance_path),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key,
        "ENCRYPTION_KEYS": ",".join(settings.encryption_keys),
        "SMTP_HOST": settings.smtp_host,
        "SMTP_PORT": str(settings.smtp_port),
    }


def wait_until(is_so: Callable[[], bool], seconds: float = 60.0) -> None:
    """Until it is so; fails the test when it never is. Long, for a busy machine starts a worker slowly."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s"
        time.sleep(0.02)
