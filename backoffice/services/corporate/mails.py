"""The mails about a request: to the company at each step, to the provider when it has to act."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound
from backoffice.domain.money import format_money
from backoffice.domain.text import say_phone
from backoffice.domain.times import say_date
from backoffice.models import CorporateRequest, Message, Tenant
from backoffice.services import messages, tenants
from backoffice.services.corporate import link
from backoffice.tenancy import current_tenant_id

RECEIVED: Final = "company_request_received"
TO_COMPANY: Final = frozenset({RECEIVED, "company_quote", "company_request_rejected"})
TO_PROVIDER: Final = frozenset({"company_request_new", "company_quote_answered"})
TEMPLATES: Final = TO_COMPANY | TO_PROVIDER
# Those that carry the company's link.
WITH_A_LINK: Final = frozenset({RECEIVED, "company_quote"})
ADMIN_PAGE: Final = "/admin/corporate_requests/details/?id="


def tell_company(template: str, request: CorporateRequest, actor: Actor, **data: Any) -> None:
    """Promise a mail to the contact of the request; none for what an import brings."""
    if actor.kind == "import":
        return
    # Anybody may have typed this address, and a name that says something: nobody is named before we have answered.
    is_unproved = template == RECEIVED and request.source == "web"
    messages.queue(
        template,
        recipient=request.email,
        recipient_name="" if is_unproved else request.contact_person,
        data={"corporate_request_id": str(request.id)} | data,
        actor=actor,
    )


def tell_provider(template: str, request: CorporateRequest, actor: Actor, **data: Any) -> None:
    """Promise a mail to the provider's own address, if it has one; none for what an import brings."""
    if actor.kind == "import":
        return
    tenant = db.session.get_one(Tenant, current_tenant_id())
    messages.queue(
        template,
        recipient=tenant.email,
        recipient_name=tenant.name,
        data={"corporate_request_id": str(request.id)} | data,
        actor=actor,
    )


def find(data: dict[str, Any]) -> CorporateRequest | None:
    """The request that a mail is about, as it is now."""
    named = data.get("corporate_request_id")
    if not named:
        return None
    wanted = select(CorporateRequest).where(CorporateRequest.id == UUID(str(named)))
    return db.session.scalar(wanted.execution_options(populate_existing=True))


def facts(data: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """What the templates say of a request. Raises NotFound."""
    request = find(data)
    if request is None:
        raise NotFound("The request this mail is about does not exist.")
    price = request.quoted_price_minor
    return {
        "request": request,
        "course_title": request.course.title if request.course else "",
        "days": [say_date(day) for day in request.days],
        "phone_of_company": say_phone(request.phone, tenant.country),
        "price": format_money(price, request.currency) if price is not None else "",
        "valid_until": say_date(request.quote_valid_until) if request.quote_valid_until else "",
        "admin_url": tenants.base_url(tenant) + ADMIN_PAGE + str(request.id),
    }


def url_for_message(message: Message) -> str:
    """The link that this mail carries; "" for a mail without one, or when the address has changed since."""
    if message.template not in WITH_A_LINK:
        return ""
    request = find(message.data)
    return link.url_of(request) if request and request.email == message.recipient else ""


def why_unwanted(message: Message) -> str | None:
    """A sentence when a newer quote, or an answer, has overtaken the mail of a quote."""
    if message.template != "company_quote":
        return None
    request = find(message.data)
    is_true = (
        request is not None
        and request.status == "quoted"
        and request.quote_number == message.data.get("quote_number")
    )
    return None if is_true else "Not sent: this quote was answered, withdrawn or given anew meanwhile."
