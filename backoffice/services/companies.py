"""Employers that book for their people."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.models import Company
from backoffice.services import audit
from backoffice.tenancy import current_tenant_id


def find(name: str) -> Company | None:
    """The company of this name in any case, unless it was archived."""
    by_name = select(Company).where(func.lower(Company.name) == name.lower(), Company.archived_at.is_(None))
    return db.session.scalar(by_name)


def find_or_make(name: str, actor: Actor) -> UUID:
    """The company of this name in any case, or a new one without terms. `name` is cleaned already."""
    by_name = select(Company.id).where(func.lower(Company.name) == name.lower())
    known = db.session.scalar(by_name)
    if known is not None:
        return known
    values = {"tenant_id": current_tenant_id(), "id": new_id(), "name": name}
    made = db.session.scalar(insert(Company).values(values).on_conflict_do_nothing().returning(Company.id))
    if made is None:  # made at this moment by somebody else
        return db.session.scalars(by_name).one()
    audit.record_about(actor, "company:create", "companies", made, label=name, new={"name": name})
    return made
