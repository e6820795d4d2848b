"""One run from start to stop: servers, steps, services, run.json, the watch, and everything back again."""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from backoffice.config import PROJECT, ConfigError
from backoffice.embedded import APP, OWNER, EmbeddedError, EmbeddedPostgres, EmbeddedValkey
from backoffice.launch.children import Child, StartError, Watch, run_to_end, shorten, stop_all
from backoffice.launch.instance import read_run
from backoffice.launch.plan import Plan, make_plan, need_port, run_file, simulator_url
from backoffice.launch.private import AlreadyRunning, keep_private, locked
from backoffice.launch.table import TABLE, Part, Table, demo_tenants

ANSWER_SECONDS = 60.0
READY_SECONDS = 20.0
SETTLE_SECONDS = 1.0
HELPER_SECONDS = 30.0
LOOK_SECONDS = 0.25
# A killed run's web server lets go of the port a little later than the kernel of the lock.
PORT_PATIENCE = 15.0

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXPECTED = (ConfigError, EmbeddedError, AlreadyRunning, StartError)

log = logging.getLogger("backoffice.launch")


class Stopped(BaseException):
    """Somebody asked us to stop. No error, and nothing on the way may catch it as one."""


def launch(environ: Mapping[str, str], table: Table = TABLE, folder: Path = PROJECT) -> None:
    """Run until told to stop. Raises Stopped then, and one of EXPECTED when it cannot start."""
    plan = make_plan(environ)
    instance = plan.settings.instance_path
    instance.mkdir(parents=True, exist_ok=True, mode=0o711)
    with contextlib.ExitStack() as stack:
        _lock(stack, instance)
        was_killed = run_file(instance).exists()
        need_port(plan.settings.port, PORT_PATIENCE if was_killed else 0.0)
        stack.callback(run_file(instance).unlink, missing_ok=True)
        _listen_for_stop()
        Run(plan, table, folder, stack).go()


def _lock(stack: contextlib.ExitStack, instance: Path) -> None:
    try:
        stack.enter_context(locked(instance / "lock"))
    except AlreadyRunning:
        where = read_run(instance).get("url", "starting or stopping")
        raise AlreadyRunning(
            f"The back office is already running with {instance} ({where}). "
            "Stop it first, or set INSTANCE_PATH and PORT for a second one."
        ) from None


def _listen_for_stop() -> None:
    def stop(*_: object) -> None:
        for sig in STOP_SIGNALS:  # a second one must not cut the stopping short
            signal.signal(sig, lambda *_: None)
        raise Stopped

    for sig in STOP_SIGNALS:
        if sig != signal.SIGHUP or signal.getsignal(sig) != signal.SIG_IGN:  # nohup means it
            signal.signal(sig, stop)


