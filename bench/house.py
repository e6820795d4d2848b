"""The servers of a measurement: PostgreSQL as durable as in production, Valkey, and the web as `make run` starts it."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import flask_migrate
import psycopg
from flask import Flask

from backoffice import create_app
from backoffice.config import PROJECT, Settings
from backoffice.embedded import APP, OWNER, EmbeddedPostgres, EmbeddedValkey
from backoffice.launch.plan import free_port
from backoffice.launch.processes import die_with_parent

START_SECONDS = 30
HOST = "bench.localhost"


@dataclass
class House:
    """One database for one measurement; `environ` is what a production start would be given."""

    postgres: EmbeddedPostgres
    folder: Path
    environ: dict[str, str]
    name: str

    @property
    def owner_url(self) -> str:
        return self.postgres.local_url_of(OWNER, self.name)

    @property
    def app_url(self) -> str:
        return self.postgres.local_url_of(APP, self.name)

    def settings(self) -> Settings:
        return Settings.from_environment(self.environ)

    def app(self) -> Flask:
        return create_app(self.settings())

    def owner(self) -> psycopg.Connection:
        """A connection for filling tables and reading plans."""
        return psycopg.connect(self.owner_url, autocommit=True)

    def program(self, name: str) -> str:
        """A program that comes with PostgreSQL, such as pgbench."""
        return str(self.postgres.programs / name)

    @contextlib.contextmanager
    def web(self) -> Iterator[int]:
        """gunicorn with the house's own settings, on a free port; yields the port."""
        port = free_port()
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "backoffice/launch/gunicorn_config.py",
            "app:app",
        ]
        log = (self.folder / "web.log").open("ab")
        web = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=self.environ | {"PORT": str(port)},
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        try:
            self._await(port, web)
            yield port
        finally:
            web.terminate()
            web.wait(20)
            log.close()

    def _await(self, port: int, web: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and web.poll() is None:
            with contextlib.suppress(OSError):
                connection = HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/api/health/live", headers={"Host": HOST})
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.05)
        raise SystemExit(f"The web did not start:\n{(self.folder / 'web.log').read_text()[-2000:]}")


@contextlib.contextmanager
def servers() -> Iterator[tuple[EmbeddedPostgres, EmbeddedValkey, Path]]:
    """In a temporary folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bo-bench-"))
    folder.chmod(0o711)
    try:
        with EmbeddedPostgres(folder / "postgres") as postgres, EmbeddedValkey(folder / "valkey") as valkey:
            yield postgres, valkey, folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def build(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, folder: Path, name: str) -> House:
    """A new database, migrated."""
    postgres.create_database(name)
    environ = {
        "PATH": os.environ.get("PATH", ""),
        "APP_ENV": "production",
        "INSTANCE_PATH": str(folder / "instance"),
        "DATABASE_URL": postgres.local_url_of(APP, name),
        "DATABASE_OWNER_URL": postgres.local_url_of(OWNER, name),
        "REDIS_URL": valkey.url,
        "SECRET_KEY": secrets.token_hex(32),
        "JWT_SECRET": secrets.token_hex(32),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "PUBLIC_BASE_URL": f"http://{HOST}",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": "1",
        "LOG_LEVEL": "warning",
    }
    house = House(postgres, folder, environ, name)
    with house.app().app_context():
        flask_migrate.upgrade()
    return house
