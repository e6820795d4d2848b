"""What knocks at the gateways' doors: only the gateway itself is let in, once, and whoever guesses learns nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.gateways import stripe_signature
from backoffice.jobs import gateways
from backoffice.models import Booking, GatewayEvent, Message, Payment, Tenant
from backoffice.services import gateway_accounts
from backoffice.tenancy import tenant_scope
from backoffice.views import webhooks
from tests import factories
from tests import stripe_events as stripe
from tests.factories import Provider
from tests.paying import started
from tests.servers import DatabaseUrls
from tests.services.booked import placed
from tests.table_digests import digests
from tests.web_client import Visitor

PATH = "/api/webhooks/stripe/"
MPESA_KEYS = {"consumer_key": "k", "consumer_secret": "s", "shortcode": "174379", "passkey": "p"}


@contextmanager
def inside(app: Flask, provider: Provider) -> Iterator[None]:
    with app.app_context(), tenant_scope(provider.id):
        yield
        db.session.rollback()
        db.session.remove()


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app, "anywhere.example")


@pytest.fixture
def payment(app: Flask, provider: Provider) -> Payment:
    """A pending payment at Stripe, whose events come to "<slug>-door"."""
    with inside(app, provider):
        factories.make_gateway_account(path=f"{provider.slug}-door")
        found = started()
        db.session.refresh(found)
        db.session.expunge(found)
        return found


def door(provider: Provider) -> str:
    return f"{PATH}{provider.slug}-door"


def knock(visitor: Visitor, path: str, body: bytes, headers: dict[str, str]) -> int:
    return visitor.open(path, method="POST", data=body, headers=headers).status_code


def applied(app: Flask, provider: Provider) -> list[str | None]:
    """Let the worker do what waits; what became of each event."""
    with inside(app, provider):
        waiting = db.session.scalars(
            select(GatewayEvent.id).where(GatewayEvent.processed_at.is_(None)).order_by(GatewayEvent.id)
        ).all()
    for event_id in waiting:
        with app.app_context():
            gateways.apply_event(str(provider.id), str(event_id))
    with inside(app, provider):
        return list(db.session.scalars(select(GatewayEvent.outcome).order_by(GatewayEvent.id)))


def standing(app: Flask, provider: Provider, payment_id: UUID) -> tuple[str, str, int]:
    """The payment's status, its booking's, and how many mails there are."""
    with inside(app, provider):
        found = db.session.get_one(Payment, payment_id)
        booking: Booking = found.allocations[0].booking
        mails = db.session.scalar(select(func.count()).select_from(Message)) or 0
        return found.status, booking.status, mails


def test_a_signed_event_is_kept_and_pays(
    app: Flask, provider: Provider, payment: Payment, visitor: Visitor
) -> None:
    """The control of every refusal below: the same body, truly signed."""
    body = stripe.raw(stripe.event("checkout.session.completed", stripe.session(payment)))
    assert knock(visitor, door(provider), body, stripe.signature(body)) == 200
    assert standing(app, provider, payment.id) == ("pending", "pending", 0)
    assert applied(app, provider) == ["succeeded"]
    assert standing(app, provider, payment.id) == ("succeeded", "confirmed", 1)


def tampered(body: bytes) -> tuple[bytes, dict[str, str]]:
    headers = stripe.signature(body)
    return body.replace(b'"amount_total": 7500', b'"amount_total": 7501'), headers


def two_times(body: bytes) -> tuple[bytes, dict[str, str]]:
    good = stripe.signature(body)["Stripe-Signature"]
    return body, {"Stripe-Signature": f"t={int(time.time()) - 4000},{good}"}


FORGERIES: dict[str, Any] = {
    "unsigned": lambda body: (body, {}),
    "an empty signature": lambda body: (body, {"Stripe-Signature": ""}),
    "no digest": lambda body: (body, {"Stripe-Signature": f"t={int(time.time())}"}),
    "a wrong secret": lambda body: (body, stripe.signature(body, "whsec_wrong")),
    "an empty secret": lambda body: (body, stripe.signature(body, "")),
    "another body": tampered,
    "half a body": lambda body: (body[: len(body) // 2], stripe.signature(body)),
    "an old signature": lambda body: (body, stripe.signature(body, at=time.time() - 301)),
    "one of the future": lambda body: (body, stripe.signature(body, at=time.time() + 301)),
    "two times": two_times,
    "a digest that is no text of ASCII": lambda body: (
        body,
        {"Stripe-Signature": f"t={int(time.time())},v1=é"},
    ),
    "signed nonsense": lambda body: (b"[]", stripe.signature(b"[]")),
    "signed, no JSON": lambda body: (b"\x00\xff", stripe.signature(b"\x00\xff")),
    "signed, too large": lambda body: (large(), stripe.signature(large())),
    "signed, of live mode": lambda body: live(body),
}


def large() -> bytes:
    return b'{"id": "evt_1", "x": "' + b"x" * webhooks.LARGEST + b'"}'


def live(body: bytes) -> tuple[bytes, dict[str, str]]:
    changed = body.replace(b'"livemode": false', b'"livemode": true')
    assert changed != body
    return changed, stripe.signature(changed)


@pytest.mark.parametrize("forged", FORGERIES)
def test_what_the_gateway_did_not_sign_changes_nothing(
    app: Flask,
    provider: Provider,
    payment: Payment,
    visitor: Visitor,
    database_urls: DatabaseUrls,
    forged: str,
) -> None:
    """Abuse case B1."""
    before, seen = digests(database_urls), refused(app)
    body = stripe.raw(stripe.event("checkout.session.completed", stripe.session(payment)))
    sent, headers = FORGERIES[forged](body)
    answer = visitor.open(door(provider), method="POST", data=sent, headers=headers)
    assert answer.status_code == 400
    assert answer.json == {
        "error": {"code": "not_verified", "message": "This message could not be verified."}
    }
    assert digests(database_urls) == before
    assert refused(app) == seen + 1


UNSIGNED = [
    "unsigned",
    "an empty signature",
    "no digest",
    "a wrong secret",
    "an empty secret",
    "an old signature",
    "one of the future",
    "two times",
    "a digest that is no text of ASCII",
]


@pytest.mark.parametrize("forged", UNSIGNED)
def test_without_the_check_of_the_signature_the_forgery_pays(
    app: Flask,
    provider: Provider,
    payment: Payment,
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    forged: str,
) -> None:
    """The control: nothing else stands between these and the ledger."""
    monkeypatch.setattr(stripe_signature, "check", lambda *_: None)
    body = stripe.raw(stripe.event("checkout.session.completed", stripe.session(payment)))
    assert knock(visitor, door(provider), *FORGERIES[forged](body)) == 200
    assert applied(app, provider) == ["succeeded"]
    assert standing(app, provider, payment.id) == ("succeeded", "confirmed", 1)


def test_without_the_check_of_the_signature_a_changed_body_is_kept(
    app: Flask,
    provider: Provider,
    payment: Payment,
    visitor: Visitor,
    database_urls: DatabaseUrls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control of the digests as well: they see what an opened door lets in."""
    monkeypatch.setattr(stripe_signature, "check", lambda *_: None)
    before = digests(database_urls)
    body = stripe.raw(stripe.event("checkout.session.completed", stripe.session(payment)))
    assert knock(visitor, door(provider), *tampered(body)) == 200
    changed = {name for name, digest in digests(database_urls).items() if digest != before[name]}
    assert "gateway_events" in changed


