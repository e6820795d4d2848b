"""What both embedded servers share: a folder with its lock, a short socket folder, one child process."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

from backoffice.launch.accounts import Account, EmbeddedError
from backoffice.launch.private import keep_private, locked
from backoffice.launch.processes import alive_in, die_with_parent, end_all

CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
START_SECONDS = 60.0
STOP_SECONDS = 15.0
SOCKET_PATH_LIMIT = 107
SHORT_FOLDER = "/tmp"  # noqa: S108 - only mkdtemp writes there


class Server:
    """One server over one folder, for as long as the `with` lasts or this process lives."""

    name = "server"
    stop_signal = signal.SIGTERM

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).resolve()
        self.data = self.path / "data"
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o711)
            stack.enter_context(locked(self.path / "lock"))
            self.sockets = self._make_socket_folder()
            stack.callback(shutil.rmtree, self.sockets, ignore_errors=True)
            self._prepare()
            stack.callback(self.stop)
            self.start()
            self._ready()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self) -> None:
        """Start, and wait until it answers. Raises EmbeddedError with the server's last words."""
        for _ in range(3):
            self.port = self.port or _free_port()
            self.process = self._spawn()
            if self._wait():
                return
            self.stop()
            if "in use" not in self._last_words():
                break
            self.port = 0
        raise EmbeddedError(f"The embedded {self.name} did not start. Its last words:\n{self._last_words()}")

    def stop(self) -> None:
        """Ask, wait, then kill."""
        if self.process is None:
            return
        end_all([self.process.pid], self.stop_signal, STOP_SECONDS)
        self.process.wait()
        self.process = None

    def restart(self) -> None:
        """After a crash: the same port and sockets, so that every URL that was handed out stays true."""
        self.stop()
        self._end_leftovers()
        self.start()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _wait(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while self.is_running() and time.monotonic() < deadline:
            if self._answers():
                return True
            time.sleep(0.02)
        return False

    def _launch(self, command: Sequence[str], account: Account) -> subprocess.Popen[bytes]:
        with self._log() as log:
            return subprocess.Popen(
                command,
                cwd=self.data,
                env=CLEAN_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is ours to pass on, when its users are gone
                preexec_fn=die_with_parent(self.stop_signal),
                **account.identity,
            )

    def _log(self) -> IO[bytes]:
        log = self.path / "server.log"
        return open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")

    def _last_words(self) -> str:
        log = self.path / "server.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-8:]) if log.exists() else ""

    def _end_leftovers(self) -> None:
        """We hold the lock: whoever still works in the data folder is left over from a killed run."""
        end_all(alive_in(self.data), self.stop_signal, STOP_SECONDS)

    def _make_socket_folder(self) -> Path:
        """A new private folder, its name short enough for a socket; the one of a killed run goes."""
        note = self.path / "sockets"
        if note.exists():
            _remove_leftover(Path(note.read_text()))
        # TMPDIR is often too long.
        parent = SHORT_FOLDER if os.access(SHORT_FOLDER, os.W_OK) else None
        folder = Path(tempfile.mkdtemp(prefix="bo-", dir=parent))
        if len(str(folder / ".s.PGSQL.65535")) > SOCKET_PATH_LIMIT:
            raise EmbeddedError(f"{folder} is too long for a socket: set TMPDIR to a shorter folder.")
        keep_private(note, str(folder))
        return folder

    def _prepare(self) -> None:
        raise NotImplementedError

    def _spawn(self) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError

    def _ready(self) -> None:
        """What is left to do once it answers."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _remove_leftover(folder: Path) -> None:
    if folder.name.startswith("bo-") and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)
