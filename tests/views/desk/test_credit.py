"""A caller's credit at the desk: shown, used for the whole or for a part, and never more than there is."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from backoffice.database import db
from backoffice.models import AuditEvent, Booking, Payment
from backoffice.services import credit, credit_lines
from tests import factories
from tests.views.desk.conftest import Clerk, order


@pytest.fixture
def caller(clerk: Clerk) -> UUID:
    """Somebody on record without credit."""
    with clerk.at_the_provider():
        return factories.make_user(first_name="Jane", last_name="Smith", email="jane@mail.example").id


def give(clerk: Clerk, caller: UUID, amount_minor: int) -> None:
    with clerk.at_the_provider():
        credit.adjust(caller, amount_minor, "Goodwill", factories.actor("admin"))
        db.session.commit()


def balance(clerk: Clerk, caller: UUID) -> int:
    with clerk.at_the_provider():
        return credit_lines.balance_minor(caller, "GBP")


def book(clerk: Clerk, schedule_id: str, caller: UUID | None, **more: Any) -> Any:
    who = {"customer_id": str(caller) if caller else ""}
    return clerk.send("book", order(schedule_id, **who | more))


def paid_by(clerk: Clerk) -> list[tuple[str, int]]:
    with clerk.at_the_provider():
        rows = db.session.query(Payment.method, Payment.amount_minor).order_by(Payment.method)
        return [(row.method, row.amount_minor) for row in rows]


def test_the_card_and_the_quote_say_what_credit_pays(clerk: Clerk, schedule_id: str, caller: UUID) -> None:
    give(clerk, caller, 20_00)
    assert "£20.00" in clerk.ask(f"callers/{caller}").json["card"]  # type: ignore[index]
    wish = {"schedule_id": schedule_id, "places": 1}
    said: Any = clerk.send("quote", wish | {"customer_id": str(caller)}).json
    part = said["credit"]
    assert (part["covers"], part["part_minor"], part["part"], part["rest"]) == (
        False,
        2000,
        "£20.00",
        "£55.00",
    )
    other: Any = clerk.send("quote", wish).json
    assert other["credit"] is None


def test_credit_that_covers_the_whole_confirms_the_booking(
    clerk: Clerk, schedule_id: str, caller: UUID
) -> None:
    give(clerk, caller, 100_00)
    said = book(clerk, schedule_id, caller, payment_method="credit").json
    assert [pill["label"] for pill in said["pills"]] == ["Confirmed", "Paid"]
    assert paid_by(clerk) == [("credit", 75_00)]
    assert balance(clerk, caller) == 25_00
    with clerk.at_the_provider():
        (entry,) = db.session.query(AuditEvent).filter(AuditEvent.action == "booking:place")
        assert entry.new_values["credit_minor"] == 75_00


@pytest.mark.parametrize(
    ("method", "status", "taken"),
    [
        ("cash", "confirmed", [("cash", 55_00), ("credit", 20_00)]),
        ("bank_transfer", "pending", [("credit", 20_00)]),
    ],
)
def test_a_part_comes_from_credit_and_the_rest_another_way(
    clerk: Clerk, schedule_id: str, caller: UUID, method: str, status: str, taken: list[tuple[str, int]]
) -> None:
    give(clerk, caller, 20_00)
    answer = book(clerk, schedule_id, caller, payment_method=method, credit_minor="2000")
    assert answer.status_code == 200, answer.json
    assert answer.json["due"] == (None if method == "cash" else "£55.00")
    assert (paid_by(clerk), balance(clerk, caller)) == (taken, 0)
    with clerk.at_the_provider():
        assert db.session.query(Booking.status).scalar() == status


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"payment_method": "credit"}, "payment_method"),
        ({"credit_minor": "2001"}, "credit_minor"),
        ({"credit_minor": "7500"}, "credit_minor"),
        ({"credit_minor": "-1"}, "credit_minor"),
        ({"credit_minor": "many"}, "credit_minor"),
        ({"credit_minor": "2000", "customer_id": ""}, "credit_minor"),
        ({"payment_method": "credit", "customer_id": ""}, "payment_method"),
    ],
)
def test_what_was_not_shown_is_refused_beside_its_field(
    clerk: Clerk, schedule_id: str, caller: UUID, more: dict[str, str], field: str
) -> None:
    give(clerk, caller, 20_00)
    answer = book(clerk, schedule_id, caller, **more)
    assert answer.status_code == 422
    assert field in answer.json["error"]["fields"]
    assert (paid_by(clerk), balance(clerk, caller)) == ([], 20_00)


def test_the_same_form_twice_uses_credit_once(clerk: Clerk, schedule_id: str, caller: UUID) -> None:
    give(clerk, caller, 150_00)
    press = partial(book, clerk, schedule_id, caller, payment_method="credit", idempotency_key="one")
    assert press().json["reference"] == press().json["reference"]
    assert balance(clerk, caller) == 75_00


def test_who_was_quicker_is_told_by_the_field(
    clerk: Clerk, schedule_id: str, caller: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What this transaction read was spent meanwhile: only the database is left to say no."""
    monkeypatch.setattr("backoffice.services.credit_lines.balance_minor", lambda *_: 75_00)
    answer = book(clerk, schedule_id, caller, payment_method="credit")
    assert answer.status_code == 409
    assert "meanwhile" in answer.json["error"]["fields"]["payment_method"]
    assert paid_by(clerk) == []
