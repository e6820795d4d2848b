"""Finding who calls by whatever they say."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text

from backoffice.database import db
from backoffice.models import Tenant, User
from backoffice.services import bookings, search
from backoffice.services.bookings import Order
from backoffice.services.customers import CustomerIn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories


@pytest.fixture
def people(tenant: Tenant) -> dict[str, User]:
    """A handful of callers, one of them with a company."""
    works = factories.make_company(
        name="Pickles & Sons Engineering", billing_email="accounts@pickles.example"
    )
    make = factories.make_user
    return {
        "jane": make(
            first_name="Jane", last_name="Smith", email="jane.smith@mail.example", phone="+447700900123"
        ),
        "zoe": make(first_name="Zoë", last_name="O'Brien", email="zo@other.example", phone="+447700900777"),
        "otto": make(first_name="Otto", last_name="Featherstonehaugh", email=None, phone="+254712345678"),
        "mark": make(
            first_name="Mark", last_name="Armitage", email="m@armitage.example", company_id=works.id
        ),
    }


def titles(typed: str, tenant: Tenant, **options: object) -> list[str]:
    return [found.title for found in search.find(typed, tenant, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("jane", "Jane Smith"),
        ("smi", "Jane Smith"),
        ("smith jane", "Jane Smith"),
        ("jane.smith@mail.example", "Jane Smith"),
        ("jane.smith@ma", "Jane Smith"),
        ("@other.example", "Zoë O'Brien"),
        ("zoe", "Zoë O'Brien"),
        ("obrien", "Zoë O'Brien"),
        ("o'brien", "Zoë O'Brien"),
        ("armitage pickles", "Mark Armitage"),
        ("jane.smith", "Jane Smith"),
        ("mail.example", "Jane Smith"),
        ("other", "Zoë O'Brien"),
    ],
)
def test_a_person_is_found_by_name_address_and_company(
    people: dict[str, User], tenant: Tenant, typed: str, expected: str
) -> None:
    assert titles(typed, tenant) == [expected]


@pytest.mark.parametrize(
    "typed",
    [
        "07700 900123",
        "07700900123",
        "+44 7700 900 123",
        "0044 7700 900123",
        "+44 (0)7700-900123",
        "07700 9001",
        "900123",
    ],
)
def test_a_number_is_found_however_it_is_written(people: dict[str, User], tenant: Tenant, typed: str) -> None:
    assert "Jane Smith" in titles(typed, tenant)


def test_a_number_from_abroad_is_found_as_it_is_said_there(people: dict[str, User], tenant: Tenant) -> None:
    assert titles("0712 345678", tenant) == ["Otto Featherstonehaugh"]


@pytest.mark.parametrize(
    "typed", ["jnae smith", "jane smiht", "jane smyth", "jane smitth", "featherstonhaugh", "armitige"]
)
def test_one_slip_of_the_finger_still_finds_the_caller(
    people: dict[str, User], tenant: Tenant, typed: str
) -> None:
    found = search.find(typed, tenant)
    assert found
    assert all(each.is_near for each in found)
    assert {each.title for each in found} <= {"Jane Smith", "Otto Featherstonehaugh", "Mark Armitage"}


def test_a_company_is_found_with_its_people(people: dict[str, User], tenant: Tenant) -> None:
    assert sorted(titles("pickles", tenant)) == ["Mark Armitage", "Pickles & Sons Engineering"]
    only = search.find("pickles", tenant, kind="company")
    assert [(each.kind, each.detail) for each in only] == [("company", ("Company", "1 person"))]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "j",
        "%",
        "_",
        "%%",
        "'",
        "\\",
        "smith' or 1=1",
        "a\x00b",
        "\ud800",
        "💥💥",
        "((",
        ":*",
        "x" * 500,
        "@",
        "'@'",
        "\\@x",
    ],
)
def test_odd_text_finds_nobody_and_breaks_nothing(
    people: dict[str, User], tenant: Tenant, typed: str
) -> None:
    assert search.find(typed, tenant) == []


def test_a_changed_record_is_found_by_its_new_name_only(people: dict[str, User], tenant: Tenant) -> None:
    people["mark"].last_name = "Hirst"
    people["mark"].email = "m@hirst.example"
    db.session.commit()
    assert titles("mark hirst", tenant) == ["Mark Hirst"]
    assert titles("armitage", tenant) == []


def test_another_providers_callers_are_never_found(
    app: Flask, people: dict[str, User], tenant: Tenant
) -> None:
    db.session.remove()
    other = factories.make_provider()
    with tenant_scope(other.id):
        factories.make_user(first_name="Jane", last_name="Smith", email="twin@mail.example")
        twin = db.session.get_one(Tenant, other.id)
        assert [each.detail for each in search.find("jane smith", twin)] == [("twin@mail.example",)]
        db.session.remove()


def place(user: User) -> str:
    order = Order(
        schedule_id=factories.make_schedule().id,
        places=1,
        customer=CustomerIn(user_id=user.id),
        payment_method="cash",
    )
    return commit_once(lambda: bookings.place(order, factories.actor("office"))).reference


def test_a_booking_is_found_by_its_reference_and_leads_to_its_caller(
    people: dict[str, User], tenant: Tenant
) -> None:
    reference = place(people["jane"])
    year = datetime.now(UTC).year
    for typed in (reference, reference.lower(), f"TST-{year}-00", f"{year}-0001", "0001", "tst 1"):
        first = search.find(typed, tenant)[0]
        assert (first.kind, first.title, first.person_id) == ("booking", reference, people["jane"].id), typed
    assert search.find_by_reference(reference.lower(), tenant) is not None
    assert search.find_by_reference("TST-1999-0001", tenant) is None
    assert search.find("RFT-2026-0001", tenant) == []


def test_a_reference_is_looked_up_in_its_index(people: dict[str, User], tenant: Tenant) -> None:
    place(people["jane"])
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    # Sorted, or any index of the tenant's would do for so few rows.
    wanted = (
        "SELECT id FROM bookings WHERE reference BETWEEN 'TST-2026-00' AND 'TST-2026-00~' ORDER BY reference"
    )
    plan = list(db.session.execute(text(f"EXPLAIN {wanted}")).scalars())
    assert any("uq_bookings_reference" in line for line in plan), plan
    assert any("Index Cond" in line and "reference" in line for line in plan), plan


def test_the_program_may_search_but_not_read_the_words_of_others(tenant: Tenant) -> None:
    allowed = db.session.execute(
        text(
            "SELECT has_function_privilege('search_subjects(text,text,integer)', 'EXECUTE'), "
            "has_function_privilege('search_query(uuid,text,text)', 'EXECUTE')"
        )
    ).one()
    assert tuple(allowed) == (True, False)
