"""The children of a run: started with a log each, watched, started again with growing pauses, stopped."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from backoffice.launch.processes import die_with_parent, is_alive
from backoffice.launch.table import Part

LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
STOP_SECONDS = 12.0
LOG_LIMIT = 10_000_000

log = logging.getLogger("backoffice.launch")


class StartError(RuntimeError):
    """A part did not start; the text holds its last words."""


class Child:
    """One command with its log. Its name is all that others need to know of it."""

    def __init__(self, part: Part, environ: Mapping[str, str], logs: Path, folder: Path) -> None:
        self.part, self.environ, self.folder = part, dict(environ), folder
        self.log = logs / f"{part.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with open(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
            self.began_at = output.tell()
            self.process = subprocess.Popen(
                self.part.command,
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches only the one who knows the order of stopping
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def last_words(self) -> str:
        """Of this run only: the log goes on through many."""
        text = self.log.read_bytes()[self.began_at :].decode(errors="replace")
        return "\n".join(text.strip().splitlines()[-15:])

    def failure(self) -> StartError:
        code = self.process.poll() if self.process else None
        how = "did not answer in time" if code is None else f"ended with {code}"
        return StartError(f"{self.part.name} {how}. Its last words ({self.log}):\n{self.last_words()}")


def run_to_end(child: Child) -> None:
    """A step that must end well before the next one. Raises StartError."""
    child.start()
    try:
        if child.process is not None and child.process.wait() != 0:
            raise child.failure()
    finally:
        stop_all([child])


def stop_all(children: list[Child]) -> None:
    """Ask all at once, wait, then kill each with what it started itself."""
    running = [child.process for child in children if child.process and child.process.returncode is None]
    for process in running:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while any(is_alive(process.pid) for process in running) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in running:
        # Not collected yet, so its number, which is its group's too, cannot be another's.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], sig: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, sig)


def shorten(path: Path) -> None:
    """Keep one older log beside the new one."""
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".old.log"))


class Watch:
    """One thing that must run. Each crash in a row doubles the pause before it is started again."""

    def __init__(self, name: str, is_running: Callable[[], bool], restart: Callable[[], None]) -> None:
        self.name, self.is_running, self.restart = name, is_running, restart
        self.crashes = 0
        self.started_at = time.monotonic()
        self.retry_at: float | None = None

    def look(self, now: float) -> None:
        if self.retry_at is not None:
            self._retry(now)
        elif not self.is_running():
            self._note_crash(now)

    def _note_crash(self, now: float) -> None:
        steady = now - self.started_at > STEADY_SECONDS
        self.crashes = 1 if steady else self.crashes + 1
        pause = min(2.0 ** (self.crashes - 1), LONGEST_PAUSE)
        self.retry_at = now + pause
        log.warning("%s ended unexpectedly; it is started again in %.0f s", self.name, pause)

    def _retry(self, now: float) -> None:
        if self.retry_at is None or now < self.retry_at:
            return
        self.retry_at, self.started_at = None, now
        try:
            self.restart()
        except (OSError, RuntimeError) as error:
            log.warning("%s could not be started: %s", self.name, error)
