"""Sessions of signed-in people, kept on the server so that they can be ended there."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask_login import UserMixin
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.models import User, WebSession
from backoffice.tenancy import current_tenant_id

SESSION_LIFE = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """A living session and its person, in one light object: it is read on every request."""

    token: str
    session_id: UUID
    user_id: UUID
    role: str
    name: str
    email: str | None
    last_sign_in_at: datetime | None

    def get_id(self) -> str:
        return f"{current_tenant_id()}:{self.token}"


def digest(token: str) -> bytes:
    """What the database keeps of a secret token."""
    return hashlib.sha256(token.encode()).digest()


def open_session(user: User, *, address: str | None, agent: str | None) -> SignedIn:
    """Start a session for a person who proved who they are; the token is only in the result."""
    now = datetime.now(UTC)
    token = secrets.token_urlsafe(32)
    row = WebSession(
        user_id=user.id,
        token_digest=digest(token),
        last_seen_at=now,
        expires_at=now + SESSION_LIFE,
        address=address,
        agent=(agent or "")[:300] or None,
    )
    db.session.add(row)
    found = SignedIn(token, row.id, user.id, user.role, user.name, user.email, user.last_sign_in_at)
    user.last_sign_in_at, user.last_sign_in_address = now, address
    return found


def find_signed_in(token: str) -> SignedIn | None:
    """The living session of a token: not ended, not expired, its person active. Sliding: use keeps it alive."""
    now = datetime.now(UTC)
    row = db.session.execute(
        select(
            WebSession.id.label("session_id"),
            WebSession.last_seen_at,
            User.id,
            User.role,
            User.first_name,
            User.last_name,
            User.email,
            User.last_sign_in_at,
        )
        .join(User, User.id == WebSession.user_id)
        .where(
            WebSession.token_digest == digest(token),
            WebSession.revoked_at.is_(None),
            WebSession.expires_at > now,
            User.is_active,
            User.archived_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    if row.last_seen_at < now - SEEN_EVERY:
        _keep_alive(row.session_id, now)
    name = f"{row.first_name} {row.last_name}".strip() or row.email or ""
    return SignedIn(token, row.session_id, row.id, row.role, name, row.email, row.last_sign_in_at)


def _keep_alive(session_id: UUID, now: datetime) -> None:
    db.session.execute(
        update(WebSession)
        .where(WebSession.id == session_id)
        .values(last_seen_at=now, expires_at=now + SESSION_LIFE)
    )
    db.session.commit()


def end_session(session_id: UUID) -> None:
    """End one session: its cookie is worth nothing on the next request."""
    _end(WebSession.id == session_id)


def end_sessions_of(user_id: UUID) -> None:
    """End every session of a person: after a new password, another role, a deactivation."""
    _end(WebSession.user_id == user_id)


def _end(which: object) -> None:
    db.session.execute(
        update(WebSession)
        .where(which, WebSession.revoked_at.is_(None))  # type: ignore[arg-type]
        .values(revoked_at=datetime.now(UTC))
    )
