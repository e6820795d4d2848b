"""The page behind a payment link: what is paid for, one button for each way to pay, and how it went.

The address holds a secret, so nothing of it leaves: no referrer, nothing kept, nothing indexed. Nothing that the
address says is believed of a payment; the ledger is asked, and the ledger asks the gateway.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid, Refused
from backoffice.domain.gateway_terms import GATEWAYS
from backoffice.domain.money import format_money
from backoffice.domain.phones_ke import to_msisdn
from backoffice.domain.text import clean_line
from backoffice.models import Booking, Payment, PaymentLink
from backoffice.services import credit, credit_lines, pay_facts, payment_links, rate_limits
from backoffice.services.collecting import Wish
from backoffice.services.pay_facts import Asked
from backoffice.views import collecting_edge
from backoffice.views.public import counting
from backoffice.views.public.booking import browser, words
from backoffice.views.public.pay_words import facts
from backoffice.views.requests import current_actor, signed_in
from backoffice.work import commit_once

blueprint = Blueprint("pay", __name__)

# Which attempt this browser started; the session is its own.
STARTED = "pay_attempt"
LONGEST_KEY = 80
NOT_PAID = "The payment did not go through. Nothing was taken: try again, or choose another way."
OVER = ("failed", "cancelled")


@blueprint.after_request
def keep_secret(answer: Response) -> Response:
    """A form sent under "no-referrer" would not say that it is ours: such a page tells its address to us alone."""
    has_form = request.endpoint in ("pay.page", "pay.start", "pay.use_credit")
    answer.headers["Referrer-Policy"] = "same-origin" if has_form else "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


@blueprint.get("/pay/<token>")
def page(token: str) -> Any:
    link, asked = _open(token)
    own = own_booking(asked)
    if own and asked.state == "paid":
        return redirect(url_for("booking.done", schedule_id=own.schedule_id), 303)
    return _show(link, asked)


@blueprint.post("/pay/<token>/start")
def start(token: str) -> Any:
    """Ask for the money, once for each form however often it is sent, and lead on to where it is paid."""
    link, asked = _open(token)
    if not asked.is_payable:
        return redirect(url_for(".page", token=token), 303)
    try:
        wish = _wish(link, asked)
        rate_limits.take(rate_limits.payment_limits(link.id, request.remote_addr, wish.payer_phone))
        begun = collecting_edge.refuse_failed(collecting_edge.start(wish, current_actor()))
        if begun.status in OVER:
            raise Refused("over", NOT_PAID)
    except DomainError as error:
        db.session.rollback()
        return _show(*_open(token), error=error)
    session[STARTED] = str(begun.payment_id)
    counting.about(booking_id=asked.ids[0])
    return redirect(url_for(".back" if wish.gateway == "mpesa" else ".go", token=token), 303)


@blueprint.post("/pay/<token>/credit")
def use_credit(token: str) -> Any:
    """Pay with one's own credit, as far as it goes: only the signed-in customer of the booking may."""
    link, asked = _open(token)
    amount = _own_credit(asked)
    if not asked.is_payable or not amount:
        return redirect(url_for(".page", token=token), 303)
    actor, key = current_actor(), _key(link, "credit")
    try:
        commit_once(lambda: credit.use(asked.ids[0], amount, actor, datetime.now(UTC), key=key))
    except DomainError as error:
        return _show(*_open(token), error=error)
    return redirect(url_for(".page", token=token), 303)


@blueprint.get("/pay/<token>/go")
def go(token: str) -> Any:
    """On to the gateway's page. A form may not lead there itself: our policy lets forms go nowhere but home."""
    link, asked = _open(token)
    attempt = _own_attempt(asked)
    if attempt is None or attempt.status not in pay_facts.OPEN or not asked.is_payable:
        return redirect(url_for(".back", token=token), 303)
    url = attempt.checkout_url or ""
    if urlsplit(url).scheme not in ("http", "https"):
        return _render("public/pay_wait.html", link, asked, is_starting=True)
    return _render("public/pay_go.html", link, asked, url=url, gateway=attempt.method)


@blueprint.get("/pay/<token>/back")
def back(token: str) -> Any:
    """Where the gateway's page leads back to, and where a prompt is waited for."""
    link, asked = _open(token)
    attempt = _own_attempt(asked) or asked.attempt
    if not asked.is_payable or attempt is None:
        return redirect(url_for(".page", token=token), 303)
    if attempt.status in pay_facts.OPEN:
        _ask_soon(attempt.id)
        link, asked = _open(token)
        return _render("public/pay_wait.html", link, asked, gateway=attempt.method, is_starting=False)
    return _show(link, asked, said=NOT_PAID if attempt.status in OVER else "")


@blueprint.get("/pay/<token>/state")
def state(token: str) -> Any:
    """How it stands, for the waiting page's script: it loads the page again once nothing is open any more."""
    _, asked = _open(token)
    attempt = _own_attempt(asked) or asked.attempt
    is_open = asked.is_payable and attempt is not None and attempt.status in pay_facts.OPEN
    has_page = is_open and attempt is not None and attempt.checkout_url is not None
    return jsonify(state=asked.state, is_open=is_open, has_page=has_page)


