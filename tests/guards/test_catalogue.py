"""The database holds what it must, by its own catalogue; each check is shown to see what it is there for."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from backoffice import MIGRATIONS
from backoffice.config import normalise_database_url
from backoffice.database import db
from tests.guards import catalogue, checklist_indexes
from tests.servers import DatabaseUrls, MakeDatabase

Check = Callable[[catalogue.Connection], list[str]]

# check -> (a change that breaks its rule, the name that it then says)
BROKEN: dict[Check, tuple[str, str]] = {
    catalogue.without_tenant: ("ALTER TABLE venues DROP CONSTRAINT pk_venues CASCADE", "venues"),
    catalogue.open_tables: ("ALTER TABLE payments NO FORCE ROW LEVEL SECURITY", "payments"),
    catalogue.wrong_policies: ("CREATE POLICY wide ON refunds FOR SELECT USING (true)", "refunds"),
    catalogue.crossing_foreign_keys: (
        "CREATE UNIQUE INDEX one ON users (id); "
        "ALTER TABLE venues ADD COLUMN keeper uuid CONSTRAINT fk_keeper REFERENCES users (id)",
        "fk_keeper",
    ),
    catalogue.loose_foreign_keys: (
        "ALTER TABLE venues ADD COLUMN t uuid CONSTRAINT fk_t REFERENCES tenants ON DELETE CASCADE",
        "fk_t",
    ),
    catalogue.rows_of_no_tenant: (
        "ALTER TABLE venues DROP CONSTRAINT fk_venues_tenant_id",
        "venues",
    ),
    catalogue.tenantless_unique: ("CREATE UNIQUE INDEX uq_wide ON venues (slug)", "uq_wide"),
    catalogue.foreign_keys_without_index: (
        "DROP INDEX ix_bookings_customer",
        "fk_bookings_tenant_id_customer_id",
    ),
    catalogue.definers_at_risk: ("ALTER FUNCTION take_seats RESET search_path", "take_seats"),
    catalogue.leaking_views: ("CREATE MATERIALIZED VIEW all_of_them AS SELECT * FROM users", "all_of_them"),
}
MORE_BROKEN: list[tuple[Check, str, str]] = [
    (catalogue.open_tables, "ALTER TABLE users DISABLE ROW LEVEL SECURITY", "users"),
    (
        catalogue.wrong_policies,
        "ALTER POLICY tenant_isolation ON users WITH CHECK (true)",
        "users",
    ),
    (catalogue.wrong_policies, "ALTER POLICY owner_sees_all ON users TO PUBLIC", "users"),
    (catalogue.definers_at_risk, "GRANT EXECUTE ON FUNCTION search_subjects TO PUBLIC", "search_subjects"),
    (
        catalogue.definers_at_risk,
        "ALTER FUNCTION guard_status SET search_path = pg_catalog, public",
        "guard_status",
    ),
    (catalogue.leaking_views, "ALTER VIEW customer_stats RESET (security_invoker)", "customer_stats"),
    (catalogue.without_tenant, "CREATE TABLE extra (tenant_id uuid, id uuid PRIMARY KEY)", "extra"),
    (catalogue.open_tables, "CREATE TABLE extra (tenant_id uuid)", "extra"),
]
CASES = [*((check, *broken) for check, broken in BROKEN.items()), *MORE_BROKEN]


@pytest.fixture(scope="module")
def urls(make_database: MakeDatabase) -> DatabaseUrls:
    return make_database()


@pytest.fixture
def owner(urls: DatabaseUrls) -> Iterator[catalogue.Connection]:
    """The owner's connection; whatever a test breaks is rolled back."""
    with psycopg.connect(urls.owner) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def login(urls: DatabaseUrls) -> str:
    return make_url(urls.app).username or ""


def ids(case: object) -> str | None:
    return getattr(case, "__name__", None)


@pytest.mark.parametrize("check", BROKEN, ids=ids)
def test_the_catalogue_keeps_the_rule(owner: catalogue.Connection, check: Check) -> None:
    assert check(owner) == []


@pytest.mark.parametrize(("check", "change", "name"), CASES, ids=ids)
def test_the_check_names_what_breaks_the_rule(
    owner: catalogue.Connection, check: Check, change: str, name: str
) -> None:
    owner.execute(change)
    assert name in check(owner)


