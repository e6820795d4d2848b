"""The embedded servers: from a path with a space, after a kill, one user at a time, and never left behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from backoffice.embedded import AlreadyRunning, EmbeddedPostgres, EmbeddedValkey
from backoffice.launch.accounts import SYSTEM_FOLDER
from backoffice.launch.processes import alive_in, is_alive

HOLDER = """
import sys, time
from backoffice.embedded import EmbeddedPostgres, EmbeddedValkey
with EmbeddedPostgres(sys.argv[1] + "/pg", durable=False) as pg, EmbeddedValkey(sys.argv[1] + "/vk") as vk:
    print(pg.process.pid, vk.process.pid, pg.sockets, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder(server_folder: Path, request: pytest.FixtureRequest) -> Path:
    path = server_folder / f"with a space {abs(hash(request.node.name))}"
    path.mkdir(mode=0o711)
    return path


@pytest.fixture
def holder(folder: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Another process that runs both servers, and what it says of them."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().split()
        process.kill()


def wait_until_gone(pids: list[int], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in pids if is_alive(pid)]


def test_data_and_passwords_stay_from_one_start_to_the_next(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server, psycopg.connect(server.owner_url) as owner:
        owner.execute("CREATE TABLE kept (id int)")
    with EmbeddedPostgres(folder, durable=False) as server, psycopg.connect(server.owner_url) as owner:
        assert owner.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_the_owner_can_create_the_extensions_that_the_tables_need(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.owner_url) as owner:
        for name in ("btree_gist", "pg_trgm", "citext", "unaccent"):
            owner.execute(f"CREATE EXTENSION {name}")
        assert owner.execute("SELECT unaccent('Élan'), 'É' ILIKE 'é'").fetchone() == ("Elan", True)
        owner.rollback()


def test_nobody_gets_in_without_a_password(postgres: EmbeddedPostgres) -> None:
    for host in ("127.0.0.1", str(postgres.sockets)):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=host, port=postgres.port, user="postgres", dbname="postgres")


def test_valkey_keeps_its_data_and_asks_for_a_password(folder: Path) -> None:
    with EmbeddedValkey(folder) as server:
        redis.Redis.from_url(server.url).set("name", "value")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0)).ping()
    with EmbeddedValkey(folder) as server:
        assert redis.Redis.from_url(server.url).get("name") == b"value"


def test_secrets_are_readable_by_their_user_only(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg", durable=False), EmbeddedValkey(folder / "vk"):
        for name in ("pg/passwords.json", "pg/server.log", "vk/valkey.conf"):
            assert (folder / name).stat().st_mode & 0o077 == 0


def test_a_second_user_of_a_folder_is_refused(holder: object, folder: Path) -> None:
    with pytest.raises(AlreadyRunning), EmbeddedPostgres(folder / "pg"):
        pass


def test_servers_end_with_a_killed_process_and_the_next_start_recovers(
    holder: tuple[subprocess.Popen[str], list[str]], folder: Path
) -> None:
    process, (postgres, valkey, sockets) = holder
    process.kill()
    process.wait()
    with EmbeddedPostgres(folder / "pg", durable=False) as server, psycopg.connect(server.url):
        pass
    wait_until_gone([int(postgres), int(valkey)])
    assert not Path(sockets).exists()


def test_a_server_that_outlived_its_supervisor_is_taken_down_first(folder: Path) -> None:
    """As where the kernel sends no signal: it still has the data folder open, and the lock is free."""
    with EmbeddedPostgres(folder, durable=False) as server:
        settings = ["-c", f"unix_socket_directories={server.sockets}", "-c", "listen_addresses="]
        program, account, data = server.programs / "postgres", server.account, server.data
        server.stop()
        command = [str(program), "-D", str(data), *settings]
        left = subprocess.Popen(command, cwd=data, stderr=subprocess.DEVNULL, **account.identity)
        while not (data / "postmaster.pid").exists():
            time.sleep(0.02)
    with EmbeddedPostgres(folder, durable=False):
        assert left.pid not in alive_in(data)
    left.wait()


def test_a_stale_process_id_that_is_another_process_now_does_not_matter(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server:
        data, account = server.data, server.account
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **account.identity)
    (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n0\n5432\n\n\n\n\n")
    with EmbeddedPostgres(folder, durable=False):
        assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_crashed_server_comes_back_at_the_same_address(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server:
        url = server.url
        assert server.process is not None
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.restart()
        with psycopg.connect(url):
            pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another account")
def test_data_lie_in_a_system_folder_where_the_account_cannot_reach_ours(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "pg", durable=False) as server, psycopg.connect(server.url):
        assert server.data.parent == SYSTEM_FOLDER
        assert (server.path / "passwords.json").exists()
    shutil.rmtree(server.data)


def test_data_without_their_passwords_are_set_aside_not_lost(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False):
        pass
    (folder / "passwords.json").unlink()
    with EmbeddedPostgres(folder, durable=False) as server:
        assert list(server.data.parent.glob("data.without-passwords-*"))
