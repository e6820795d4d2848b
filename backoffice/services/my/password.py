"""The password that a customer may have besides the mailed link: chosen while signed in, given up again."""

from __future__ import annotations

from dataclasses import dataclass

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, Refused
from backoffice.models import User
from backoffice.services import audit, sign_in, users
from backoffice.services.my import profile
from backoffice.services.sign_in import SignedIn


@dataclass(frozen=True)
class NewPassword:
    """As typed; `current` is only asked of who has one."""

    current: str
    password: str
    again: str


def choose(wanted: NewPassword, actor: Actor) -> SignedIn:
    """Set a first password, or another one; every session ends but the new one that is returned.

    Who has one proves that it is they who sit there. Raises Forbidden, Invalid, rate_limits.TooMany, passwords.Busy, Refused
    for staff.
    """
    user = _customer(actor)
    if wanted.password != wanted.again:
        raise Invalid("differ", "The two passwords differ.", field="again")
    if user.password_hash:
        users.change_own_password(user.id, wanted.current, wanted.password, actor)
    else:
        users.set_password(user, wanted.password, actor)
    return sign_in.open_session(user, address=actor.address, agent=actor.agent)


def give_up(actor: Actor) -> SignedIn:
    """Have no password any more; every session ends but the new one that is returned. Raises Forbidden, Refused."""
    user = _customer(actor)
    if user.password_hash:
        user.password_hash = None
        db.session.flush()
        audit.record(actor, "user:no_password", user)
    sign_in.end_sessions_of(user.id)
    return sign_in.open_session(user, address=actor.address, agent=actor.agent)


def _customer(actor: Actor) -> User:
    """Staff choose theirs elsewhere, and always have one."""
    user = profile.own(actor)
    if user.is_staff:
        raise Refused("staff", "Staff change their password in the back office, under their name.")
    return user
