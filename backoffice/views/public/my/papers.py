"""What one keeps: payments with their receipts, certificates, and the calendar."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from backoffice.services import rate_limits
from backoffice.services.certificates import links as certificate_links
from backoffice.services.my import feed, money, profile, reading
from backoffice.views.public.my import words
from backoffice.views.public.my.blueprint import blueprint
from backoffice.views.requests import current_actor, current_tenant
from backoffice.work import commit_once


@blueprint.get("/payments")
def payments() -> str:
    """One's own payments, each with its receipt."""
    found = money.list_payments(current_actor())
    return render_template("public/my/payments.html", payments=[words.payment(each) for each in found])


@blueprint.get("/payments/<uuid:payment_id>")
def receipt(payment_id: UUID) -> str:
    """The receipt of one's own payment, to be printed."""
    tenant = current_tenant()
    found = money.receipt(payment_id, current_actor())
    return render_template(
        "public/my/receipt.html",
        receipt=words.receipt(found, tenant.time_zone),
        tenant=tenant,
        back=url_for(".payments"),
    )


@blueprint.get("/certificates")
def certificates() -> str:
    """One's own certificates, and those of people one booked for."""
    found = reading.list_certificates(current_actor())
    return render_template(
        "public/my/certificates.html", certificates=[words.certificate(each) for each in found]
    )


@blueprint.get("/certificates/<uuid:certificate_id>")
def own_certificate(certificate_id: UUID) -> Any:
    """On to the paper, by its own link."""
    if certificate_id not in [each.id for each in reading.list_certificates(current_actor())]:
        abort(404)
    return redirect(certificate_links.DOWNLOAD_PAGE + certificate_links.make_token(certificate_id))


@blueprint.get("/calendar")
def calendar() -> str:
    """The secret address of one's own calendar, or the button that makes one."""
    return render_template("public/my/calendar.html", address=feed.url_of(profile.own(current_actor())))


@blueprint.post("/calendar")
def change_calendar() -> Any:
    """A new address, which ends the one before; or none any more."""
    if request.form.get("do") == "end":
        commit_once(lambda: feed.end(current_actor()))
        flash(_("The address opens nothing any more."), "success")
    else:
        commit_once(lambda: feed.begin(current_actor()))
    return redirect(url_for(".calendar"), 303)


@blueprint.get("/calendar/<token>.ics")
def calendar_feed(token: str) -> Any:
    """What a calendar program asks for, without signing in."""
    user = feed.find(token)
    if user is None:
        rate_limits.take(rate_limits.look_limits("guess", request.remote_addr))
        abort(404)
    answer = Response(feed.write(user), content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.add_etag()
    return answer.make_conditional(request)
