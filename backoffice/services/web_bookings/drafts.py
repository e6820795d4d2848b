"""The row that keeps what a visitor has typed. Whoever has its id, out of the signed cookie, may read and change it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import db, new_id
from backoffice.domain.errors import Invalid
from backoffice.models import BookingDraft
from backoffice.sealing import seal_for
from backoffice.services import rate_limits
from backoffice.services.web_bookings.typed import Typed, from_json
from backoffice.tenancy import current_tenant_id

# Forty people with a few lines about each.
LONGEST = 60_000
TOO_LONG = "This is more than we can keep of one form: write less about each person."


@dataclass(frozen=True)
class DraftKey:
    """Which draft, for which date, and where from (an address of the network)."""

    id: UUID
    schedule_id: UUID
    address: str | None = None


def find(draft_id: UUID | None, schedule_id: UUID) -> BookingDraft | None:
    """The draft as it is now, if it is about this date."""
    if draft_id is None:
        return None
    wanted = select(BookingDraft).where(BookingDraft.id == draft_id, BookingDraft.schedule_id == schedule_id)
    return db.session.scalar(wanted, execution_options={"populate_existing": True})


def typed_of(draft: BookingDraft) -> Typed:
    """What was typed."""
    return from_json(draft.typed)


def save(key: DraftKey, typed: Typed) -> BookingDraft:
    """Keep what was typed; the row is locked until the commit, so that the same form sent twice comes one by one.

    Raises Invalid for more than anybody types: whoever wants to fill our disk fills little of it.
    """
    text = typed.as_json()
    if len(text) > LONGEST:
        raise Invalid("too_long", TOO_LONG)
    sealed = seal_for("booking_drafts", key.id, "typed_sealed", text)
    values = {
        "tenant_id": current_tenant_id(),
        "id": key.id,
        "schedule_id": key.schedule_id,
        "typed_sealed": sealed,
        "address_digest": address_digest(key.address),
    }
    row = insert(BookingDraft).values(values)
    changed = {"typed_sealed": row.excluded.typed_sealed, "updated_at": func.now()}
    statement = row.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=changed)
    return db.session.scalars(
        statement.returning(BookingDraft), execution_options={"populate_existing": True}
    ).one()


def renew(draft_id: UUID, schedule_id: UUID) -> UUID | None:
    """The same draft under a new id, None for none: whoever planted the cookie with the old one finds nothing by it."""
    draft = find(draft_id, schedule_id)
    if draft is None:
        return None
    made = new_id()
    sealed = seal_for("booking_drafts", made, "typed_sealed", draft.typed)
    db.session.expunge(draft)
    db.session.execute(
        update(BookingDraft).where(BookingDraft.id == draft_id).values(id=made, typed_sealed=sealed),
        execution_options={"synchronize_session": False},
    )
    return made


def address_digest(address: str | None) -> bytes:
    """Tells one visitor's network from another's, and not where it is."""
    key = str(current_app.secret_key).encode()
    about = f"hold/{current_tenant_id()}/{rate_limits.network_of(address)}"
    return hmac.new(key, about.encode(), hashlib.sha256).digest()
