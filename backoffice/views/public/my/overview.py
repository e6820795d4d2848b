"""The first page of a customer who is signed in: what is to come, what was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import redirect, render_template, request, url_for

from backoffice.services.my import reading
from backoffice.views.public.my import words
from backoffice.views.public.my.blueprint import blueprint
from backoffice.views.requests import current_actor, signed_in


@blueprint.get("/")
def home() -> Any:
    """One's own bookings; a stranger is led to signing in."""
    actor = current_actor()
    if signed_in() is None:
        return redirect(url_for(".sign_in"))
    actor.require("own.read")
    now = datetime.now(UTC)
    every = [words.card(booking, now) for booking in reading.list_bookings(actor)]
    return render_template(
        "public/my/home.html",
        coming=[card for card in reversed(every) if card.is_ahead],
        past=[card for card in every if not card.is_ahead],
        is_welcome="welcome" in request.args,
    )
