"""What the page of a booking says of terms that were accepted, and of what people were asked to bring."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from backoffice.domain.times import say_instant
from backoffice.models import Attendee, Booking, Consent
from backoffice.services import terms
from backoffice.services.terms import KIND_WORDS
from backoffice.views.admin import formats
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import page_link

HEADER = ("Text", "Accepted", "By", "How")
CHANNELS = {"web": "On the web site", "phone": "Read out on the telephone"}


def table(booking: Booking) -> RelatedTable | None:
    """Every text with its version; None for a booking that nobody was asked anything for."""
    found = terms.list_consents(booking.id)
    if not found and booking.source != "web":
        return None
    return RelatedTable("Terms", HEADER, [_row(each) for each in found], empty="Nothing was accepted yet.")


def _row(consent: Consent) -> list[Any]:
    text = consent.terms_text
    words = f"{KIND_WORDS[text.kind]}, version {text.number}"
    how = CHANNELS[consent.channel]
    return [
        page_link("terms.version", words, kind=text.kind, version=text.number),
        say_instant(consent.accepted_at, formats.page_zone()),
        consent.accepted_by or formats.nothing(),
        Markup("{}<br><small>from {}</small>").format(how, consent.address) if consent.address else how,
    ]


def prepared_words(booking: Booking, place: Attendee) -> str:
    """Whether somebody said that they bring what is asked for; "" where nothing is, or nobody is named."""
    if not booking.schedule.course.prerequisites or not place.name:
        return ""
    return "brings what is asked for" if place.prerequisites_at else "what to bring: not confirmed"