# --- What they share ---


def own_booking(asked: Asked) -> Booking | None:
    """The booking that this browser made on the public site and now pays: it ends on the page that it came from."""
    booking = asked.bookings[0]
    draft = browser.find_draft(booking.schedule_id)
    return booking if draft and draft.booking_id == booking.id and len(asked.bookings) == 1 else None


def _open(token: str) -> tuple[PaymentLink, Asked]:
    """The link and how it stands; an unknown one is 404, and few may be tried."""
    link = payment_links.find(token)
    if link is None:
        rate_limits.take(rate_limits.look_limits("guess", request.remote_addr))
        abort(make_response(render_template("public/pay_unknown.html"), 404))
    return link, pay_facts.of_link(link, datetime.now(UTC))


def _own_attempt(asked: Asked) -> Payment | None:
    """The attempt that this browser started for this link: nobody else is led to its page."""
    try:
        payment = db.session.get(Payment, UUID(str(session.get(STARTED))))
    except ValueError:
        return None
    if payment is None or payment.gateway_account_id is None:
        return None
    paid_for = {part.booking_id for part in payment.allocations}
    return payment if paid_for & set(asked.ids) else None


def _wish(link: PaymentLink, asked: Asked) -> Wish:
    """What the form asks for; the amount is ours. Raises Invalid."""
    gateway = request.form.get("gateway", "")
    offered = {account.gateway for account in payment_links.accounts_for(asked.currency)}
    if gateway not in GATEWAYS or gateway not in offered:
        raise Invalid("gateway", "Choose a way to pay.", field="gateway")
    phone = f"+{to_msisdn(request.form.get('phone'))}" if gateway == "mpesa" else None
    # Back to the host they came by, where the browser knows who they are; `requests` lets only hosts of ours through.
    url = url_for(".page", token=link.token, _external=True)
    person = signed_in()
    return Wish(
        gateway=gateway,
        bookings=asked.ids,
        amount_minor=asked.asked_minor,
        payer_phone=phone,
        success_url=f"{url}/back",
        cancel_url=url,
        saves_method=gateway == "stripe" and request.form.get("saves_method") == "1",
        is_customer=person is not None and all(b.customer_id == person.user_id for b in asked.bookings),
        key=_key(link, gateway),
    )


def _own_credit(asked: Asked) -> int:
    """What the customer who is signed in can pay of this with credit (minor units); 0 for whoever merely has the link."""
    person = signed_in()
    booking = asked.bookings[0]
    is_theirs = person is not None and person.role == "customer" and person.user_id == booking.customer_id
    if not is_theirs or len(asked.bookings) > 1:
        return 0
    return min(credit_lines.balance_minor(booking.customer_id, booking.currency), asked.asked_minor)


def _key(link: PaymentLink, gateway: str) -> str:
    """The form's key, made this link's own: one that somebody knows from elsewhere leads to nothing here."""
    typed = clean_line(request.form.get("key"), field="key", maximum=LONGEST_KEY) or secrets.token_hex(16)
    return hashlib.sha256(f"{link.id}/{gateway}/{typed}".encode()).hexdigest()


def _ask_soon(payment_id: UUID) -> None:
    try:
        rate_limits.take(rate_limits.look_limits("back", request.remote_addr))
    except rate_limits.TooMany:
        return  # the gateway is asked from time to time anyway
    collecting_edge.ask_soon(payment_id)


def _show(link: PaymentLink, asked: Asked, *, said: str = "", error: DomainError | None = None) -> Any:
    """The page of this state: the ways to pay, or why there are none."""
    values: dict[str, Any] = {"said": said, "error": error, "typed_phone": request.form.get("phone", "")[:40]}
    own = _own_credit(asked) if asked.is_payable else 0
    values["credit"] = format_money(own, asked.currency) if own else ""
    answer = make_response(_render("public/pay.html", link, asked, **values), error.status if error else 200)
    if isinstance(error, rate_limits.TooMany):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _render(template: str, link: PaymentLink, asked: Asked, **values: Any) -> str:
    values |= _way(asked) | facts(asked)
    return render_template(template, asked=asked, token=link.token, key=secrets.token_hex(16), **values)


def _way(asked: Asked) -> dict[str, Any]:
    """Where on the way through the booking pages somebody is who booked there; nothing for all others."""
    booking = asked.bookings[0]
    if booking.source != "web" or len(asked.bookings) > 1:
        return {}
    is_own = own_booking(asked) is not None
    back = (
        url_for("booking.terms_page", schedule_id=booking.schedule_id) if is_own and asked.is_payable else ""
    )
    held = booking.hold_expires_at if asked.is_payable else None
    return {
        "steps": words.steps(2, is_free=False),
        "price_lines": words.lines_of(booking),
        "way_back": back,
        **words.clock(held, datetime.now(UTC)),
    }
