"""The links of invitations, new passwords and signing in: made when the mail is written, worth something once."""

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.models import User, UserToken
from backoffice.services.sign_in import digest

LIFE = {
    "invitation": timedelta(days=7),
    "password_reset": timedelta(hours=2),
    "sign_in": timedelta(minutes=30),
}


class DeadLink(DomainError):
    """The link was used, is too old, or never was one (410): the three look the same."""

    def __init__(self) -> None:
        sentence = "This link no longer works: it was used already, or it is too old. Ask for a new one."
        super().__init__("dead_link", sentence, status=410)


def make_token(user: User, purpose: str) -> str:
    """A new secret for a link to this person; only its digest is kept. `purpose` is a key of LIFE.

    Called when the mail is sent, so that no queue and no message row ever holds the secret.
    """
    token = secrets.token_urlsafe(32)
    expires_at = datetime.now(UTC) + LIFE[purpose]
    db.session.add(
        UserToken(user_id=user.id, purpose=purpose, token_digest=digest(token), expires_at=expires_at)
    )
    return token


def get_user(token: str, purpose: str) -> User:
    """Whose link this is; looking does not use it up. Raises DeadLink."""
    user = db.session.scalar(
        select(User)
        .join(UserToken, UserToken.user_id == User.id)
        .where(
            UserToken.token_digest == digest(token),
            UserToken.purpose == purpose,
            UserToken.used_at.is_(None),
            UserToken.expires_at > datetime.now(UTC),
            User.is_active,
            User.archived_at.is_(None),
        )
    )
    if user is None:
        raise DeadLink()
    return user


def use_token(token: str, purpose: str) -> User:
    """Use the link up, and every other one of its person. Raises DeadLink; of two at once one does."""
    user = get_user(token, purpose)
    now = datetime.now(UTC)
    is_mine = db.session.scalar(
        update(UserToken)
        .where(UserToken.token_digest == digest(token), UserToken.used_at.is_(None))
        .values(used_at=now)
        .returning(UserToken.id)
    )
    if is_mine is None:
        raise DeadLink()
    end_links_of(user)
    return user


def end_links_of(user: User) -> None:
    """No link that was mailed to this person works any more."""
    db.session.execute(
        update(UserToken)
        .where(UserToken.user_id == user.id, UserToken.used_at.is_(None))
        .values(used_at=datetime.now(UTC))
    )
