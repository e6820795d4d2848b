"""Money by a link, while the caller is on the telephone: copy it, mail it, show its QR code, send a prompt, see it paid."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.domain.errors import DomainError, Refused
from backoffice.domain.gateway_terms import GATEWAY_LABELS
from backoffice.domain.money import format_money, parse_money
from backoffice.domain.phones_ke import to_msisdn
from backoffice.domain.text import clean_line, say_phone
from backoffice.models import PaymentLink
from backoffice.services import pay_facts, payment_links, rate_limits
from backoffice.services.collecting import Wish
from backoffice.services.payment_links import Subject
from backoffice.views import collecting_edge
from backoffice.views.access import wants_json
from backoffice.views.desk.blueprint import desk
from backoffice.views.desk.booking import refused
from backoffice.views.desk.link_panel import panel, state_of
from backoffice.views.desk.links import id_of, url_of
from backoffice.views.requests import current_actor, current_tenant
from backoffice.work import commit_once


@desk.get("/admin/desk/links/")
def link_page() -> Any:
    """The link of `?booking=` or `?group=`: made here, or as it is."""
    subject = _subject(request.args)
    link = payment_links.find_living(subject)
    now = datetime.now(UTC)
    asked = pay_facts.of_link(link or PaymentLink(**subject.values), now)
    return render_template(
        "desk/link_page.html",
        title=asked.bookings[0].reference
        if subject.booking_id
        else asked.bookings[0].booking_group.reference,
        asked=asked,
        due=format_money(asked.due_minor, asked.currency),
        ways=[GATEWAY_LABELS[each.gateway] for each in payment_links.accounts_for(asked.currency)],
        panel=panel(link) if link else "",
        back_url=_back_url(subject),
        subject=subject,
    )


@desk.post("/admin/desk/links/")
def make_link() -> Any:
    """Make the link, or ask by it for another amount."""
    subject = _subject(request.form)

    def work() -> PaymentLink:
        currency = current_tenant().currency
        payment_links.require_account(currency)
        typed = clean_line(request.form.get("amount"), field="amount", maximum=40)
        amount = parse_money(typed, currency) if typed else None
        return payment_links.make(subject, current_actor(), amount)

    return _done(lambda: (commit_once(work), "The link is ready.")[1], subject)


@desk.get("/admin/desk/links/<link_id>/state")
def link_state(link_id: str) -> Any:
    """How it stands at this moment, for the panel that waits."""
    return jsonify(state_of(payment_links.get(id_of(link_id))))


@desk.post("/admin/desk/links/<link_id>/mail")
def mail_link(link_id: str) -> Any:
    link = payment_links.get(id_of(link_id))
    subject = payment_links.subject_of(link)

    def work() -> str:
        return f"Mail queued to {payment_links.mail(id_of(link_id), current_actor())}."

    return _done(lambda: commit_once(work), subject)


@desk.post("/admin/desk/links/<link_id>/prompt")
def send_prompt(link_id: str) -> Any:
    """A prompt on the caller's telephone for what the link asks for."""
    link = payment_links.get(id_of(link_id))
    return _done(lambda: _prompt(link), payment_links.subject_of(link))


@desk.post("/admin/desk/links/<link_id>/end")
def end_link(link_id: str) -> Any:
    link = payment_links.get(id_of(link_id))
    subject = payment_links.subject_of(link)

    def work() -> str:
        payment_links.end(id_of(link_id), current_actor())
        return "The link works no more."

    return _done(lambda: commit_once(work), subject)


def _prompt(link: PaymentLink) -> str:
    """Raises Invalid for another number, Refused when one is open or the gateway says no."""
    phone = f"+{to_msisdn(request.form.get('phone'))}"
    asked = pay_facts.of_link(link, datetime.now(UTC))
    if not asked.is_payable:
        raise Refused("nothing_due", "Nothing is to be paid by this link any more.")
    rate_limits.take(rate_limits.payment_limits(link.id, request.remote_addr, phone))
    typed = clean_line(request.form.get("once"), field="once", maximum=60)
    wish = Wish(
        gateway="mpesa",
        bookings=asked.ids,
        amount_minor=asked.asked_minor,
        payer_phone=phone,
        key=hashlib.sha256(f"{link.id}/{typed}".encode()).hexdigest() if typed else None,
    )
    begun = collecting_edge.start(wish, current_actor())
    if begun.status in ("failed", "cancelled"):
        raise Refused("gateway_refused", f"M-Pesa sent no prompt: {begun.reason or 'this try is over'}.")
    return f"Prompt sent to {say_phone(phone, 'KE')}: it is confirmed there with the M-Pesa PIN."


# --- What they share ---


def _subject(given: Any) -> Subject:
    """The booking or the group that is meant. Raises NotFound."""
    if given.get("group"):
        return Subject(group_id=id_of(given["group"]))
    return Subject(booking_id=id_of(given.get("booking")))


def _back_url(subject: Subject) -> str:
    if subject.booking_id:
        return url_of("booking", subject.booking_id)
    return url_for("booking_groups.details_view", id=subject.group_id)


def _done(work: Any, subject: Subject) -> Any:
    """What was done, in words for a script; without one, the page again. A refusal likewise."""
    try:
        words = work()
    except DomainError as error:
        if wants_json():
            return refused(error)
        flash(error.message, "error")
        return _page_of(subject)
    if wants_json():
        return jsonify(words=words)
    flash(words, "success")
    return _page_of(subject)


def _page_of(subject: Subject) -> Response:
    return redirect(url_for("desk.link_page", booking=subject.booking_id, group=subject.group_id), 303)
