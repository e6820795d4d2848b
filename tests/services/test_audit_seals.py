"""The audit shows whether anybody changed it: what the owner of the database does, `verify` finds and places."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from backoffice.database import db, new_id
from backoffice.jobs import housekeeping
from backoffice.models import Tenant, WorkItem
from backoffice.services import audit, audit_seals
from backoffice.services.audit_seals import ChainBroken, Verdict
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.servers import DatabaseUrls

START = UUID(int=0)
Run = Callable[..., None]


@pytest.fixture
def owner(database_urls: DatabaseUrls) -> Iterator[Run]:
    """Whoever owns the tables: sees and changes everything."""
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        yield lambda statement, *values: connection.execute(statement, values)  # type: ignore[misc]


@pytest.fixture
def entries(tenant: Tenant) -> list[UUID]:
    """Six sealed entries, oldest first."""
    commit_once(lambda: write_many(6))
    commit_once(lambda: audit_seals.seal(START))
    rows = db.session.execute(text("SELECT event_id FROM audit_seals ORDER BY number"))
    return [row.event_id for row in rows]


def write(number: int) -> None:
    audit.record_about(
        factories.actor(),
        "booking:cancel",
        "bookings",
        new_id(),
        label=f"Bé {number}",
        old={"total": 10**16 + number, "rate": 1.0, "tiny": 1e-7, "names": ["Ægir", None]},
        new={"status": "cancelled"},
    )


def write_many(count: int) -> None:
    for number in range(count):
        write(number)


def verify() -> Verdict:
    db.session.rollback()
    verdict = audit_seals.verify()
    db.session.rollback()
    return verdict


def places(verdict: Verdict) -> list[tuple[int | None, UUID | None]]:
    return [(finding.number, finding.event_id) for finding in verdict.findings]


def test_an_untouched_chain_is_good(entries: list[UUID]) -> None:
    verdict = verify()
    assert (verdict.sealed, verdict.unsealed, verdict.findings) == (6, 0, [])


def test_entries_that_wait_for_their_seal_are_counted(entries: list[UUID]) -> None:
    commit_once(lambda: write(7))
    verdict = verify()
    assert (verdict.sealed, verdict.unsealed, verdict.findings) == (6, 1, [])


@pytest.mark.parametrize(
    "change",
    [
        "new_values = '{}'",
        "actor_name = 'Somebody Else'",
        "happened_at = happened_at - interval '1 day'",
        "old_values = jsonb_set(old_values, '{rate}', '2')",
        "address = '10.0.0.1'",
        "proof = NULL",
    ],
)
def test_a_changed_entry_is_named(entries: list[UUID], owner: Run, change: str) -> None:
    owner(f"UPDATE audit_events SET {change} WHERE id = %s", entries[2])
    assert places(verify()) == [(3, entries[2])]


def test_a_deleted_entry_is_named(entries: list[UUID], owner: Run) -> None:
    owner("DELETE FROM audit_events WHERE id = %s", entries[3])
    assert places(verify()) == [(4, entries[3])]


def test_an_entry_deleted_with_its_link_is_named(entries: list[UUID], owner: Run) -> None:
    owner("DELETE FROM audit_events WHERE id = %s", entries[3])
    owner("DELETE FROM audit_seals WHERE event_id = %s", entries[3])
    assert (4, None) in places(verify())


def test_swapped_links_are_named(entries: list[UUID], owner: Run) -> None:
    owner("UPDATE audit_seals SET number = -number WHERE event_id = ANY(%s)", entries[1:3])
    owner("UPDATE audit_seals SET number = 5 + number WHERE number < 0 AND event_id = ANY(%s)", entries[1:3])
    found = places(verify())
    assert (2, entries[2]) in found and (3, entries[1]) in found


def test_swapped_entries_are_named(entries: list[UUID], owner: Run) -> None:
    spare = new_id()
    for old, new in ((entries[1], spare), (entries[2], entries[1]), (spare, entries[2])):
        owner("UPDATE audit_events SET id = %s WHERE id = %s", new, old)
    assert places(verify()) == [(2, entries[1]), (3, entries[2])]


@pytest.mark.parametrize("is_sealed", [False, True])
def test_an_inserted_entry_is_named_before_and_after_it_was_sealed(
    entries: list[UUID], owner: Run, is_sealed: bool
) -> None:
    forged = new_id()
    owner(
        "INSERT INTO audit_events SELECT (jsonb_populate_record(e, jsonb_build_object('id', %s::uuid))).* "
        "FROM audit_events e WHERE id = %s",
        forged,
        entries[0],
    )
    if is_sealed:
        commit_once(lambda: audit_seals.seal(START))
    assert places(verify()) == [(7 if is_sealed else None, forged)]


def test_a_cut_end_is_named_and_not_sealed_over(entries: list[UUID], owner: Run) -> None:
    for event_id in entries[4:]:
        owner("DELETE FROM audit_events WHERE id = %s", event_id)
        owner("DELETE FROM audit_seals WHERE event_id = %s", event_id)
    assert places(verify()) == [(5, None)]
    with pytest.raises(ChainBroken):
        audit_seals.seal(START)


def test_a_broken_chain_asks_somebody_to_look_and_stops_nobody_elses(
    tenant: Tenant, entries: list[UUID], owner: Run
) -> None:
    owner("DELETE FROM audit_seals WHERE event_id = %s", entries[5])
    commit_once(lambda: write(7))
    other = factories.make_provider()
    db.session.remove()
    with tenant_scope(other.id):
        commit_once(lambda: write(8))
        db.session.remove()
    for _ in range(2):
        housekeeping.seal_audit()
    kinds = db.session.scalars(select(WorkItem.kind)).all()
    assert kinds == ["audit"]
    db.session.remove()
    with tenant_scope(other.id):
        assert verify().sealed == 1
        db.session.remove()


def test_a_cut_end_with_a_moved_head_is_named(tenant: Tenant, entries: list[UUID], owner: Run) -> None:
    owner("DELETE FROM audit_events WHERE id = %s", entries[5])
    owner("DELETE FROM audit_seals WHERE event_id = %s", entries[5])
    owner("UPDATE audit_heads SET number = 5 WHERE tenant_id = %s", tenant.id)
    assert "head" in str(verify().findings[0])


def test_the_program_may_add_entries_and_links_and_change_none(tenant: Tenant, entries: list[UUID]) -> None:
    for statement in (
        "UPDATE audit_events SET actor_name = ''",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "UPDATE audit_seals SET number = 0",
        "DELETE FROM audit_seals",
        "TRUNCATE audit_seals",
        "DELETE FROM audit_heads",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            db.session.execute(text(statement))
        db.session.rollback()


def test_two_sealers_at_once_make_one_chain(app: Flask, tenant: Tenant) -> None:
    tenant_id = tenant.id
    commit_once(lambda: write_many(50))

    def seal(_: Any) -> int:
        with app.app_context(), tenant_scope(tenant_id):
            return commit_once(lambda: audit_seals.seal(START))

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(seal, range(4))) == [0, 0, 0, 50]
    assert verify().findings == []


def test_a_chain_goes_on_under_a_new_key_and_stays_good(app: Flask, entries: list[UUID]) -> None:
    old_keys = app.extensions.pop("audit_keys")
    written = app.extensions["settings"].encryption_keys
    try:
        new_key = "bmV3IGtleSBmb3IgdGhlIHJvdGF0aW9uIHRlc3QgISE="
        app.extensions["audit_keys"] = type(old_keys)((new_key, *written))
        commit_once(lambda: write(7))
        commit_once(lambda: audit_seals.seal(START))
        assert verify().findings == []
        app.extensions["audit_keys"] = type(old_keys)((new_key,))
        assert "not in ENCRYPTION_KEYS" in str(verify().findings[0])
    finally:
        app.extensions["audit_keys"] = old_keys


def test_the_command_names_the_place_and_ends_with_one(
    app: Flask, tenant: Tenant, entries: list[UUID], owner: Run
) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["audit", "verify", "--tenant", tenant.slug]).exit_code == 0
    owner("UPDATE audit_events SET actor_name = 'x' WHERE id = %s", entries[1])
    result = runner.invoke(args=["audit", "verify", "--tenant", tenant.slug])
    assert result.exit_code == 1
    assert f"seal 2, entry {entries[1]}" in result.output
