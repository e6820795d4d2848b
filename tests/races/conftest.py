"""An arena for every test, on a database that the test may spoil."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backoffice import create_app
from backoffice.database import db
from backoffice.services import tenants
from tests import factories
from tests.races import sums
from tests.races.arena import Arena
from tests.servers import MakeDatabase, settings_for


@pytest.fixture
def arena(make_database: MakeDatabase, redis_url: str, server_folder: Path) -> Iterator[Arena]:
    """Two programs and one provider. Whatever happened, the sums are right at the end."""
    urls = make_database()
    settings = settings_for(urls, server_folder, redis_url)
    apps = [create_app(settings), create_app(settings)]
    tenants.forget_hosts()
    with apps[0].app_context():
        provider = factories.make_provider()
    yield Arena(apps, urls, provider.id)
    for app in apps:
        with app.app_context():
            db.engine.dispose()
    assert sums.that_differ(urls.owner) == []