def refused(app: Flask) -> int:
    """How many messages at Stripe's door were counted as refused."""
    figures = Visitor(app, "anywhere.example", "127.0.0.1").get("/metrics").text
    found = re.findall(r'webhooks_total\{gateway="stripe",outcome="(?:refused|too large)"\} (\d+)', figures)
    return sum(map(int, found))


def test_another_tenants_secret_opens_nothing(
    app: Flask, provider: Provider, payment: Payment, visitor: Visitor, database_urls: DatabaseUrls
) -> None:
    with app.app_context():
        other = factories.make_provider()
    with inside(app, other):
        keys = {"secret_key": "sk_test_other", "webhook_secret": "whsec_other"}
        factories.make_gateway_account(path=f"{other.slug}-door", keys=keys)
    before = digests(database_urls)
    body = stripe.raw(stripe.event("checkout.session.completed", stripe.session(payment)))
    assert knock(visitor, door(provider), body, stripe.signature(body, "whsec_other")) == 400
    assert digests(database_urls) == before
    # At their own door their secret is good, and says nothing about a payment that is not theirs.
    assert knock(visitor, door(other), body, stripe.signature(body, "whsec_other")) == 200
    assert applied(app, other) == [gateways.UNKNOWN]
    assert standing(app, provider, payment.id) == ("pending", "pending", 0)


