"""Host names of providers: each leads to one, one is the main one, none is taken from another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from backoffice.database import db
from backoffice.domain.errors import DomainError, Forbidden, Invalid, NotFound, Refused
from backoffice.models import Tenant, TenantDomain
from backoffice.services import site_domains, tenants
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider

ADMIN = factories.actor("admin")


@pytest.fixture
def own(tenant: Tenant) -> Iterator[str]:
    """A second host name of the tenant."""
    yield commit_once(lambda: site_domains.add(f"courses.{tenant.slug}.example", ADMIN))
    tenants.forget_hosts()


def hosts() -> dict[str, bool]:
    return {each.host: each.is_primary for each in site_domains.list_own()}


def test_an_added_name_leads_here_and_the_first_stays_the_main_one(provider: Provider, own: str) -> None:
    assert hosts() == {provider.host: True, own: False}
    tenants.forget_hosts()
    assert tenants.find_by_host(own) == provider.id


def test_a_name_becomes_the_main_one_from_the_address_itself(
    tenant: Tenant, provider: Provider, own: str
) -> None:
    with pytest.raises(Refused, match="sign in there"):
        site_domains.make_primary(own, ADMIN, seen_at=provider.host)
    commit_once(lambda: site_domains.make_primary(own, ADMIN, seen_at=own))
    assert hosts() == {own: True, provider.host: False}
    tenants.forget_hosts()
    assert tenants.host_of(tenants.base_url(tenant)) == own


def test_the_main_name_and_the_one_in_use_stay(provider: Provider, own: str) -> None:
    with pytest.raises(Refused, match="Mails lead"):
        site_domains.remove(provider.host, ADMIN, seen_at=own)
    with pytest.raises(Refused, match="right now"):
        site_domains.remove(own, ADMIN, seen_at=own)
    commit_once(lambda: site_domains.remove(own, ADMIN, seen_at=provider.host))
    assert hosts() == {provider.host: True}
    tenants.forget_hosts()
    assert tenants.find_by_host(own) is None


def test_no_name_is_taken_from_another_provider(
    app: Flask, tenant: Tenant, provider: Provider, own: str
) -> None:
    """Not by adding it, not by making it the main one, not by removing it."""
    db.session.remove()
    with app.app_context():
        other = factories.make_provider()
    with app.app_context(), tenant_scope(other.id):
        with pytest.raises(Refused, match="another training provider"):
            site_domains.add(own, ADMIN)
        for change in (site_domains.make_primary, site_domains.remove):
            with pytest.raises(NotFound):
                change(own, ADMIN, seen_at=own)
        db.session.remove()
    assert hosts() == {provider.host: True, own: False}


@pytest.mark.parametrize("host", ["rft.localhost", "printer.local", "db.internal", "127.0.0.1", "localhost"])
def test_names_of_the_machine_are_nobodys(tenant: Tenant, host: str) -> None:
    with pytest.raises(Invalid):
        site_domains.add(host, ADMIN)


@pytest.mark.parametrize("role", ["office", "manager", "instructor", "customer"])
def test_only_an_administrator_changes_them(tenant: Tenant, provider: Provider, role: str) -> None:
    actor = factories.actor(role)
    with pytest.raises(Forbidden):
        site_domains.add("a.example.com", actor)
    with pytest.raises(Forbidden):
        site_domains.make_primary(provider.host, actor, seen_at=provider.host)
    with pytest.raises(Forbidden):
        site_domains.remove(provider.host, actor, seen_at="x.example")


def test_there_is_an_end_to_them(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_domains, "MOST", 2)
    site_domains.add(f"a.{tenant.slug}.example", ADMIN)
    with pytest.raises(Refused, match="2 addresses"):
        site_domains.add(f"b.{tenant.slug}.example", ADMIN)


def test_the_database_holds_one_main_name_for_each(tenant: Tenant) -> None:
    """The control of the service: written past it, the second main name is refused."""

    def write() -> None:
        db.session.add(TenantDomain(host=f"b.{tenant.slug}.example", tenant_id=tenant.id, is_primary=True))

    with pytest.raises(DomainError, match="main one"):
        commit_once(write)


def test_adding_a_name_twice_is_told(tenant: Tenant, own: str) -> None:
    with pytest.raises(Refused, match="your pages already"):
        site_domains.add(own.upper(), ADMIN)
