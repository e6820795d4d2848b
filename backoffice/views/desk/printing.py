"""The confirmation on paper, for a caller without e-mail."""

from typing import Any

from flask import Response

from backoffice.documents.confirmation import confirmation_pdf as pdf_of
from backoffice.services import printed_confirmation
from backoffice.views.desk.blueprint import desk
from backoffice.views.desk.links import id_of
from backoffice.views.requests import current_tenant


@desk.get("/admin/desk/confirmations/<booking_id>.pdf")
def confirmation_pdf(booking_id: str) -> Any:
    """The letter, shown in the browser so that it can be printed at once."""
    letter = printed_confirmation.of_booking(id_of(booking_id), current_tenant())
    answer = Response(pdf_of(letter), mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename=f"{letter.reference}.pdf")
    return answer
