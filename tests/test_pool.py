"""A connection that died while it lay idle is not handed out; one that was just used is not asked."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from backoffice import pool
from tests.servers import DatabaseUrls


@pytest.fixture
def engine(database_urls: DatabaseUrls) -> Iterator[Engine]:
    made = create_engine(database_urls.owner, pool_size=1, max_overflow=0)
    yield made
    made.dispose()


def backend(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


def kill(database_urls: DatabaseUrls, pid: int) -> None:
    apart = create_engine(database_urls.owner)
    with apart.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    apart.dispose()


def test_a_dead_idle_connection_is_replaced(
    engine: Engine, database_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "PING_AFTER_SECONDS", 0.0)
    pool.ping_after_idling(engine)
    first = backend(engine)
    kill(database_urls, first)
    assert backend(engine) != first


def test_without_the_question_the_dead_one_is_handed_out(engine: Engine, database_urls: DatabaseUrls) -> None:
    first = backend(engine)
    kill(database_urls, first)
    with pytest.raises(DBAPIError):
        backend(engine)


@pytest.mark.parametrize(("pause", "times"), [(60.0, 0), (0.0, 2)])
def test_only_an_idle_connection_is_asked(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, pause: float, times: int
) -> None:
    monkeypatch.setattr(pool, "PING_AFTER_SECONDS", pause)
    pool.ping_after_idling(engine)
    asked: list[object] = []
    monkeypatch.setattr(engine.dialect, "do_ping", asked.append)
    for _ in range(3):
        backend(engine)
    assert len(asked) == times
