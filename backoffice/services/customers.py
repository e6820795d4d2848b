"""People who book: found by their address, or made."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound
from backoffice.domain.text import clean_block, clean_email, clean_line, clean_phone, refuse_card_number
from backoffice.models import User, UserNote
from backoffice.services import audit
from backoffice.tenancy import current_tenant_id


@dataclass(frozen=True)
class CustomerIn:
    """The caller as given that day."""

    user_id: UUID | None = None
    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    phone: str | None = None
    company_name: str | None = None
    company_id: UUID | None = None


def clean(customer: CustomerIn, country: str) -> CustomerIn:
    """The same with every text checked; `country` reads national telephone numbers. Raises Invalid."""
    for field, text in (
        ("first_name", customer.first_name),
        ("last_name", customer.last_name),
        ("company", customer.company_name),
    ):
        refuse_card_number(str(text or ""), field=field)
    cleaned = CustomerIn(
        customer.user_id,
        clean_line(customer.first_name, field="first_name", maximum=100),
        clean_line(customer.last_name, field="last_name", maximum=100),
        clean_email(customer.email),
        clean_phone(customer.phone, country),
        clean_line(customer.company_name, field="company", maximum=200) or None,
        customer.company_id,
    )
    if not (cleaned.first_name or cleaned.last_name or cleaned.user_id):
        raise Invalid("required", "Enter the caller's name.", field="last_name")
    return cleaned


def find_or_make(customer: CustomerIn, actor: Actor) -> CustomerIn:
    """A cleaned customer with the id of their record: the one named, the one with this e-mail, or a new one.

    A different name on the same e-mail never overwrites the record; without a name the record's own is given.
    Raises NotFound.
    """
    if customer.user_id is not None:
        return _filled(customer)
    return replace(customer, user_id=find(customer) or _make(customer, actor))


_RECORD = select(User.first_name, User.last_name, User.email, User.phone).where(
    User.id == bindparam("user_id")
)


def _filled(customer: CustomerIn) -> CustomerIn:
    record = db.session.execute(_RECORD, {"user_id": customer.user_id}).first()
    if record is None:
        raise NotFound("This customer does not exist.")
    if customer.first_name or customer.last_name:
        return customer
    return replace(
        customer,
        first_name=record.first_name,
        last_name=record.last_name,
        email=customer.email or record.email,
        phone=customer.phone or record.phone,
    )


def find(customer: CustomerIn) -> UUID | None:
    """Who this is: by e-mail in any case; without one, by the same telephone number and name."""
    if customer.email:
        return db.session.scalar(select(User.id).where(User.email == customer.email))
    if not customer.phone:
        return None
    return db.session.scalar(
        select(User.id)
        .where(
            User.phone == customer.phone,
            func.lower(User.first_name) == customer.first_name.lower(),
            func.lower(User.last_name) == customer.last_name.lower(),
        )
        .limit(1)
    )


def _existing(user_id: UUID) -> UUID:
    found = db.session.scalar(select(User.id).where(User.id == user_id))
    if found is None:
        raise NotFound("This customer does not exist.")
    return found


def _make(customer: CustomerIn, actor: Actor) -> UUID:
    values = {
        "tenant_id": current_tenant_id(),
        "id": new_id(),
        "role": "customer",
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        "phone": customer.phone,
        "company_id": customer.company_id,
    }
    made = db.session.scalar(insert(User).values(values).on_conflict_do_nothing().returning(User.id))
    if made is None:  # the same caller was made at this moment by somebody else
        return db.session.scalars(select(User.id).where(User.email == customer.email)).one()
    shown = {key: values[key] for key in ("first_name", "last_name", "email", "phone")}
    label = f"{customer.first_name} {customer.last_name}".strip()
    audit.record_about(actor, "user:create", "users", made, label=label, new=shown)
    return made


def edit(
    user: User,
    *,
    first_name: str,
    last_name: str,
    email: str | None,
    phone: str | None,
    company_id: UUID | None,
    country: str,
    actor: Actor,
) -> None:
    """Correct a customer's record; what was sold keeps the contact as given that day. Raises Invalid."""
    actor.require("customer.edit")
    new = {
        "first_name": clean_line(first_name, field="first_name", maximum=100),
        "last_name": clean_line(last_name, field="last_name", maximum=100),
        "email": clean_email(email),
        "phone": clean_phone(phone, country),
        "company_id": company_id,
    }
    old = {name: getattr(user, name) for name in new}
    for name, value in new.items():
        setattr(user, name, value)
    before, after = audit.differences(old, new)
    if after:
        audit.record(actor, "user:edit", user, old=before, new=after)


def archive(user: User, actor: Actor) -> None:
    """Put a customer away: not found at the desk any more; bookings keep their customer. Raises Forbidden."""
    _put(user, datetime.now(UTC), "archive", actor)


def restore(user: User, actor: Actor) -> None:
    """Take a customer out of the archive. Raises Forbidden."""
    _put(user, None, "restore", actor)


def _put(user: User, at: datetime | None, verb: str, actor: Actor) -> None:
    actor.require("customer.edit")
    old, user.archived_at = user.archived_at, at
    db.session.flush()
    audit.record(actor, f"user:{verb}", user, old={"archived_at": old}, new={"archived_at": at})


def add_note(user_id: UUID, body: str, actor: Actor) -> UserNote:
    """Write down something about a customer; encrypted at rest. Raises Invalid, NotFound."""
    actor.require("note.write")
    text = clean_block(body, field="note", maximum=2000, required=True)
    refuse_card_number(text, field="note")
    note = UserNote(user_id=_existing(user_id), author_id=actor.user_id)
    note.body = text
    db.session.add(note)
    db.session.flush()
    audit.record_about(actor, "user:note", "users", user_id, new={"note": audit.HIDDEN})
    return note
