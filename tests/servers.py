"""The servers of the tests: embedded, from nothing, never those of `make run`, a pair for each xdist worker.

`database_urls` is a database of the worker's own, cloned from a template that the real migrations made.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple, NoReturn

import flask_migrate
import pytest

from backoffice import create_app
from backoffice.config import Settings
from backoffice.embedded import APP, OWNER, EmbeddedPostgres, EmbeddedValkey

TEMPLATE = "backoffice_template"
FOLDER_PREFIX = "bo-tests-"
DAY = 86_400
# The shell has no window to draw: the same pages with less work.
CHROMIUM_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
NO_CHROMIUM = "Chromium was not found: install it (apt-get install chromium) or set CHROMIUM to its path."


class DatabaseUrls(NamedTuple):
    """The program's plain login and the owner's, for one database."""

    app: str
    owner: str


MakeDatabase = Callable[[], DatabaseUrls]


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Not pytest's own: root's is closed to the account that PostgreSQL runs as."""
    remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(server_folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(server_folder / "postgres", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def redis_url(server_folder: Path) -> Iterator[str]:
    with EmbeddedValkey(server_folder / "valkey") as server:
        yield server.url


@pytest.fixture(scope="session")
def make_database(postgres: EmbeddedPostgres, server_folder: Path) -> MakeDatabase:
    """Makes one more migrated, empty database: for tests that spoil theirs or count all rows."""
    postgres.create_database(TEMPLATE)
    migrate(urls_of(postgres, TEMPLATE), server_folder)
    numbers = count(1)

    def make() -> DatabaseUrls:
        name = f"backoffice_{next(numbers)}"
        postgres.create_database(name, TEMPLATE)
        return urls_of(postgres, name)

    return make


@pytest.fixture(scope="session")
def database_urls(make_database: MakeDatabase) -> DatabaseUrls:
    return make_database()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium. Without one the test is skipped, or fails where a skip would hide something."""
    return find_chromium() or skip_or_fail(NO_CHROMIUM)


def remove_leftovers() -> None:
    """Folders of test runs that were killed: no run lasts a day."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        if time.time() - folder.stat().st_mtime > DAY:
            shutil.rmtree(folder, ignore_errors=True)


def urls_of(postgres: EmbeddedPostgres, name: str) -> DatabaseUrls:
    return DatabaseUrls(postgres.local_url_of(APP, name), postgres.local_url_of(OWNER, name))


def settings_for(
    urls: DatabaseUrls, folder: Path, redis_url: str = "redis://127.0.0.1:1", **more: str
) -> Settings:
    """Settings as a start would read them; `more` are further names of the environment."""
    environ = {
        "APP_ENV": "test",
        "INSTANCE_PATH": str(folder / "instance"),
        "DATABASE_URL": urls.app,
        "DATABASE_OWNER_URL": urls.owner,
        "REDIS_URL": redis_url,
    }
    return Settings.from_environment(environ | more)


def migrate(urls: DatabaseUrls, folder: Path) -> None:
    """The real migrations, run by the owner."""
    app = create_app(settings_for(urls, folder))
    with app.app_context():
        flask_migrate.upgrade()
        app.extensions["sqlalchemy"].engine.dispose()  # a template must have no open connection


def find_chromium(among: Sequence[str] = CHROMIUM_NAMES) -> str | None:
    names = (os.environ.get("CHROMIUM", ""), *among)
    return next((found for found in map(shutil.which, filter(None, names)) if found), None)


def skip_or_fail(reason: str) -> NoReturn:
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{reason} (CI=true: a skip is a failure)")
    pytest.skip(reason)