@pytest.mark.parametrize(
    "path", [f"{PATH}nobody", f"{PATH}{'x' * 3000}", f"{PATH}%00", f"{PATH}é", "/api/webhooks/stripe"]
)
def test_a_door_that_is_none_answers_like_a_wrong_signature(
    provider: Provider, payment: Payment, visitor: Visitor, path: str
) -> None:
    body = stripe.raw(stripe.event("checkout.session.completed", stripe.session(payment)))
    assert knock(visitor, path, body, stripe.signature(body)) == 400


def test_the_door_of_another_gateway_does_not_open(
    provider: Provider, payment: Payment, visitor: Visitor
) -> None:
    for gateway in ("mpesa", "flutterwave"):
        path = f"/api/payments/webhooks/{gateway}/{provider.slug}-door"
        body = stripe.raw(stripe.event("checkout.session.completed", stripe.session(payment)))
        assert knock(visitor, path, body, stripe.signature(body)) == 400


def test_the_same_event_five_times_at_once_has_one_effect_and_one_mail(
    app: Flask, provider: Provider, payment: Payment
) -> None:
    """Abuse case B2."""
    body = stripe.raw(stripe.event("checkout.session.completed", stripe.session(payment)))

    def once(_: int) -> int:
        return knock(Visitor(app, "anywhere.example"), door(provider), body, stripe.signature(body))

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(once, range(5))) == [200] * 5
    assert applied(app, provider) == ["succeeded"]
    assert standing(app, provider, payment.id) == ("succeeded", "confirmed", 1)


def test_new_event_ids_for_the_same_thing_have_one_effect(
    app: Flask, provider: Provider, payment: Payment, visitor: Visitor
) -> None:
    for number in range(5):
        message = stripe.event(
            "checkout.session.completed", stripe.session(payment), id=f"evt_again_{number}"
        )
        body = stripe.raw(message)
        assert knock(visitor, door(provider), body, stripe.signature(body)) == 200
    assert applied(app, provider) == ["succeeded"] + ["already succeeded"] * 4
    assert standing(app, provider, payment.id) == ("succeeded", "confirmed", 1)


@pytest.mark.parametrize("created", [1, 4_000_000_000, 10**30, -1, "soon", None])
def test_what_the_event_says_of_its_own_time_decides_nothing(
    app: Flask, provider: Provider, payment: Payment, visitor: Visitor, created: Any
) -> None:
    message = stripe.event("checkout.session.completed", stripe.session(payment), created=created)
    body = stripe.raw(message)
    assert knock(visitor, door(provider), body, stripe.signature(body)) == 200
    assert applied(app, provider) == ["succeeded"]
    with inside(app, provider):
        paid_at = db.session.get_one(Payment, payment.id).paid_at
        assert paid_at is not None
        assert paid_at <= db.session.scalar(select(func.now()))  # type: ignore[operator]


# --- M-Pesa, which signs nothing ---