def test_there_are_tables_to_check(owner: catalogue.Connection) -> None:
    assert len(catalogue.tables(owner)) > 30


def test_the_program_has_no_way_past_the_policies(owner: catalogue.Connection, login: str) -> None:
    assert catalogue.powers_of(owner, login) == []


def test_the_owner_has_powers_that_the_check_sees(owner: catalogue.Connection) -> None:
    assert "owns users" in catalogue.powers_of(owner, owner.info.user)
    assert "superuser" in catalogue.powers_of(owner, "postgres")


def test_the_program_calls_only_what_it_was_given(owner: catalogue.Connection, login: str) -> None:
    assert catalogue.callable_by(owner, login) == [
        "due_certificate_runs",
        "due_choices",
        "due_gateway_events",
        "due_messages",
        "due_outbox",
        "due_payments",
        "due_refunds",
        "due_waiting_dates",
        "ended_holds",
        "find_gateway_account",
        "gateway_backlog",
        "measure_grown_tables",
        "next_reference",
        "next_reference_number",
        "raise_reference_number",
        "search_subjects",
        "tenants_to_seal",
    ]


def test_the_program_writes_every_column_but_the_kept_ones(owner: catalogue.Connection, login: str) -> None:
    """Also the other way round: a column added to such a table needs its own grant."""
    assert catalogue.unwritable_columns(owner, login) == catalogue.KEPT_BY_TRIGGER
    owner.execute("ALTER TABLE schedules ADD COLUMN colour text")
    assert "colour" in catalogue.unwritable_columns(owner, login)["schedules"]


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, name) for table, names in catalogue.KEPT_BY_TRIGGER.items() for name in sorted(names)],
)
def test_a_kept_column_refuses_the_program(urls: DatabaseUrls, table: str, column: str) -> None:
    with psycopg.connect(urls.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"UPDATE {table} SET {column} = {column}")  # noqa: S608 - names of our own


def test_history_is_only_added_to(owner: catalogue.Connection, urls: DatabaseUrls, login: str) -> None:
    assert catalogue.changeable_history(owner, login) == []
    owner.execute(f"GRANT TRUNCATE ON users TO {login}")
    owner.execute(f"GRANT DELETE ON audit_events TO {login}")
    assert catalogue.changeable_history(owner, login) == ["audit_events delete", "users truncate"]


@pytest.mark.parametrize("table", catalogue.APPEND_ONLY)
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_history_refuses_the_program(urls: DatabaseUrls, table: str, statement: str) -> None:
    """Abuse case N1."""
    with psycopg.connect(urls.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.format(table))


def test_every_index_that_the_requirements_name_exists(owner: catalogue.Connection) -> None:
    assert checklist_indexes.missing(catalogue.indexes(owner)) == []


def test_a_missing_index_is_named(owner: catalogue.Connection) -> None:
    owner.execute("DROP INDEX ix_messages_template, ix_schedules_on_sale")
    assert checklist_indexes.missing(catalogue.indexes(owner)) == [
        "S3-21 mail (type)",
        "S3-32 dates on sale",
    ]


def test_the_models_and_the_migrations_agree(urls: DatabaseUrls) -> None:
    """Abuse case I2: what `flask db check` compares; the rest is compared above."""
    engine = create_engine(normalise_database_url(urls.owner), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        assert compare_metadata(context, db.Model.metadata) == []
        connection.exec_driver_sql("ALTER TABLE venues DROP COLUMN directions")
        assert len(compare_metadata(context, db.Model.metadata)) == 1
        connection.rollback()


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(MIGRATIONS).get_heads()) == 1


def test_every_check_of_the_models_is_in_the_database(owner: catalogue.Connection) -> None:
    """Which the comparison above does not see: CHECK and exclusion constraints."""
    named = {row[0] for row in owner.execute("SELECT conname FROM pg_constraint WHERE contype IN ('c', 'x')")}
    wanted = {
        str(constraint.name)
        for table in db.Model.metadata.tables.values()
        for constraint in table.constraints
        if type(constraint).__name__ in ("CheckConstraint", "ExcludeConstraint")
    }
    assert wanted - named == set()


def test_migrations_do_not_read_the_program() -> None:
    """A migration says what it does in its own words: the program moves on, the migration does not."""
    files = sorted(Path(MIGRATIONS).rglob("*.py"))
    assert [file.name for file in files if "backoffice" in file.read_text().replace("backoffice_", "")] == []
