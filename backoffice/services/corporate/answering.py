"""The company's word on its quote, given by its link. Whoever sends it twice has said it once."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, Refused
from backoffice.domain.text import clean_block, refuse_card_number
from backoffice.domain.times import to_local
from backoffice.models import CorporateRequest, Tenant
from backoffice.models.corporate_request import ANSWERS
from backoffice.services import audit
from backoffice.services.corporate import mails
from backoffice.services.corporate.deciding import get_for_change
from backoffice.tenancy import current_tenant_id

WORDS_MAXIMUM = 1000


def answer(
    request_id: UUID,
    said: str,
    quote_number: int,
    actor: Actor,
    *,
    words: str | None = None,
    now: datetime | None = None,
) -> CorporateRequest:
    """Accept or decline the quote that the page showed; the provider is told.

    An accepted quote waits for the office, which makes the date; a declined one is looked into again.
    Raises Invalid; Refused for a quote that is over, was answered otherwise, or has a newer one.
    """
    if said not in ANSWERS:
        raise Invalid("unknown_answer", "Choose whether you accept the quote.", field="answer")
    text = clean_block(words, field="words", maximum=WORDS_MAXIMUM)
    refuse_card_number(text, field="words")
    now = now or datetime.now(UTC)
    request = get_for_change(request_id)
    if request.quote_answer == said and request.quote_number == quote_number:
        return request
    check_answerable(request, quote_number, now)
    old = {"status": request.status}
    request.quote_answer, request.quote_answered_at = said, now
    request.quote_answer_words = text or None
    if said == "declined":
        request.status = "reviewing"
    db.session.flush()
    new = {"status": request.status, "answer": said, "words": text or None}
    audit.record(actor, "corporate_request:answer", request, old=old, new=new)
    mails.tell_provider("company_quote_answered", request, actor)
    return request


def check_answerable(request: CorporateRequest, quote_number: int, now: datetime) -> None:
    """Raise Refused, in words for the company, unless this quote waits for its answer."""
    if request.quote_number != quote_number:
        raise Refused("newer_quote", "There is a newer quote: please look at it first.")
    if request.status != "quoted" or request.quote_answer is not None:
        raise Refused("answered", "This quote is answered already: please call us to change anything.")
    if is_over(request, now):
        raise Refused("over", "This quote is no longer valid: please ask us for a new one.")


def is_over(request: CorporateRequest, now: datetime) -> bool:
    """Whether the last day of the quote has passed in the provider's time zone."""
    if request.quote_valid_until is None:
        return False
    zone = db.session.get_one(Tenant, current_tenant_id()).time_zone
    return to_local(now, zone).date() > request.quote_valid_until
