"""Abuse case I1: every revision goes down and up again over rows, and nothing that the older schema can hold is lost."""

import os
import subprocess
from pathlib import Path

import flask_migrate
import psycopg
import pytest
from alembic.script import ScriptDirectory
from flask import Flask

from backoffice import MIGRATIONS, create_app
from backoffice.embedded import EmbeddedPostgres
from backoffice.services import tenants
from tests import factories
from tests.guards import seeded
from tests.servers import DatabaseUrls, MakeDatabase, settings_for

# Rows that say how a chain or a search looked, made again from the others or by a job.
NOT_SEEDED = {"alembic_version", "audit_heads", "audit_seals", "status_transitions"} | {
    "periodic_runs",
    "report_days",
    "report_marks",
    "report_sums",
}
# Made again from the rows that are searched for, whichever kinds a revision knows.
SEARCHED = {f"search_entries.{name}" for name in ("tenant_id", "subject_type", "subject_id", "words")}
REBUILT = {"alembic_version.version_num"} | SEARCHED
REFERENCES = "202611210340"

Rows = dict[str, tuple[str, list[str]]]


@pytest.fixture(scope="module")
def urls(make_database: MakeDatabase) -> DatabaseUrls:
    return make_database()


@pytest.fixture(scope="module")
def program(urls: DatabaseUrls, server_folder: Path) -> Flask:
    """The program on a database of two providers with rows in every table."""
    app = create_app(settings_for(urls, server_folder))
    with app.app_context():
        tenants.forget_hosts()
        for _ in range(2):
            seeded.fill(factories.make_provider())
        app.extensions["sqlalchemy"].engine.dispose()
    return app


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of all revisions are read once: Alembic would read them for each of three commands a revision."""
    scripts = ScriptDirectory(MIGRATIONS)
    monkeypatch.setattr(ScriptDirectory, "from_config", lambda config: scripts)


def schema_of(postgres: EmbeddedPostgres, url: str) -> str:
    """The schema as pg_dump writes it, without the numbers' own sequences, which are made as they are needed."""
    command = [str(postgres.programs / "pg_dump"), "--schema-only", "--exclude-table=ref_*", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": os.defpath})
    return "\n".join(line for line in done.stdout.splitlines() if "restrict" not in line)


def rows_of(url: str) -> Rows:
    """column → (its type, its values in the order of the rows), of every table that holds rows."""
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns JOIN pg_class c "
            "ON c.relname = table_name AND c.relkind = 'r' WHERE table_schema = 'public'"
        ).fetchall()
        return {
            f"{table}.{column}": (kind, _values(connection, table, column)) for table, column, kind in columns
        }


def _values(connection: psycopg.Connection, table: str, column: str) -> list[str]:
    return [
        row[0]
        for row in connection.execute(f'SELECT "{column}"::text FROM {table} t ORDER BY t.*::text, 1')  # noqa: S608
    ]


def lost(before: Rows, after: Rows) -> list[str]:
    """Columns that both schemas hold in the same type, and that lost or changed a value."""
    return sorted(
        name
        for name, (kind, values) in before.items()
        if name in after and name not in REBUILT and after[name][0] == kind
        if sorted(map(str, values)) != sorted(map(str, after[name][1]))
    )


def references(url: str) -> dict[str, int]:
    """The next number of each kind of reference; those of certificates and requests are of younger tables."""
    with psycopg.connect(url) as connection:
        return dict(
            connection.execute(
                "SELECT sequencename, COALESCE(last_value, 0) FROM pg_sequences "
                "WHERE sequencename LIKE 'ref_%' AND sequencename !~ '_(certificate|request)_'"
            ).fetchall()
        )


def revisions() -> list[str]:
    """From the head to the first."""
    return [script.revision for script in ScriptDirectory(MIGRATIONS).walk_revisions()]


def test_every_table_has_rows_to_lose(program: Flask, urls: DatabaseUrls) -> None:
    rows = rows_of(urls.owner)
    empty = {name.partition(".")[0] for name, (_, values) in rows.items() if len(values) < 2}
    assert empty - NOT_SEEDED == set()


def test_each_revision_goes_down_and_up_again(
    program: Flask, urls: DatabaseUrls, postgres: EmbeddedPostgres
) -> None:
    schema, rows = schema_of(postgres, urls.owner), rows_of(urls.owner)
    numbers = references(urls.owner)
    with program.app_context():
        for revision in revisions():
            flask_migrate.downgrade(revision="-1")
            below = rows_of(urls.owner)
            assert (revision, lost(rows, below)) == (revision, [])
            flask_migrate.upgrade(revision="+1")
            assert schema_of(postgres, urls.owner) == schema, revision
            assert (revision, lost(below, rows_of(urls.owner))) == (revision, [])
            if revision == REFERENCES:
                assert references(urls.owner) == numbers
            flask_migrate.downgrade(revision="-1")
            schema, rows = schema_of(postgres, urls.owner), below
    assert "CREATE TABLE public" not in schema.replace("CREATE TABLE public.alembic_version", "")


def test_a_lost_value_would_be_seen(make_database: MakeDatabase, server_folder: Path) -> None:
    """The control of the test above."""
    urls = make_database()
    with create_app(settings_for(urls, server_folder)).app_context():
        factories.make_provider(name="Before")
    before = rows_of(urls.owner)
    with psycopg.connect(urls.owner) as connection:
        connection.execute("UPDATE tenants SET name = 'After'")
    assert lost(before, rows_of(urls.owner)) == ["tenants.name"]


def test_an_empty_database_goes_all_the_way_down_and_up(
    make_database: MakeDatabase, server_folder: Path, postgres: EmbeddedPostgres
) -> None:
    urls = make_database()
    schema = schema_of(postgres, urls.owner)
    with create_app(settings_for(urls, server_folder)).app_context():
        flask_migrate.downgrade(revision="base")
        flask_migrate.upgrade()
    assert schema_of(postgres, urls.owner) == schema
