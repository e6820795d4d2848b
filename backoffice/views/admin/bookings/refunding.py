"""The screen that gives money back: what, from which payment, which way, and what it says before it happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, validators

from backoffice.domain.errors import Invalid
from backoffice.domain.gateway_terms import GATEWAY_LABELS
from backoffice.domain.money import format_money
from backoffice.models import Attendee, Booking, Payment, Refund
from backoffice.services import giving_back
from backoffice.services.giving_back import CANCELLABLE, GiveBack, Source
from backoffice.views.admin.bookings.forms import CheckboxesField, MoneyForm
from backoffice.views.admin.bookings.money import waiting_refunds
from backoffice.views.admin.forms import MoneyField, PlainText
from backoffice.views.admin.history_words import METHODS
from backoffice.views.admin.verbs import VerbForm
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_actor, current_tenant

Shown = dict[str, Any]
NEEDED = validators.InputRequired()
OPTIONAL = validators.Optional()
WAYS = (
    ("", "The way it came"),
    ("gateway", "Through the gateway"),
    ("hand", "By hand: cash, terminal or bank transfer"),
    ("credit", "As credit: no money leaves"),
)


class WayForm:
    """Which way the money goes; mixed into both forms."""

    way = RadioField("How it goes back", choices=WAYS, default="", validate_choice=False)
    receipt = StringField(
        "Receipt",
        [PlainText(100)],
        description="For what you have paid out by hand already. Left empty, it waits to be paid out. Never a card number.",
    )
    seen_left = HiddenField()


class BookingRefundForm(WayForm, MoneyForm):
    what = RadioField(
        "What goes back",
        choices=[
            ("all", "All that is left of what was paid"),
            ("places", "The price of the places ticked below"),
            ("amount", "The amount below"),
        ],
        validate_choice=False,
    )
    attendees = CheckboxesField(
        "Places", [OPTIONAL], description="Whose price goes back, or for whom the amount is."
    )
    amount = MoneyField("Amount", [OPTIONAL])
    keeps_fee = BooleanField("Keep the fee of the course's rules")
    override_reason = StringField(
        "Why more than the rules give", [PlainText(500)], description="Only needed when more goes back."
    )
    payment = SelectField("From the payment", validate_choice=False)
    reason = StringField("Reason", [NEEDED, PlainText(500)])
    cancels = BooleanField("Cancel the booking, or the places that are ticked, as well")
    send_mail = BooleanField("Tell the customer of the cancellation by e-mail", default=True)

    def __init__(self, formdata: Any = None, **kwargs: Any) -> None:
        super().__init__(formdata, **kwargs)
        self.attendees.choices = []
        self.attendees.validate_choice = False  # the service knows which places there are

    @property
    def choice(self) -> str:
        """ "all", "places" or "amount"; what is typed decides where nothing was picked."""
        return self.what.data or ("amount" if self.amount.data is not None else "all")

    def check_choice(self) -> None:
        """Raise Invalid when what was picked and what was ticked or typed are not the same wish."""
        if self.choice == "all" and (self.attendees.data or self.amount.data is not None):
            raise Invalid("what", "Places are ticked, or an amount is typed: say what counts.", field="what")
        if self.choice == "places" and not self.attendees.data:
            raise Invalid("attendees", "Tick the places whose price goes back.", field="attendees")
        if self.choice == "places" and self.amount.data is not None:
            raise Invalid("what", "An amount is typed as well: say what counts.", field="what")


class LeftOverRefundForm(WayForm, VerbForm):
    booking = SelectField("Of", validate_choice=False)
    amount = MoneyField("Amount to give back", [NEEDED])
    override_reason = StringField(
        "Why more than the rules give", [PlainText(500)], description="Only needed when more goes back."
    )
    reason = StringField("Reason", [NEEDED, PlainText(500)])


def of_booking(booking: Booking, form: BookingRefundForm) -> GiveBack:
    """What the form of a booking's page asks for. Raises Invalid."""
    form.check_choice()
    ticked = [read_id(text) for text in form.attendees.data or ()]
    return GiveBack(
        reason=form.reason.data,
        booking_id=booking.id,
        payment_id=read_id(form.payment.data),
        amount_minor=(form.amount.data or 0) if form.choice == "amount" else None,
        attendee_ids=tuple(each for each in ticked if each),
        keeps_fee=form.keeps_fee.data,
        override_reason=form.override_reason.data or "",
        way=form.way.data or "",
        receipt=form.receipt.data or "",
        cancels=form.cancels.data,
        tells=form.send_mail.data,
        version=form.seen_version,
        key=form.once.data,
    )


def of_payment(payment: Payment, form: LeftOverRefundForm) -> GiveBack:
    """What the form of a payment's page asks for."""
    return GiveBack(
        reason=form.reason.data,
        booking_id=read_id(form.booking.data),
        payment_id=payment.id,
        amount_minor=form.amount.data or 0,
        override_reason=form.override_reason.data or "",
        way=form.way.data or "",
        receipt=form.receipt.data or "",
        key=form.once.data,
    )


