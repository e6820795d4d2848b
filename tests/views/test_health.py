"""What the outside is told of the parts: words, one second at most, and nothing else."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import text, update

from backoffice import create_app
from backoffice.database import db
from backoffice.domain.gateway_terms import Received
from backoffice.jobs import pulse
from backoffice.models import GatewayEvent
from backoffice.services import gateway_events
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.jobs.mail_server import MailServer
from tests.servers import DatabaseUrls, MakeDatabase, settings_for, urls_of
from tests.web_client import Visitor

HEALTH, LIVE, READY = "/api/health", "/api/health/live", "/api/health/ready"


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def workers(redis_url: str) -> Iterator[Redis]:
    """All workers have just been heard."""
    redis = Redis.from_url(redis_url)
    for name in ("worker-mail", "worker-bulk", "worker-money"):
        pulse.beat(redis, name)
    yield redis
    for name in ("worker-mail", "worker-bulk", "worker-money"):
        redis.delete(pulse.KEY + name)


@contextmanager
def running(urls: DatabaseUrls, folder: Any, redis_url: str, smtp_port: int) -> Iterator[Visitor]:
    settings = settings_for(urls, folder, redis_url, SMTP_HOST="127.0.0.1", SMTP_PORT=str(smtp_port))
    app = create_app(settings)
    yield Visitor(app, "anywhere.example")
    with app.app_context():
        db.engine.dispose()


def test_everything_works(
    make_database: MakeDatabase, server_folder: Any, redis_url: str, mail_server: MailServer, workers: Redis
) -> None:
    with running(make_database(), server_folder, redis_url, mail_server.port) as visitor:
        answer = visitor.get(HEALTH)
        assert answer.json is not None
        assert answer.json["status"] == "healthy"
        assert answer.json["database"] == "connected"
        assert answer.json["services"] == {
            "email": "operational",
            "payment": "operational",
            "redis": "operational",
            "worker": "operational",
            "realtime": "operational",
        }
        assert answer.json["uptime"] >= 0
        assert visitor.get(READY).status_code == 200


@pytest.mark.parametrize(
    "state", [{"dead_at": text("now()")}, {"received_at": text("now() - interval '3 minutes'")}]
)
def test_a_message_of_a_gateway_that_is_late_or_given_up_is_said(
    make_database: MakeDatabase,
    server_folder: Any,
    redis_url: str,
    mail_server: MailServer,
    workers: Redis,
    state: dict[str, Any],
) -> None:
    """And is no reason to call the program not ready: it can take bookings."""
    with running(make_database(), server_folder, redis_url, mail_server.port) as visitor:
        with visitor.client.application.app_context():
            provider = factories.make_provider()
            with tenant_scope(provider.id):
                account = factories.make_gateway_account()
                commit_once(lambda: gateway_events.keep(account, Received("evt_1", "x", {})))
                commit_once(lambda: db.session.execute(update(GatewayEvent).values(state)))
                db.session.remove()
        answer = visitor.get(HEALTH)
        assert answer.json is not None
        assert answer.json["services"]["payment"] == "degraded"
        assert answer.json["status"] == "degraded"
        assert visitor.get(READY).status_code == 200


def test_a_silent_worker_is_seen(
    database_urls: DatabaseUrls, server_folder: Any, redis_url: str, mail_server: MailServer, workers: Redis
) -> None:
    long_ago = time.time() - pulse.FRESH_SECONDS - 5
    workers.set(pulse.KEY + "worker-bulk", repr(long_ago))
    with running(database_urls, server_folder, redis_url, mail_server.port) as visitor:
        answer = visitor.get(READY)
        assert (answer.status_code, answer.json) == (503, {"status": "not ready", "failing": ["worker"]})
        told = visitor.get(HEALTH).json
        assert told is not None and told["worker_heartbeat_seconds"] >= pulse.FRESH_SECONDS


def test_each_part_that_is_gone_is_named_within_a_second(
    database_urls: DatabaseUrls, server_folder: Any
) -> None:
    nowhere = database_urls._replace(app=database_urls.app.replace("/backoffice_", "/gone_"))
    with running(nowhere, server_folder, "redis://127.0.0.1:1", 1) as visitor:
        began = time.monotonic()
        answer = visitor.get(READY)
        assert time.monotonic() - began < 2
        assert answer.status_code == 503
        assert answer.json is not None
        assert answer.json["failing"] == ["database", "redis", "worker", "email"]
        told = visitor.get(HEALTH)
        assert told.status_code == 200
        assert told.json is not None and told.json["status"] == "degraded"
        assert told.json["services"]["realtime"] == "polling"
        assert visitor.get(LIVE).status_code == 200


def test_a_part_that_hangs_is_not_waited_for(
    database_urls: DatabaseUrls, server_folder: Any, redis_url: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call and never speaks
        port = silent.getsockname()[1]
        with running(database_urls, server_folder, redis_url, port) as visitor:
            began = time.monotonic()
            answer = visitor.get(READY)
            assert time.monotonic() - began < 2
            assert answer.json is not None and "email" in answer.json["failing"]


def test_nobody_is_told_a_secret_a_version_or_a_reason(
    database_urls: DatabaseUrls, server_folder: Any
) -> None:
    with running(database_urls, server_folder, "redis://:hunter2@127.0.0.1:1", 1) as visitor:
        told = visitor.get(HEALTH).text + visitor.get(READY).text
        for word in ("hunter2", "127.0.0.1", "Error", "postgres", "psycopg", "3.", "Traceback"):
            assert word not in told


def test_health_needs_no_provider_and_no_sign_in(app: Flask) -> None:
    assert Visitor(app, "nobody.example").get(LIVE).status_code == 200


def test_an_unmigrated_database_is_not_ready(
    make_database: MakeDatabase, server_folder: Any, redis_url: str, postgres: Any
) -> None:
    postgres.create_database("backoffice_empty")
    with running(urls_of(postgres, "backoffice_empty"), server_folder, redis_url, 1) as visitor:
        answer = visitor.get(READY)
        assert answer.json is not None and "database" in answer.json["failing"]
