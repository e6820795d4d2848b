"""The first page of a customer who is signed in: what is to come, what was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import redirect, render_template, url_for

from backoffice.services.my import reading
from backoffice.views.landing import home_of
from backoffice.views.public.my import words
from backoffice.views.public.my.blueprint import blueprint
from backoffice.views.requests import current_actor, signed_in


@blueprint.get("/")
def home() -> Any:
    """One's own bookings; a stranger is led to signing in, and staff to their own page."""
    actor = current_actor()
    known = signed_in()
    if known is None:
        return redirect(url_for(".sign_in"))
    if not actor.may("own.read"):
        return redirect(home_of(known.role))
    now = datetime.now(UTC)
    every = [words.card(booking, now) for booking in reading.list_bookings(actor)]
    return render_template(
        "public/my/home.html",
        coming=[card for card in reversed(every) if card.is_ahead],
        past=[card for card in every if not card.is_ahead],
    )