@pytest.fixture
def prompt(app: Flask, provider: Provider) -> Payment:
    """A prompt on a telephone, in Kenyan shillings."""
    with inside(app, provider):
        db.session.get_one(Tenant, provider.id).currency = "KES"
        db.session.commit()
        factories.make_gateway_account("mpesa", path=f"{provider.slug}-mpesa", keys=MPESA_KEYS)
        schedule = factories.make_schedule(currency="KES")
        found = started(placed(schedule), gateway="mpesa")
        db.session.refresh(found)
        db.session.expunge(found)
        return found


def callback(payment: Payment, amount: float = 75.0, code: int = 0) -> bytes:
    """The right shape with ResultCode 0, which anybody can write."""
    items = [
        {"Name": "Amount", "Value": amount},
        {"Name": "MpesaReceiptNumber", "Value": "NLJ7RT61SV"},
        {"Name": "TransactionDate", "Value": 20260303090000},
        {"Name": "PhoneNumber", "Value": 254700000001},
    ]
    said = {
        "MerchantRequestID": "1",
        "CheckoutRequestID": payment.gateway_reference,
        "ResultCode": code,
        "ResultDesc": "The service request is processed successfully.",
        "CallbackMetadata": {"Item": items},
    }
    return stripe.raw({"Body": {"stkCallback": said}})


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("secret", ["", "wrong", "{slug}-mpesa/", "{slug}-mpesa/not-an-id"])
def test_a_forged_callback_without_the_secret_changes_nothing(
    provider: Provider, prompt: Payment, visitor: Visitor, database_urls: DatabaseUrls, secret: str
) -> None:
    """Abuse case B16."""
    before = digests(database_urls)
    path = f"/api/payments/webhooks/mpesa/{secret.format(slug=provider.slug)}"
    assert knock(visitor, path, callback(prompt), JSON) in (400, 404, 405)
    assert digests(database_urls) == before


def believe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the question to the gateway away: a callback is taken at its word."""
    monkeypatch.setattr(gateways, "_proven", lambda _gateway, _payment, notice: notice.payment)


def test_without_the_secret_and_the_question_the_forged_callback_pays(
    app: Flask, provider: Provider, prompt: Payment, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: any address opens, and whoever knocks is believed."""
    monkeypatch.setattr(
        gateway_accounts, "find_by_path", lambda _path: (provider.id, prompt.gateway_account_id)
    )
    believe(monkeypatch)
    assert knock(visitor, "/api/payments/webhooks/mpesa/wrong", callback(prompt), JSON) == 200
    assert applied(app, provider) == ["succeeded"]
    assert standing(app, provider, prompt.id) == ("succeeded", "confirmed", 1)


@pytest.mark.parametrize(("amount", "said"), [(1.0, "not paid"), (75.0, "succeeded")])
def test_believed_at_its_word_a_callback_still_has_to_bring_the_amount(
    app: Flask,
    provider: Provider,
    prompt: Payment,
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    amount: float,
    said: str,
) -> None:
    believe(monkeypatch)
    path = f"/api/payments/webhooks/mpesa/{provider.slug}-mpesa"
    assert knock(visitor, path, callback(prompt, amount), JSON) == 200
    (outcome,) = applied(app, provider)
    assert outcome is not None
    assert outcome.startswith(said)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"Body": {}}', b'{"Body": {"stkCallback": {"ResultCode": 0}}}', b"\xff\x00"]
)
def test_no_message_of_mpesas_is_kept(
    provider: Provider, prompt: Payment, visitor: Visitor, database_urls: DatabaseUrls, body: bytes
) -> None:
    before = digests(database_urls)
    assert knock(visitor, f"/api/payments/webhooks/mpesa/{provider.slug}-mpesa", body, JSON) == 400
    assert digests(database_urls) == before


def test_an_id_in_the_address_that_is_none_of_ours_is_about_nothing(
    app: Flask, provider: Provider, prompt: Payment, visitor: Visitor
) -> None:
    path = f"/api/payments/webhooks/mpesa/{provider.slug}-mpesa/{uuid4()}"
    assert knock(visitor, path, callback(prompt), JSON) == 200
    assert applied(app, provider) == [gateways.UNKNOWN]
    assert standing(app, provider, prompt.id) == ("pending", "pending", 0)