def ask(booking: Booking, form: BookingRefundForm) -> Shown:
    """The page of the verb on a booking."""
    sources = giving_back.sources_of(booking)
    left = giving_back.left_minor(sources)
    now = datetime.now(UTC)
    proposed, why = giving_back.by_policy(booking, left, now)
    if form.is_first_sight or form.was_changed:
        form.seen_due.data = str(booking.due_minor)
    form.payment.choices = [("", "All payments, the newest first"), *map(_say_source, sources)]
    form.way.choices = _ways_of(sources)
    lines = giving_back.lines_of(booking.attendees)
    form.attendees.choices = [
        (str(place.id), _say_place(place, _money(lines[place.id], booking))) for place in booking.attendees
    ]
    form.offer(what="all", amount=None, keeps_fee=True, reason=_cancelled_because(booking))
    if booking.status not in CANCELLABLE:
        del form.cancels, form.send_mail
    return {
        "template": "admin/bookings/refund.html",
        "sums": sums(booking, sources, now),
        "says": [
            f"{_money(left, booking)} of what was paid has not been given back.{_waiting(booking)}",
            f"Proposed: {_money(proposed, booking)}. {why}",
            *_ways_in_words(sources),
            _what_follows(),
        ],
    }


def sums(booking: Booking, sources: Sequence[Source], now: datetime) -> Shown:
    """What the page's script adds up while one ticks and types (minor units).

    Each pair is (all of it, what the course's rules give of it): of all payments and of each, and of each place.
    """

    def pair(minor: int, place: Attendee | None = None) -> tuple[int, int]:
        return minor, giving_back.by_policy(booking, minor, now, place=place)[0]

    lines = giving_back.lines_of(booking.attendees)
    nothing = format_money(0, booking.currency)
    return {
        "symbol": nothing.rstrip("0."),
        "hides_zeros": "." not in nothing,
        "payments": {"": pair(giving_back.left_minor(sources))}
        | {str(source.payment.id): pair(source.left_minor) for source in sources},
        "places": {str(place.id): pair(lines[place.id], place) for place in booking.attendees},
    }


def follows(payment: Payment) -> list[str]:
    """Which way a payment goes back, and what happens after the press."""
    return [_way_in_words(payment), _what_follows()]


def _money(minor: int, booking: Booking) -> str:
    return format_money(minor, booking.currency)


def _waiting(booking: Booking) -> str:
    waiting = waiting_refunds(booking)
    return f" {_money(waiting, booking)} of it is asked for already." if waiting else ""


def _say_source(source: Source) -> tuple[str, str]:
    payment = source.payment
    said = METHODS.get(payment.method, payment.method)
    return str(
        payment.id
    ), f"{payment.reference}, {said}: {format_money(source.left_minor, payment.currency)}"


def _say_place(place: Attendee, line: str) -> str:
    ended = ", cancelled" if place.cancelled_at else ""
    return f"{place} ({line}{ended})"


def _cancelled_because(booking: Booking) -> str:
    reasons = [booking.cancellation_reason, *(place.cancellation_reason for place in booking.attendees)]
    return next((reason for reason in reasons if reason), "")


def _ways_of(sources: Sequence[Source]) -> list[tuple[str, str]]:
    """The ways to choose from: money that came by hand cannot go back through a gateway."""
    came_online = any(source.payment.gateway_account_id for source in sources)
    return [way for way in WAYS if came_online or way[0] != "gateway"]


def _ways_in_words(sources: Sequence[Source]) -> list[str]:
    """Which way each payment goes back unless another is chosen."""
    return list(dict.fromkeys(_way_in_words(source.payment) for source in sources))


def _way_in_words(payment: Payment) -> str:
    if payment.method == "credit":
        return "What was paid by credit becomes credit again."
    if payment.method in giving_back.WHOLE_ONLY:
        return "M-Pesa gives back whole payments only: a part is paid out by hand, with its receipt number."
    if payment.gateway_account_id:
        return f"It goes back through {GATEWAY_LABELS[payment.method]}, by which it came."
    return f"It came by {METHODS.get(payment.method, 'hand')}: pay it out by hand and note the receipt."


def _what_follows() -> str:
    tenant = current_tenant()
    if not current_actor().may("refund.execute"):
        return "An administrator approves it and pays it out; until then nothing is reserved."
    if tenant.refund_limit_minor is None:
        return "It starts at once."
    limit = format_money(tenant.refund_limit_minor, tenant.currency)
    return f"Up to {limit} it starts at once. Above, an administrator or a manager other than you approves it first."


def said_of(made: Sequence[Refund]) -> str:
    """The sentence after the act."""
    names = ", ".join(refund.reference for refund in made)
    amount = format_money(sum(refund.amount_minor for refund in made), made[0].currency)
    return f"Refund {names} of {amount}: {_outcome({refund.status for refund in made}, made)}"


def _outcome(states: set[str], made: Sequence[Refund]) -> str:
    if "requested" in states:
        return "asked for. It waits for approval."
    if "approved" in states:
        return "approved. Pay it out and note the receipt."
    if "processing" in states:
        return "on its way through the gateway."
    return "kept as credit." if all(refund.route == "credit" for refund in made) else "paid back."
