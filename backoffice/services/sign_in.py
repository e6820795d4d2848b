"""Signing in, and the sessions of signed-in people: kept on the server so that they can be ended there."""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask_login import UserMixin
from sqlalchemy import bindparam, select, update

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.text import clean_email
from backoffice.models import Tenant, User, WebSession
from backoffice.services import passwords, rate_limits
from backoffice.tenancy import current_tenant_id

log = logging.getLogger(__name__)

SESSION_LIFE = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)


class WrongSignIn(DomainError):
    """The address and the password do not fit, whichever of the two is wrong (401)."""

    def __init__(self) -> None:
        sentence = "This e-mail address and password do not fit together. Check both and try again."
        super().__init__("wrong_sign_in", sentence, status=401)


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """A living session and its person, in one light object: it is read on every request."""

    token: str
    session_id: UUID
    user_id: UUID
    role: str
    name: str
    email: str | None
    # The time before this one: what a person compares with their memory.
    last_sign_in_at: datetime | None
    # Read along with it: nearly every page needs its tenant, and the database session forgets what nobody holds.
    tenant: Tenant | None = None

    def get_id(self) -> str:
        return f"{current_tenant_id()}:{self.token}"


def digest(token: str) -> bytes:
    """What the database keeps of a secret token."""
    return hashlib.sha256(token.encode()).digest()


def prove(email: str, password: str, *, address: str | None) -> User:
    """The person who has this address and password. Known and unknown addresses take equally long.

    Raises WrongSignIn, rate_limits.TooMany even for the right password, and passwords.Busy.
    """
    limits = rate_limits.sign_in_limits(email, address)
    rate_limits.take(limits)
    user = find_by_email(email)
    try:
        is_right = _fits(user, password)
    except passwords.Busy:
        rate_limits.give_back(limits)
        raise
    if user is None or not is_right:
        log.info("sign-in refused", extra={"address": address})
        raise WrongSignIn()
    rate_limits.give_back(limits)
    return user


def _fits(user: User | None, password: str) -> bool:
    is_usable = user is not None and user.is_active and user.archived_at is None
    if len(password) > passwords.MAXIMUM:
        password, is_usable = "", False
    is_right = passwords.fits(password, user.password_hash if user else None)
    return is_usable and is_right


def find_by_email(email: str) -> User | None:
    """The person with this address, or None; what is no address is nobody's."""
    try:
        address = clean_email(email)
    except Invalid:
        return None
    return db.session.scalar(select(User).where(User.email == address)) if address else None


def open_session(user: User, *, address: str | None, agent: str | None) -> SignedIn:
    """Start a session for a person who proved who they are; the token is only in the result."""
    now = datetime.now(UTC)
    token = secrets.token_urlsafe(32)
    row = WebSession(
        user_id=user.id,
        token_digest=digest(token),
        last_seen_at=now,
        expires_at=now + SESSION_LIFE,
        previous_sign_in_at=user.last_sign_in_at,
        address=address,
        agent=(agent or "")[:300] or None,
    )
    db.session.add(row)
    found = SignedIn(token, row.id, user.id, user.role, user.name, user.email, user.last_sign_in_at)
    _note_sign_in(user.id, now, address)
    return found


def _note_sign_in(user_id: UUID, now: datetime, address: str | None) -> None:
    """Past the mapper, which raises the version: whoever edits this person would be told of a change."""
    values = {"last_sign_in_at": now, "last_sign_in_address": address, "updated_at": User.updated_at}
    db.session.execute(
        update(User).where(User.id == user_id).values(values),
        execution_options={"synchronize_session": False},
    )


def renew_hash(user: User, password: str) -> None:
    """Keep the password with today's parameters: only now is it known."""
    if user.password_hash and passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.hash_password(password)


# Built once: it runs on every request of whoever is signed in.
_SIGNED_IN = (
    select(
        WebSession.id.label("session_id"),
        WebSession.last_seen_at,
        User.id,
        User.role,
        User.first_name,
        User.last_name,
        User.email,
        WebSession.previous_sign_in_at,
        Tenant,
    )
    .join(User, User.id == WebSession.user_id)
    .join(Tenant, Tenant.id == WebSession.tenant_id)
    .where(
        WebSession.token_digest == bindparam("token_digest"),
        WebSession.revoked_at.is_(None),
        WebSession.expires_at > bindparam("now"),
        User.is_active,
        User.archived_at.is_(None),
    )
)


def find_signed_in(token: str) -> SignedIn | None:
    """The living session of a token: not ended nor expired, its person active. Use keeps it alive."""
    now = datetime.now(UTC)
    row = db.session.execute(_SIGNED_IN, {"token_digest": digest(token), "now": now}).first()
    if row is None:
        return None
    if row.last_seen_at < now - SEEN_EVERY:
        _keep_alive(row.session_id, now)
    name = f"{row.first_name} {row.last_name}".strip() or row.email or ""
    return SignedIn(
        token, row.session_id, row.id, row.role, name, row.email, row.previous_sign_in_at, row.Tenant
    )


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
