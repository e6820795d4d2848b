"""The page behind a payment link, as its payer and as strangers meet it."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.gateway_terms import Charge, Standing, Started
from backoffice.models import Booking, GatewayCustomer, Payment, Tenant
from backoffice.services import bookings, credit, passwords, payment_links, settling
from backoffice.services.payment_links import Subject
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.servers import DatabaseUrls
from tests.services.booked import placed
from tests.stand_in_gateway import StandIn
from tests.stand_in_gateway import gateway as gateway
from tests.web_client import PASSWORD, Visitor

KEY = re.compile(r'name="key" value="([0-9a-f]+)"')


@dataclass
class Payer:
    """Somebody with the link to pay a booking of 75.00 (7,500 shillings in Kenya)."""

    app: Flask
    provider: factories.Provider
    visitor: Visitor
    booking_id: UUID
    token: str

    @property
    def path(self) -> str:
        return f"/pay/{self.token}"

    def open(self, more: str = "") -> TestResponse:
        return self.visitor.get(self.path + more)

    def start(self, gateway: str = "stripe", **form: str) -> TestResponse:
        return self.visitor.post(f"{self.path}/start", {"gateway": gateway, "key": "k1"} | form)

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self.app.app_context(), tenant_scope(self.provider.id):
            yield
            db.session.remove()

    def change(self, work: Callable[[], Any]) -> None:
        with self.inside():
            commit_once(work)

    def payments(self) -> list[Payment]:
        with self.inside():
            through_gateways = select(Payment).where(Payment.gateway_account_id.is_not(None))
            return list(db.session.scalars(through_gateways.order_by(Payment.id)))

    def settle(self, status: str, **more: Any) -> None:
        payment = self.payments()[-1]
        word = Standing(status, payment.amount_minor, payment.currency, payment.id, **more)
        self.change(lambda: settling.settle(payment.id, word, SYSTEM, datetime.now(UTC)))


def make_payer(app: Flask, provider: factories.Provider, *, gateways: str = "stripe", **tenant: Any) -> Payer:
    currency = tenant.get("currency", "GBP")
    with app.app_context(), tenant_scope(provider.id):
        for name, value in tenant.items():
            setattr(db.session.get_one(Tenant, provider.id), name, value)
        for gateway in gateways.split():
            factories.make_gateway_account(gateway)
        schedule = factories.make_schedule(
            currency=currency, price_minor=750_000 if currency == "KES" else 7500
        )
        booking = placed(schedule, method="payment_link")
        link = commit_once(lambda: payment_links.make(Subject(booking.id), SYSTEM))
        made = Payer(app, provider, Visitor(app, provider.host), booking.id, link.token)
        db.session.remove()
    return made


@pytest.fixture
def payer(app: Flask, provider: factories.Provider, gateway: StandIn) -> Payer:
    return make_payer(app, provider)


@pytest.fixture
def kenyan(app: Flask, provider: factories.Provider, gateway: StandIn) -> Payer:
    gateway.name = "mpesa"
    values = {"currency": "KES", "country": "KE", "time_zone": "Africa/Nairobi", "smallest_unit_minor": 100}
    return make_payer(app, provider, gateways="mpesa stripe", **values)


def words(answer: TestResponse) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def test_the_page_says_what_is_paid_for_and_nothing_of_the_customer(payer: Payer) -> None:
    answer = payer.open()
    page = words(answer)
    assert answer.status_code == 200
    assert "Pay £75.00 by card" in page
    assert "Held for you until" in page
    assert "M-Pesa" not in page
    for private in ("Alice", "Cox", "alice@x.example", "7700"):
        assert private not in page


def test_the_page_is_kept_by_nobody_and_tells_nobody_where_it_is(payer: Payer) -> None:
    headers = payer.open().headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in headers["X-Robots-Tag"]
    assert payer.open("/state").headers["Referrer-Policy"] == "no-referrer"


def test_the_page_is_small(payer: Payer) -> None:
    page = payer.open().get_data(as_text=True)
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(page) + sum(len(payer.visitor.get(file).get_data()) for file in files) < 100_000


def test_paying_leads_over_a_page_of_ours_to_the_gateways(payer: Payer) -> None:
    answer = payer.start()
    assert (answer.status_code, answer.location) == (303, f"{payer.path}/go")
    (payment,) = payer.payments()
    assert (payment.status, payment.amount_minor, payment.method) == ("pending", 75_00, "stripe")
    page = payer.open("/go")
    assert f'content="0; url=https://pay.example/{payment.id}"' in page.get_data(as_text=True)
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_double_click_reload_and_back_are_one_attempt(payer: Payer) -> None:
    for _ in range(3):
        assert payer.start().status_code == 303
    assert payer.start(key="another form").status_code == 303
    assert len(payer.payments()) == 1


def test_a_page_that_remembers_the_card_is_not_one_that_does_not(payer: Payer) -> None:
    payer.start()
    payer.start(key="k2", saves_method="1")
    assert len(payer.payments()) == 2


def test_nobody_else_is_led_to_the_page_that_somebody_opened(payer: Payer) -> None:
    payer.start()
    stranger = Visitor(payer.app, payer.provider.host)
    assert stranger.get(f"{payer.path}/go").location == f"{payer.path}/back"
    assert "pay.example" not in stranger.get(f"{payer.path}/back").get_data(as_text=True)


def test_the_address_that_one_comes_back_to_is_not_believed(payer: Payer, gateway: StandIn) -> None:
    payer.start()
    page = words(payer.open("/back?status=success&paid=1"))
    assert "Waiting for the payment" in page
    (payment,) = payer.payments()
    assert payment.status == "pending"
    assert payment.next_check_at is not None
    assert payment.next_check_at <= datetime.now(UTC)


def test_what_the_gateway_said_is_shown(payer: Payer) -> None:
    payer.start()
    assert payer.open("/state").json == {"state": "waiting", "is_open": True, "has_page": True}
    payer.settle("succeeded")
    assert payer.open("/state").json == {"state": "paid", "is_open": False, "has_page": False}
    answer = payer.visitor.get(f"{payer.path}/back", follow_redirects=True)
    assert "Thank you, this is paid" in words(answer)


def test_a_declined_card_can_be_tried_again(payer: Payer) -> None:
    payer.start()
    payer.settle("failed", failure_reason="card_declined: do_not_honor")
    page = words(payer.open("/back"))
    assert "did not go through" in page
    assert "do_not_honor" not in page
    assert "Pay £75.00 by card" in page
    assert payer.start().status_code == 409
    assert payer.start(key="k2").status_code == 303
    assert [payment.status for payment in payer.payments()] == ["failed", "pending"]


def test_a_gateway_that_does_not_answer_leaves_one_attempt_that_is_asked_about(
    payer: Payer, gateway: StandIn
) -> None:
    gateway.is_down = True
    answer = payer.start()
    assert answer.status_code == 303
    assert "being opened" in words(payer.open("/go"))
    gateway.is_down = False
    assert payer.start().status_code == 303
    (payment,) = payer.payments()
    assert payment.checkout_url
    assert payment.next_check_at


def test_each_state_has_a_page_of_its_own(payer: Payer) -> None:
    payer.change(lambda: bookings.cancel(payer.booking_id, "Ill", factories.actor("admin")))
    assert "This booking was cancelled" in words(payer.open())
    assert payer.start().location == payer.path
    assert payer.payments() == []


def test_an_expired_hold_on_a_full_date_says_so_and_takes_nothing(payer: Payer) -> None:
    def expire() -> None:
        booking = db.session.get_one(Booking, payer.booking_id)
        booking.hold_expires_at = datetime.now(UTC) - timedelta(seconds=1)
        db.session.flush()
        bookings.release_ended_hold(booking.id, SYSTEM)

    payer.change(expire)
    assert "there are still places" in words(payer.open())
    with payer.inside():
        placed(db.session.get_one(Booking, payer.booking_id).schedule, 12, "cash")
    assert "no longer held" in words(payer.open())
    assert payer.start().status_code == 303
    assert payer.payments() == []


@pytest.mark.parametrize("token", ["x", "a" * 32, "a" * 3000, "%00"])
def test_a_wrong_token_is_a_kind_404(payer: Payer, token: str) -> None:
    answer = payer.visitor.get(f"/pay/{token}")
    assert answer.status_code in (400, 404)
    assert payer.visitor.post(f"/pay/{token}/start", {"gateway": "stripe"}).status_code in (400, 404)


def test_a_link_works_at_its_own_host_only(payer: Payer) -> None:
    with payer.app.app_context():
        other = factories.make_provider()
    assert Visitor(payer.app, other.host).get(payer.path).status_code == 404


def test_guessing_links_is_stopped(payer: Payer) -> None:
    guesser = Visitor(payer.app, payer.provider.host, address="198.51.100.7")
    codes = [guesser.get(f"/pay/guess{number}").status_code for number in range(60)]
    assert codes[0] == 404
    assert codes[-1] == 429


def test_a_form_of_another_site_starts_nothing(payer: Payer) -> None:
    answer = payer.visitor.open(f"{payer.path}/start", method="POST", data={"gateway": "stripe"})
    assert answer.status_code == 400
    foreign = {"Origin": "https://evil.example"}
    assert (
        payer.visitor.post(f"{payer.path}/start", {"gateway": "stripe"}, headers=foreign).status_code == 403
    )
    assert payer.payments() == []


@pytest.mark.parametrize("gateway_name", ["", "cash", "mpesa", "flutterwave", "stripe' --"])
def test_a_way_that_is_not_offered_is_refused(payer: Payer, gateway_name: str) -> None:
    assert payer.start(gateway_name).status_code == 422
    assert payer.payments() == []


def test_the_amount_is_never_the_forms(payer: Payer) -> None:
    payer.start(amount="1", amount_minor="1", bookings="x")
    assert [payment.amount_minor for payment in payer.payments()] == [75_00]


def test_a_prompt_goes_to_a_kenyan_number_and_is_waited_for(kenyan: Payer) -> None:
    page = words(kenyan.open())
    assert "Pay KSh 7,500 with M-Pesa" in page
    answer = kenyan.start("mpesa", phone="0712 345 678")
    assert answer.location == f"{kenyan.path}/back"
    assert "Look at your telephone" in words(kenyan.open("/back"))
    again = kenyan.start("mpesa", phone="0712 345 678", key="k2")
    assert again.status_code == 409
    assert "prompt was sent" in words(again)
    assert len(kenyan.payments()) == 1


@pytest.mark.parametrize(
    "phone", ["", "07700 900123", "+44 7700 900123", "0712", "020 2222222", "4242 4242 4242 4242", "x"]
)
def test_another_number_is_refused_with_what_was_typed(kenyan: Payer, phone: str) -> None:
    answer = kenyan.start("mpesa", phone=phone)
    assert answer.status_code == 422
    assert "Enter a Kenyan mobile number" in words(answer)
    assert kenyan.payments() == []


def test_a_saved_card_is_offered_to_the_customer_and_to_nobody_else(
    payer: Payer, gateway: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    charges: list[Charge] = []
    real = gateway.start

    def noted(charge: Charge) -> Started:
        charges.append(charge)
        return real(charge)

    monkeypatch.setattr(gateway, "start", noted)
    payer.change(lambda: remember_card(payer.booking_id))
    payer.start()
    assert payer.visitor.sign_in("alice@x.example").status_code == 303
    payer.start(key="k2")
    assert [charge.saved_customer for charge in charges] == [None, "cus_1"]


def test_a_card_is_remembered_once_it_was_paid_with(payer: Payer) -> None:
    payer.start(saves_method="1")
    payer.settle("succeeded", saved_customer="cus_9")
    with payer.inside():
        assert db.session.scalars(select(GatewayCustomer.gateway_customer_id)).all() == ["cus_9"]


def remember_card(booking_id: UUID) -> None:
    """The customer has a saved card, and may sign in."""
    customer = db.session.get_one(Booking, booking_id).customer
    customer.password_hash = passwords.hash_password(PASSWORD)
    account = payment_links.accounts_for("GBP")[0]
    values = {"user_id": customer.id, "gateway_account_id": account.id, "gateway_customer_id": "cus_1"}
    db.session.add(GatewayCustomer(**values))


def test_play_money_is_called_that(payer: Payer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Simulator" not in words(payer.open())
    settings = payer.app.extensions["settings"]
    pretended = replace(settings, stripe_api_base="http://127.0.0.1:1/stripe")
    monkeypatch.setitem(payer.app.extensions, "settings", pretended)
    assert "Simulator. This is a demonstration: no real money moves." in words(payer.open()).replace(
        "</strong>", ""
    ).replace("<strong>", "")


def test_a_page_without_any_way_to_pay_says_how_else(app: Flask, provider: factories.Provider) -> None:
    payer = make_payer(app, provider, gateways="")
    assert "cannot be paid online" in words(payer.open())


# --- Credit ---


def give_credit(payer: Payer, amount_minor: int) -> None:
    """The customer has so much credit, and may sign in."""

    def give() -> None:
        customer = db.session.get_one(Booking, payer.booking_id).customer
        customer.password_hash = passwords.hash_password(PASSWORD)
        credit.adjust(customer.id, amount_minor, "Goodwill", factories.actor("admin"))

    payer.change(give)


def sign_in_as_customer(payer: Payer) -> None:
    with payer.inside():
        email = db.session.get_one(Booking, payer.booking_id).customer.email
    assert payer.visitor.sign_in(email).status_code == 303


def paid_minor(payer: Payer) -> int:
    with payer.inside():
        return db.session.get_one(Booking, payer.booking_id).paid_minor


def test_whoever_merely_has_the_link_neither_sees_nor_uses_credit(payer: Payer) -> None:
    give_credit(payer, 80_00)
    assert "of your credit" not in words(payer.open())
    assert payer.visitor.post(f"{payer.path}/credit", {"key": "k1"}).status_code == 303
    assert paid_minor(payer) == 0


def test_the_signed_in_customer_pays_with_credit_once(payer: Payer) -> None:
    give_credit(payer, 80_00)
    sign_in_as_customer(payer)
    assert "Use £75.00 of your credit" in words(payer.open())
    for _ in range(2):
        assert payer.visitor.post(f"{payer.path}/credit", {"key": "k1"}).status_code == 303
    assert paid_minor(payer) == 75_00
    assert "this is paid" in words(payer.open())


def test_credit_pays_a_part_and_the_rest_another_way(payer: Payer) -> None:
    give_credit(payer, 30_00)
    sign_in_as_customer(payer)
    payer.visitor.post(f"{payer.path}/credit", {"key": "k1"})
    payer.visitor.post(f"{payer.path}/credit", {"key": "k1"})
    assert paid_minor(payer) == 30_00
    page = words(payer.open())
    assert "of your credit" not in page
    assert "Pay £45.00 by card" in page


def test_whoever_comes_back_while_the_gateways_word_arrives_is_told_how_it_stands(
    payer: Payer, database_urls: DatabaseUrls
) -> None:
    """The word changes the payment between our look at it and our wish to have the gateway asked."""
    payer.start()
    payment_id = payer.payments()[0].id
    with psycopg.connect(database_urls.owner) as word, ThreadPoolExecutor(1) as pool:
        word.execute("UPDATE payments SET version = version + 1 WHERE id = %s", (payment_id,))
        answer = pool.submit(payer.open, "/back")
        time.sleep(0.5)
        word.commit()
        assert answer.result().status_code == 200
