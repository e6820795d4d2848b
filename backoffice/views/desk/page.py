"""The desk itself: one page, and everything else is asked for while the caller speaks."""

from datetime import UTC, datetime
from typing import Any

from flask import render_template, request

from backoffice.domain.errors import DomainError
from backoffice.services import dates_on_sale, payment_links
from backoffice.views.desk.blueprint import desk
from backoffice.views.desk.caller import contact_of_booking, describe
from backoffice.views.desk.links import id_of
from backoffice.views.requests import current_actor, current_tenant, signed_in

# (method, word, the key that picks it, what it means)
PAYMENT_CHOICES = (
    ("card_terminal", "Card terminal", "t", "Paid now"),
    ("cash", "Cash", "c", "Paid now"),
    ("bank_transfer", "Bank transfer", "b", "Places held"),
    ("payment_link", "Payment link", "l", "Places held"),
    ("credit", "Credit", "r", "From their balance"),
    ("account", "Account terms", "a", "Invoiced"),
    ("free", "Free of charge", "f", "Nothing to pay"),
)


@desk.get("/admin/desk/")
def desk_page() -> Any:
    """The empty form; `?copy=` begins with caller and names of a booking, `?caller=` with a caller."""
    tenant, actor = current_tenant(), current_actor()
    courses, towns = dates_on_sale.list_choices(tenant)
    return render_template(
        "desk/page.html",
        courses=courses,
        towns=towns,
        methods=methods(tenant.currency),
        start=starting_point(),
        today=datetime.now(UTC),
        may_override=actor.may("booking.override"),
        may_note=actor.may("note.write"),
        person=signed_in(),
    )


def methods(currency: str) -> list[tuple[str, str, str, str]]:
    """The ways to pay that work here: a link needs a gateway that is set up."""
    has_gateway = bool(payment_links.accounts_for(currency))
    return [each for each in PAYMENT_CHOICES if has_gateway or each[0] != "payment_link"]


def starting_point() -> dict[str, Any] | None:
    """What the form begins with, as the browser's own draft would hold it; None for an unknown id."""
    try:
        if request.args.get("copy"):
            return contact_of_booking(id_of(request.args["copy"]))
        if request.args.get("caller"):
            return {"caller": describe(id_of(request.args["caller"]))}
    except DomainError:
        return None
    return None
