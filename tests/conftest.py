"""The program on real servers, and a tenant of one's own for every test."""

from collections.abc import Iterator
from pathlib import Path

# Parsed before any thread runs: Python 3.11 may fail to parse a module while another thread parses one.
import hypothesis  # noqa: F401
import psycopg
import pytest
from flask import Flask

from backoffice import create_app
from backoffice.database import db
from backoffice.models import Tenant
from backoffice.services.tenants import forget_hosts
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.races import sums
from tests.servers import DatabaseUrls, settings_for

pytest_plugins = ["tests.servers", "tests.browser_kit", "tests.simulated"]


@pytest.fixture(scope="session")
def app(database_urls: DatabaseUrls, redis_url: str, server_folder: Path) -> Flask:
    """The whole program on this worker's own database."""
    return create_app(settings_for(database_urls, server_folder, redis_url))


@pytest.fixture
def provider(app: Flask) -> factories.Provider:
    """A tenant with its host name; no context is held, as client calls need it."""
    forget_hosts()
    with app.app_context():
        return factories.make_provider()


@pytest.fixture
def tenant(app: Flask, provider: factories.Provider) -> Iterator[Tenant]:
    """Inside the scope of a new tenant, as services see it."""
    with app.app_context(), tenant_scope(provider.id):
        yield db.session.get_one(Tenant, provider.id)
        db.session.rollback()
        db.session.remove()


@pytest.fixture(scope="module")
def owner_who_counts(database_urls: DatabaseUrls) -> Iterator[psycopg.Connection]:
    """Kept open for one file's tests; after the last of them the sums of every tenant are counted."""
    with psycopg.connect(database_urls.owner, autocommit=True) as owner:
        yield owner
        assert sums.differing(owner) == []


@pytest.fixture
def sums_hold(tenant: Tenant, owner_who_counts: psycopg.Connection) -> Iterator[None]:
    """Whatever a test does, the sums that the database keeps are those of its tenant's rows afterwards."""
    tenant_id = tenant.id
    yield
    db.session.rollback()
    assert sums.differing(owner_who_counts, tenant_id) == []
