"""Certificates are found by their holder; a search for people does not meet them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.models import SearchEntry, Tenant
from backoffice.services import search
from backoffice.services.bookings import finding
from backoffice.services.certificates import ending, issuing
from backoffice.work import commit_once
from tests import certified, factories
from tests.certified import ADMIN


@pytest.fixture(autouse=True)
def issued(tenant: Tenant) -> None:
    ann = certified.booked(certified.a_date(course=certified.a_course()), "Zoë Zabrinski")[0]
    commit_once(lambda: issuing.issue([ann.id], ADMIN))


def holders(tenant: Tenant, typed: str) -> int:
    return len(finding.find_subjects(typed, tenant, "certificate", 10).get("certificate", ()))


@pytest.mark.parametrize("typed", ["zoe zabrinski", "Zabr", "Zabrinsky", "ZOË"])
def test_a_holder_is_found_by_any_part_of_the_name(tenant: Tenant, typed: str) -> None:
    assert holders(tenant, typed) == 1


def test_a_search_for_people_does_not_meet_certificates(tenant: Tenant) -> None:
    factories.make_user(first_name="Zoë", last_name="Zabrinski")
    everything = finding.find_subjects("Zabrinski", tenant, None, 1)
    assert len(everything["user"]) == 1 and set(everything) == {"user", "company"}
    assert [each.kind for each in search.find("Zabrinski", tenant)] == ["user"]


def test_a_corrected_name_is_found_and_the_old_one_still(tenant: Tenant) -> None:
    old = certified.db.session.query(certified.Certificate).one()
    commit_once(lambda: ending.reissue(old.id, "Zoë", "Corrected", "Married", ADMIN))
    assert (holders(tenant, "Corrected"), holders(tenant, "Zabrinski")) == (1, 1)


def test_another_provider_finds_nothing(tenant: Tenant) -> None:
    from backoffice.tenancy import tenant_scope

    db.session.remove()
    other = factories.make_provider()
    with tenant_scope(other.id):
        found = db.session.get_one(Tenant, other.id)
        assert holders(found, "Zabrinski") == 0
        db.session.rollback()
        db.session.remove()


def test_each_certificate_has_one_line(tenant: Tenant) -> None:
    lines = select(func.count()).where(SearchEntry.subject_type == "certificate")
    assert db.session.scalar(lines) == 1