class Run:
    """The parts of one run, in the order in which they start; the stack takes them down in reverse."""

    def __init__(self, plan: Plan, table: Table, folder: Path, stack: contextlib.ExitStack) -> None:
        self.plan, self.table, self.folder, self.stack = plan, table, folder, stack
        self.instance = plan.settings.instance_path
        self.logs = self.instance / "log"
        self.logs.mkdir(exist_ok=True, mode=0o700)
        self.environ = dict(plan.environ)
        self.run: dict[str, Any] = {}
        self.watches: list[Watch] = []
        self.children: list[Child] = []

    def go(self) -> None:
        self._start_postgres()
        self._start_valkey()
        self.stack.callback(stop_all, self.children)
        self._start_helpers()
        for part in filter(self._is_wanted, self.table.steps):
            log.info("%s ...", part.name)
            run_to_end(self._child(part))
        for part in filter(self._is_wanted, self.table.services):
            self._start_service(part)
        self._wait_until_all_answer()
        keep_private(run_file(self.instance), json.dumps(self._description(), indent=1))
        self._announce()
        self._watch()

    def _start_postgres(self) -> None:
        if not self.plan.own_postgres:
            self.run["database_url"] = self.environ["DATABASE_URL"]
            self.run["database_owner_url"] = self.environ["DATABASE_OWNER_URL"]
            return
        log.info("PostgreSQL ...")
        server = self.stack.enter_context(EmbeddedPostgres(self.instance / "postgres"))
        # Ours use the private socket, which is quicker; others read the TCP address in run.json.
        self.environ |= {
            "DATABASE_URL": server.local_url_of(APP),
            "DATABASE_OWNER_URL": server.local_url_of(OWNER),
        }
        self.run |= {"database_url": server.url, "database_owner_url": server.owner_url}
        self.run["database_folder"] = str(server.data)
        self._watch_over("PostgreSQL", server.is_running, server.restart)

    def _start_valkey(self) -> None:
        if self.plan.own_redis:
            log.info("Valkey ...")
            server = self.stack.enter_context(EmbeddedValkey(self.instance / "valkey"))
            self.environ["REDIS_URL"] = server.url
            self._watch_over("Valkey", server.is_running, server.restart)
        self.run["redis_url"] = self.environ["REDIS_URL"]

    def _start_helpers(self) -> None:
        """What the steps may call."""
        for part in filter(self._is_wanted, self.table.helpers):
            self._start_service(part)
        port, deadline = self.plan.simulator_port, time.monotonic() + HELPER_SECONDS
        while self.children and port is not None and _status(port, "/control/") is None:
            if not self.children[0].is_running() or time.monotonic() > deadline:
                raise self.children[0].failure()
            time.sleep(0.05)

    def _is_wanted(self, part: Part) -> bool:
        return (
            (self.plan.is_demo or not part.only_demo)
            and (self.plan.own_mail or not part.only_mail_sink)
            and (self.plan.simulator_port is not None or not part.only_simulated)
        )

    def _child(self, part: Part) -> Child:
        environ = dict(self.environ)
        if not part.with_owner:
            environ.pop("DATABASE_OWNER_URL", None)
        shorten(self.logs / f"{part.name}.log")
        return Child(part, environ, self.logs, self.folder)

    def _start_service(self, part: Part) -> None:
        log.info("%s ...", part.name)
        child = self._child(part)
        self.children.append(child)
        child.start()
        self._watch_over(part.name, child.is_running, child.start)

    def _watch_over(self, name: str, is_running: Callable[[], bool], restart: Callable[[], None]) -> None:
        self.watches.append(Watch(name, is_running, restart))

    def _wait_until_all_answer(self) -> None:
        """A part that ends during the start is a fault to show, not to try again."""
        began = time.monotonic()
        web = next((child for child in self.children if child.part.answers_http), None)
        while True:
            for child in self.children:
                if not child.is_running():
                    raise child.failure()
            waited = time.monotonic() - began
            if waited > SETTLE_SECONDS and (web is None or self._web_answers(waited)):
                return
            if web is not None and waited > ANSWER_SECONDS:
                raise web.failure()
            time.sleep(0.1)

    def _web_answers(self, waited: float) -> bool:
        """Healthy, or at least no server error: a page that is missing is an answer.

        A mail server that is down makes it "not ready" (503) for long, but the desk has its pages.
        """
        status = _status(self.plan.settings.port, "/api/health")
        if status == HTTPStatus.SERVICE_UNAVAILABLE and waited > READY_SECONDS:
            log.warning("The web answers but is not ready: see /api/health")
            return True
        return status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR

    def _description(self) -> dict[str, Any]:
        settings = self.plan.settings
        return {
            "url": f"http://127.0.0.1:{settings.port}",
            **self.run,
            "smtp": {"host": settings.smtp_host, "port": settings.smtp_port},
            "mail_dir": str(self.instance / "mail") if self.plan.own_mail else None,
            "simulators": self._simulators(),
            "tenants": demo_tenants() if self.plan.is_demo else [],
        }

    def _simulators(self) -> str | None:
        port = self.plan.simulator_port
        return None if port is None else simulator_url(port)

    def _announce(self) -> None:
        settings = self.plan.settings
        lines = ["", "The back office is running. Ctrl-C stops it.", f"  http://127.0.0.1:{settings.port}"]
        if self.plan.is_demo:
            lines += _demo_lines(settings.port, settings.demo_password or "")
        lines += ["", f"Logs: {self.logs}"]
        if self._simulators():
            lines += [f"Payments are simulated, no money moves: {self._simulators()}"]
        if self.plan.own_mail:
            lines += [f"Mail is not sent but kept: {self.instance / 'mail'} (set SMTP_HOST to send it)"]
        if "database_folder" in self.run:
            lines += [f"Data: {self.run['database_folder']}"]
        print("\n".join(lines), flush=True)

    def _watch(self) -> None:
        has_terminal = os.isatty(0)
        while True:
            time.sleep(LOOK_SECONDS)
            if has_terminal and not os.isatty(0):
                raise Stopped  # it was closed: make hears of it, and waits for us in silence
            for watch in self.watches:
                watch.look(time.monotonic())


def _demo_lines(port: int, password: str) -> list[str]:
    tenants = demo_tenants()
    lines = [f"  http://{tenant['host']}:{port}" for tenant in tenants]
    lines += ["", f"Demonstration logins, all with the password  {password}"]
    for tenant in tenants:
        lines += [f"  {role:<11} {email}" for role, email in tenant["logins"].items()]
    return lines


def _status(port: int, path: str) -> int | None:
    """How a page of ours answers; None while it does not."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def main(environ: Mapping[str, str], table: Table = TABLE, folder: Path = PROJECT) -> int:
    """The same, with every fault told in a sentence: the exit code of `make run`."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stdout
    )
    try:
        launch(environ, table, folder)
    except Stopped:
        log.info("stopped")
        return 0
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(f"The start failed: {error}", file=sys.stderr)
    except EXPECTED as error:
        print(error, file=sys.stderr)
    return 1
