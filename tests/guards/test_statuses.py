"""The database knows the same statuses and moves as the program, and refuses any other from any path."""

import re
from collections.abc import Iterator
from itertools import product

import psycopg
import pytest

from backoffice.domain.constraints import CONSTRAINTS
from backoffice.domain.statuses import TABLES, TRANSITIONS
from tests.servers import DatabaseUrls, MakeDatabase

# subject → its table.
TABLE_OF = {subject: f"{subject}s" for subject in TABLES} | {
    "waiting_entry": "waiting_entries",
    "waiting_date": "waiting_entry_dates",
}


@pytest.fixture(scope="module")
def urls(make_database: MakeDatabase) -> DatabaseUrls:
    return make_database()


@pytest.fixture
def owner(urls: DatabaseUrls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(urls.owner) as connection:
        yield connection
        connection.rollback()


def test_the_moves_in_the_database_are_those_of_the_program(owner: psycopg.Connection) -> None:
    rows = owner.execute("SELECT subject, from_status, to_status FROM status_transitions").fetchall()
    assert set(rows) == TRANSITIONS


@pytest.mark.parametrize("subject", TABLE_OF)
def test_a_column_takes_every_status_and_no_other(owner: psycopg.Connection, subject: str) -> None:
    name = f"ck_{TABLE_OF[subject]}_status"
    row = owner.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", (name,)
    ).fetchone()
    assert row is not None
    assert set(re.findall(r"'(\w+)'", row[0])) == set(TABLES[subject])


@pytest.mark.parametrize("subject", TABLE_OF)
def test_the_guard_stands_on_every_table_with_a_status(owner: psycopg.Connection, subject: str) -> None:
    found = owner.execute(
        "SELECT tgenabled FROM pg_trigger WHERE tgname = 'guard_status' AND tgrelid = %s::regclass",
        (TABLE_OF[subject],),
    ).fetchall()
    assert found == [("O",)]
    assert f"ck_{TABLE_OF[subject]}_status_transition" in CONSTRAINTS


@pytest.mark.parametrize("subject", TABLE_OF)
def test_the_guard_lets_through_the_moves_and_nothing_else(owner: psycopg.Connection, subject: str) -> None:
    """The guard itself, on a bare table: every pair of statuses, by the owner's own hand."""
    owner.execute("CREATE TEMPORARY TABLE things (status text)")
    owner.execute(
        "CREATE TRIGGER guard BEFORE UPDATE OF status ON things FOR EACH ROW "
        f"WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION guard_status('{subject}')"
    )
    passed = {pair for pair in product(TABLES[subject], repeat=2) if goes_through(owner, *pair)}
    moves = {(source, target) for name, source, target in TRANSITIONS if name == subject}
    assert passed == moves | {(status, status) for status in TABLES[subject]}


def goes_through(owner: psycopg.Connection, source: str, target: str) -> bool:
    owner.execute("TRUNCATE things")
    owner.execute("INSERT INTO things VALUES (%s)", (source,))  # an import may begin anywhere
    try:
        with owner.transaction():
            owner.execute("UPDATE things SET status = %s", (target,))
    except psycopg.errors.CheckViolation as error:
        assert error.diag.constraint_name == "ck_things_status_transition"
        return False
    return True


def test_without_the_guard_every_move_goes_through(owner: psycopg.Connection) -> None:
    owner.execute("CREATE TEMPORARY TABLE things (status text)")
    assert goes_through(owner, "cancelled", "confirmed")
