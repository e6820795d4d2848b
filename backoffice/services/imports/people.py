"""The customers and companies that rows of bookings name: found, or made in bulk."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.models import AuditEvent, Company, User
from backoffice.services import audit
from backoffice.services.imports.kind import insert_all

# Who has no e-mail address is the same caller when number and name are the same.
CallerKey = tuple[str, ...]


class People:
    """Whom the rows mean. A record that is there is never changed by an import."""

    def __init__(self) -> None:
        self._users: dict[CallerKey, UUID] = {}
        self._companies: dict[str, UUID] = {}

    def load(self, rows: list[dict[str, Any]]) -> None:
        emails = {row["email"] for row in rows if row["email"]}
        phones = {row["phone"] for row in rows if row["phone"] and not row["email"]}
        names = {row["company"].lower() for row in rows if row["company"]}
        by_email = db.session.execute(select(User.email, User.id).where(User.email.in_(emails)))
        self._users = {(str(email),): user_id for email, user_id in by_email}
        by_phone = select(User.id, User.phone, User.first_name, User.last_name).where(User.phone.in_(phones))
        for user_id, *parts in db.session.execute(by_phone.order_by(User.created_at.desc())):
            self._users[tuple(str(part).lower() for part in parts)] = user_id
        by_name = select(func.lower(Company.name), Company.id).where(func.lower(Company.name).in_(names))
        self._companies = dict(db.session.execute(by_name).all())

    def make_missing(self, rows: list[dict[str, Any]], actor: Actor) -> None:
        """Make the companies and customers that do not exist yet."""
        self._make_companies(rows, actor)
        self._make_users(rows, actor)

    def customer_of(self, row: dict[str, Any]) -> UUID:
        return self._users[caller_key(row)]

    def company_of(self, row: dict[str, Any]) -> UUID | None:
        return self._companies[row["company"].lower()] if row["company"] else None

    def _make_companies(self, rows: list[dict[str, Any]], actor: Actor) -> None:
        names = {row["company"].lower(): row["company"] for row in reversed(rows) if row["company"]}
        made = [{"id": new_id(), "name": name} for key, name in names.items() if key not in self._companies]
        insert_all(Company, made)
        self._companies |= {row["name"].lower(): row["id"] for row in made}
        insert_all(
            AuditEvent,
            [
                audit.entry(
                    actor, "company:import", "companies", row["id"], row["name"], new={"name": row["name"]}
                )
                for row in made
            ],
        )

    def _make_users(self, rows: list[dict[str, Any]], actor: Actor) -> None:
        strangers = {caller_key(row): row for row in reversed(rows) if caller_key(row) not in self._users}
        made = [{"id": new_id(), **self._user(row)} for row in strangers.values()]
        insert_all(User, made)
        self._users |= {key: row["id"] for key, row in zip(strangers, made, strict=True)}
        insert_all(AuditEvent, [_entry(actor, row) for row in made])

    def _user(self, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "role": "customer",
            "email": row["email"],
            "first_name": row["first_name"],
            "last_name": row["last_name"],
            "phone": row["phone"],
            "company_id": self.company_of(row),
        }


def caller_key(row: dict[str, Any]) -> CallerKey:
    if row["email"]:
        return (row["email"],)
    if row["phone"]:
        return (row["phone"], row["first_name"].lower(), row["last_name"].lower())
    return ("", row["reference"])


def _entry(actor: Actor, row: dict[str, Any]) -> dict[str, Any]:
    label = f"{row['first_name']} {row['last_name']}".strip()
    new = {name: row[name] for name in ("first_name", "last_name", "email", "phone")}
    return audit.entry(actor, "user:import", "users", row["id"], label, new=new)
