"""`make run` with stand-ins for the program: what it starts, tells, watches, stops, and refuses."""

import json
import os
import secrets
import signal
import smtplib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from cryptography.fernet import Fernet

from backoffice.embedded import EmbeddedPostgres
from backoffice.launch.children import LONGEST_PAUSE, Watch
from backoffice.launch.plan import free_port, make_plan
from backoffice.launch.processes import is_alive
from backoffice.launch.reader import API_BASES, Reader

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 40.0


class Run:
    """One run of the stand-in in a folder of its own, whose name holds a space."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.instance = folder
        clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environ = {**clean, "INSTANCE_PATH": str(folder), "PORT": str(free_port()), **environ}
        self.process: subprocess.Popen[str] | None = None

    def start(self, **environ: str) -> "subprocess.Popen[str]":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.stand_in"],
            cwd=PROJECT,
            env={**self.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self.process

    def start_and_wait(self) -> dict[str, Any]:
        before = self.written_at()
        process = self.start()
        assert wait_for(lambda: self.written_at() > before or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        return self.description()

    def end(self, sig: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        assert self.process is not None
        self.process.send_signal(sig)
        output = self.process.communicate(timeout=30)[0]
        return self.process.returncode, output

    def fails(self, **environ: str) -> str:
        process = self.start(**environ)
        output = process.communicate(timeout=START_SECONDS)[0]
        assert process.returncode == 1, output
        return output

    @property
    def file(self) -> Path:
        return self.instance / "run.json"

    def written_at(self) -> int:
        return self.file.stat().st_mtime_ns if self.file.exists() else 0

    def description(self) -> dict[str, Any]:
        return dict(json.loads(self.file.read_text()))

    def processes(self) -> list[int]:
        """Whatever works for this instance: each child carries its path in its environment or its command."""
        return [pid for pid in all_processes() if str(self.instance) in words_of(pid)]


def all_processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if is_alive(int(entry.name))]


def words_of(pid: int) -> str:
    try:
        return "".join(
            Path(f"/proc/{pid}/{part}").read_text(errors="replace") for part in ("environ", "cmdline")
        )
    except OSError:
        return ""


def wait_for(what: Callable[[], object], seconds: float = START_SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def new_run(server_folder: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def make(**environ: str) -> Run:
        folder = server_folder / f"an instance {abs(hash(request.node.name))}"
        runs.append(Run(folder, environ))
        return runs[-1]

    yield make
    for run in runs:
        if run.process and run.process.poll() is None:
            run.process.kill()
            run.process.communicate()


@pytest.fixture
def run(new_run: Callable[..., Run]) -> Run:
    return new_run()


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as reply:
        return str(reply.read().decode())


@pytest.fixture(scope="module")
def going(server_folder: Path) -> Iterator[Run]:
    """One run for the tests that only look at it."""
    run = Run(server_folder / "a going run", {})
    run.start_and_wait()
    yield run
    run.end()


def test_a_run_tells_where_everything_is(going: Run) -> None:
    told, run = going.description(), going
    assert run.file.stat().st_mode & 0o777 == 0o600
    assert told["url"] == f"http://127.0.0.1:{run.environ['PORT']}"
    for name in ("database_url", "database_owner_url"):
        psycopg.connect(told[name]).close()
    assert redis.Redis.from_url(told["redis_url"]).ping()
    assert [tenant["slug"] for tenant in told["tenants"]] == ["rft", "nairobi"]
    assert told["tenants"][1]["logins"]["office"] == "office@nairobi.example"


def test_a_demonstration_without_keys_pays_at_simulators(going: Run) -> None:
    told = going.description()
    assert "stripe/pay" in page(f"{told['simulators']}/control/")
    environment = page(told["url"])
    for gateway in ("stripe", "mpesa", "flutterwave"):
        assert f"{gateway.upper()}_API_BASE={told['simulators']}/{gateway}" in environment
    assert (going.instance / "simulators" / "state.sqlite").exists()


def test_ctrl_c_stops_everything_and_nothing_is_left(run: Run) -> None:
    run.start_and_wait()
    code, output = run.end(signal.SIGINT)
    assert code == 0
    for text in ("http://rft.localhost:", "http://nairobi.localhost:", "customer@rft.example", "password"):
        assert text in output
    assert not run.file.exists()
    assert run.processes() == []


def test_only_what_migrates_gets_the_login_of_the_owner(going: Run) -> None:
    environment = page(going.description()["url"])
    assert "DATABASE_URL=postgresql://backoffice_app:" in environment
    assert "DATABASE_OWNER_URL" not in environment


def test_the_sink_keeps_each_mail_as_a_file(going: Run) -> None:
    told = going.description()
    with smtplib.SMTP(told["smtp"]["host"], told["smtp"]["port"]) as client:
        client.sendmail(
            "office@rft.example", ["ann@example.org", "bob@example.org"], "Subject: Hello\n\n.dot\n"
        )
    (mail,) = Path(told["mail_dir"]).glob("*.eml")
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert message["Subject"] == "Hello"
    assert message["X-Envelope-To"] == "ann@example.org, bob@example.org"
    assert mail.stat().st_mode & 0o077 == 0


def test_a_killed_run_leaves_no_process_and_the_next_one_recovers(run: Run) -> None:
    first = run.start_and_wait()
    with psycopg.connect(first["database_owner_url"]) as owner:
        owner.execute("CREATE TABLE kept (id int)")
    assert run.process is not None
    run.process.kill()
    run.process.communicate()
    second = run.start_and_wait()
    with psycopg.connect(second["database_owner_url"]) as owner:
        owner.execute("SELECT FROM kept")
    run.end()
    assert wait_for(lambda: run.processes() == [], 10)


def test_a_second_run_on_the_same_instance_says_so(going: Run) -> None:
    url = going.description()["url"]
    second = Run(going.instance, {})
    assert f"already running with {going.instance} ({url})" in second.fails()
    assert page(url)


def test_a_crashed_part_is_started_again(run: Run) -> None:
    told = run.start_and_wait()
    (web,) = [pid for pid in run.processes() if "stand_in\0web" in words_of(pid)]
    os.kill(web, signal.SIGKILL)

    def answers() -> bool:
        try:
            return bool(page(told["url"]))
        except OSError:
            return False

    assert wait_for(lambda: not is_alive(web))
    assert wait_for(answers)
    assert "web ended unexpectedly; it is started again in 1 s" in run.end()[1]


def test_a_taken_port_is_told_in_a_sentence(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"Port {port} is taken by another program" in run.fails(PORT=str(port))
    assert run.processes() == []


@pytest.mark.parametrize("part", ["migrate", "web", "worker"])
def test_a_part_that_cannot_start_stops_the_rest_and_gives_its_reason(run: Run, part: str) -> None:
    output = run.fails(FAULT=part)
    assert f"{part} ended with 1" in output
    assert "the reason" in output
    assert run.processes() == []
    assert not run.file.exists()


def test_given_servers_are_used_and_no_other_started(
    postgres: EmbeddedPostgres, redis_url: str, new_run: Callable[..., Run]
) -> None:
    given = {"DATABASE_URL": postgres.url, "DATABASE_OWNER_URL": postgres.owner_url, "REDIS_URL": redis_url}
    run = new_run(APP_ENV="demo", SMTP_HOST="mail.example.org", **given)
    told = run.start_and_wait()
    assert {name: told[name.lower()] for name in given} == given
    assert told["smtp"] == {"host": "mail.example.org", "port": 25}
    assert told["mail_dir"] is None
    assert not (run.instance / "postgres").exists()
    assert not (run.instance / "valkey").exists()
    run.end()


@pytest.mark.parametrize(
    ("environ", "is_simulated"),
    [
        ({}, True),
        ({"STRIPE_SECRET_KEY": "sk_test_x"}, False),
        ({"MPESA_API_BASE": "https://sandbox.safaricom.co.ke"}, False),
        ({"SIMULATOR_PORT": "7001"}, True),
        ({"PORT": "65530"}, True),
    ],
)
def test_keys_or_addresses_of_gateways_keep_the_simulators_away(
    tmp_path: Path, environ: dict[str, str], is_simulated: bool
) -> None:
    plan = make_plan({"INSTANCE_PATH": str(tmp_path), "PORT": "5000", **environ})
    assert (plan.simulator_port is not None) == is_simulated
    if "SIMULATOR_PORT" in environ:
        assert plan.environ["STRIPE_API_BASE"] == "http://127.0.0.1:7001/stripe"


def test_a_command_beside_a_run_pays_where_the_run_does(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"simulators": "http://127.0.0.1:5090"}))
    given = {"INSTANCE_PATH": str(tmp_path), "DATABASE_URL": "", "APP_ENV": "demo"}
    plan = make_plan({**given, "SIMULATOR_PORT": "7001"})
    assert plan.settings.stripe_api_base == "http://127.0.0.1:7001/stripe"
    beside = {**plan.environ, "DATABASE_URL": "", **dict.fromkeys(API_BASES.values(), "")}
    assert Reader(beside).gateway_address("mpesa") == "http://127.0.0.1:5090/mpesa"
    assert Reader({**beside, "STRIPE_SECRET_KEY": "sk_test_x"}).gateway_address("stripe") is None


def test_production_never_has_simulators(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    given = {"DATABASE_URL": postgres.url, "DATABASE_OWNER_URL": postgres.owner_url, "REDIS_URL": "redis://x"}
    keys = {"SECRET_KEY": secrets.token_urlsafe(48), "ENCRYPTION_KEYS": Fernet.generate_key().decode()}
    url = {"PUBLIC_BASE_URL": "https://rft.example", "SMTP_HOST": "mail.example.org"}
    plan = make_plan({"INSTANCE_PATH": str(tmp_path), "APP_ENV": "production", **given, **keys, **url})
    assert plan.simulator_port is None


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"DATABASE_URL": "postgresql://a@b/c"}, "DATABASE_OWNER_URL is not set"),
        ({"DATABASE_OWNER_URL": "postgresql://a@b/c"}, "DATABASE_URL is not set"),
        ({"APP_ENV": "production"}, "DATABASE_URL is not set"),
        ({"APP_ENV": "staging"}, "APP_ENV is 'staging'"),
        ({"PORT": "http"}, "PORT is 'http'"),
    ],
)
def test_a_wrong_setting_stops_the_start_before_anything_runs(
    run: Run, environ: dict[str, str], sentence: str
) -> None:
    assert sentence in run.fails(**environ)
    assert not (run.instance / "postgres").exists()


def test_each_crash_in_a_row_doubles_the_pause_up_to_a_limit() -> None:
    started: list[float] = []
    watch = Watch("part", is_running=lambda: False, restart=lambda: started.append(now))
    pauses = []
    now = watch.started_at
    for _ in range(7):
        watch.look(now)
        assert watch.retry_at is not None
        pauses.append(watch.retry_at - now)
        now = watch.retry_at
        watch.look(now)
    assert pauses == [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE]
    assert len(started) == 7
