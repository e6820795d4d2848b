"""Customers sign in by a link that is mailed to them: it proves the address, works once and for a short time.

Whoever asks is told the same, whether the address is known or not. Staff have passwords: no link lets them in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.domain.text import clean_email, clean_phone
from backoffice.models import User
from backoffice.services import audit, catalogue, customers, messages, sign_in, user_tokens, users
from backoffice.services.customers import CustomerIn
from backoffice.services.sign_in import SignedIn
from backoffice.services.user_tokens import DeadLink

PURPOSE = "sign_in"
TEMPLATE = "sign_in"
SHORTEST_NAME = 2


@dataclass(frozen=True)
class Registration:
    """Somebody new, as typed."""

    first_name: str
    last_name: str
    email: str
    phone: str = ""


def ask_link(email: str, actor: Actor) -> None:
    """Mail a link, if a customer has this address; the caller must not say whether."""
    user = sign_in.find_by_email(email)
    if user is not None and may_enter(user):
        _mail(user, actor)


def register(wanted: Registration, actor: Actor) -> None:
    """Make a customer whose address nobody has, and mail a link to it; who is known gets a link and stays as they are.

    Nothing is proved until the link is used: no password is taken here. Raises Invalid.
    """
    cleaned = _cleaned(wanted)
    found = customers.find_or_make(cleaned, actor)
    user = db.session.get_one(User, found.user_id)
    if may_enter(user):
        _mail(user, actor)


def _cleaned(wanted: Registration) -> CustomerIn:
    """Raises Invalid with all that is wrong, by field."""
    problems = _missing(wanted)
    country = catalogue.current_tenant().country
    for clean in (lambda: clean_email(wanted.email), lambda: clean_phone(wanted.phone or None, country)):
        try:
            clean()
        except Invalid as error:
            problems |= error.fields
    if problems:
        raise Invalid.of(problems)
    given = CustomerIn(None, wanted.first_name, wanted.last_name, wanted.email, wanted.phone or None)
    return customers.clean(given, country)


def _missing(wanted: Registration) -> dict[str, str]:
    needed = {
        "first_name": "Enter your first name.",
        "last_name": "Enter your last name.",
        "email": "Enter your e-mail address.",
    }
    problems = {name: said for name, said in needed.items() if not getattr(wanted, name).strip()}
    whole = wanted.first_name.strip() + wanted.last_name.strip()
    return problems or ({} if len(whole) >= SHORTEST_NAME else {"last_name": "Enter your whole name."})


def may_enter(user: User) -> bool:
    """Whether a mailed link may let this person in: an active customer, never staff."""
    return user.role == "customer" and user.is_active and user.archived_at is None


def _mail(user: User, actor: Actor) -> None:
    # What a stranger typed as a name would be read as ours: until the address is proved, nobody is named.
    name = user.name if user.email_verified_at else ""
    messages.queue(TEMPLATE, recipient=user.email, recipient_name=name, user_id=user.id, actor=actor)
    audit.record(actor, "user:ask_link", user)


def find(token: str) -> User:
    """Whose link this is; looking does not use it up. Raises DeadLink."""
    user = user_tokens.get_user(token, PURPOSE)
    if not may_enter(user):  # became staff meanwhile
        raise DeadLink()
    return user


def enter(token: str, actor: Actor) -> SignedIn:
    """Use the link up and begin a session; the address is proved by it. Raises DeadLink; of two at once one does."""
    find(token)
    user = user_tokens.use_token(token, PURPOSE)
    if user.email_verified_at is None:
        user.email_verified_at = datetime.now(UTC)
        db.session.flush()
    found = sign_in.open_session(user, address=actor.address, agent=actor.agent)
    audit.record(users.as_actor(user, actor), "user:sign_in", user, new={"by": "link"})
    return found


def same_address(email: str) -> str:
    """The address as limits count it; what is no address counts as it was typed."""
    try:
        return clean_email(email) or ""
    except Invalid:
        return email.strip()[:300]
