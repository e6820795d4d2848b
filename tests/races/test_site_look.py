"""Administrators at once, of one provider and of several: one look in the end, each host name with one provider."""

from __future__ import annotations

import io
from functools import partial

import psycopg
import pytest
from PIL import Image
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.models import AuditEvent, TenantDomain, TenantSite
from backoffice.services import site_domains, site_look
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.races.arena import Arena, outcomes

ADMIN = factories.actor("admin")


def drawn(side: int) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (side, side), (15, 90, 110)).save(written, "PNG")
    return written.getvalue()


def count(arena: Arena, action: str) -> int:
    wanted = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == action)
    return arena.make(lambda: db.session.scalar(wanted) or 0)


def test_eight_pictures_at_once_leave_one_and_refuse_none(arena: Arena) -> None:
    ends = arena.run(*(partial(site_look.set_picture, "hero", drawn(100 + each), ADMIN) for each in range(8)))
    assert outcomes(ends) == {"ok": 8}
    assert arena.make(lambda: site_look.read().hero) is not None
    assert arena.make(lambda: db.session.scalar(select(func.count()).select_from(TenantSite))) == 1


def test_of_eight_who_change_the_words_one_does(arena: Arena) -> None:
    version = arena.make(lambda: site_look.find().version)  # type: ignore[union-attr]
    words = [{"title": f"Title {number}"} for number in range(8)]
    ends = outcomes(arena.run(*(partial(site_look.update, each, ADMIN, version=version) for each in words)))
    assert (ends["ok"], ends["changed"]) == (1, 7), ends


def test_without_the_version_the_last_word_wins(arena: Arena) -> None:
    """The control: what both have seen is not asked for."""
    for title in ("First", "Second"):
        arena.run(partial(site_look.update, {"title": title}, ADMIN))
    assert arena.make(lambda: site_look.read().title) == "Second"


def test_eight_clicks_open_the_site_once(arena: Arena) -> None:
    arena.run(partial(site_look.unpublish, ADMIN))
    assert outcomes(arena.run(*[partial(site_look.publish, ADMIN)] * 8)) == {"ok": 8}
    assert count(arena, "site:publish") == 1


def test_the_first_choice_of_eight_makes_one_row(arena: Arena) -> None:
    arena.sql("DELETE FROM tenant_sites")
    ends = outcomes(
        arena.run(*(partial(site_look.update, {"title": f"T{each}"}, ADMIN) for each in range(8)))
    )
    assert ends["ok"] >= 1
    assert ends["ok"] + ends["changed"] == 8, ends
    assert arena.make(lambda: db.session.scalar(select(func.count()).select_from(TenantSite))) == 1


def test_two_main_addresses_at_once_leave_one(arena: Arena) -> None:
    hosts = [f"h{number}.example.com" for number in range(4)]
    for host in hosts:
        arena.run(partial(site_domains.add, host, ADMIN))
    ends = arena.run(*(partial(site_domains.make_primary, host, ADMIN, seen_at=host) for host in hosts))
    assert any(not isinstance(end, DomainError) for end in ends)
    mains = arena.sql("SELECT host FROM tenant_domains WHERE is_primary AND host LIKE 'h_.example.com'")
    assert len(mains) == 1


def test_a_host_name_asked_for_by_two_providers_goes_to_one(arena: Arena) -> None:
    with arena.apps[1].app_context():
        other = factories.make_provider().id

    def claim() -> str:
        # Half of the threads work for the other provider, in a session of their own.
        db.session.remove()
        with tenant_scope(other):
            try:
                return commit_once(lambda: site_domains.add("wanted.example.com", ADMIN))
            finally:
                db.session.remove()

    ends = arena.run(claim, partial(site_domains.add, "wanted.example.com", ADMIN), claim)
    assert sum(isinstance(end, str) for end in ends) == 1, ends
    assert all(end.code in ("host_taken", "host_yours") for end in ends if isinstance(end, DomainError)), ends


def test_the_key_of_the_table_holds_when_nobody_asks_first(arena: Arena) -> None:
    """The control: both have looked, and found the name free."""

    def write() -> None:
        db.session.add(TenantDomain(host="wanted.example.com", tenant_id=arena.tenant_id, is_primary=False))

    assert outcomes(arena.run(write, write)) == {"ok": 1, "host_taken": 1}
    with pytest.raises(psycopg.errors.UniqueViolation):
        arena.sql(
            "INSERT INTO tenant_domains (host, tenant_id, is_primary) SELECT host, tenant_id, false FROM tenant_domains"
        )
