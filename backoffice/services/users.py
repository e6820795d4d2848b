"""Staff: invited, given a role, shut out and let in again. What changes here holds on their next request."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, Invalid, NotFound, Refused
from backoffice.domain.permissions import ROLE_LABELS
from backoffice.domain.text import clean_email, clean_line
from backoffice.models import User
from backoffice.services import audit, messages, passwords, sign_in, user_tokens
from backoffice.services.user_tokens import make_token as make_token

# An operator acts on the whole platform: that role is given on the command line only.
STAFF_ROLES = ("admin", "office", "manager", "instructor")


@dataclass(frozen=True)
class Invitation:
    """Whom to invite, as typed."""

    email: str
    role: str
    first_name: str = ""
    last_name: str = ""


def get(user_id: UUID) -> User:
    """The person; raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound()
    return user


def invite(invitation: Invitation, actor: Actor) -> User:
    """Make a staff member without a password and mail the link to choose one.

    A customer with this address becomes staff and keeps the bookings; a password is chosen anew, since nobody
    proved the old one to the provider. Raises Forbidden, Invalid, Refused.
    """
    actor.require("user.edit")
    _check_role(invitation.role)
    user = create(invitation, actor)
    mail_invitation(user, actor)
    return user


def create(person: Invitation, actor: Actor) -> User:
    """Make a staff member, or a customer into one. Raises Invalid, Refused."""
    email = clean_email(person.email, required=True)
    names = {
        "first_name": clean_line(person.first_name, field="first_name", maximum=100),
        "last_name": clean_line(person.last_name, field="last_name", maximum=100),
    }
    user = db.session.scalar(select(User).where(User.email == email))
    if user is None:
        user = User(email=email, role=person.role, **names)
        db.session.add(user)
        db.session.flush()
        audit.record(actor, "user:create", user, new={"email": email, "role": person.role})
        return user
    if user.is_staff:
        raise Refused("email_taken", "A staff member has this e-mail address already.", field="email")
    old = user.role
    user.role, user.password_hash, user.archived_at = person.role, None, None
    audit.record(actor, "user:role", user, old={"role": old}, new={"role": person.role})
    sign_in.end_sessions_of(user.id)
    return user


def mail_invitation(user: User, actor: Actor) -> None:
    """Mail the link to choose a first password; the secret in it is made when the mail is sent."""
    _mail("invitation", user, actor)
    audit.record(actor, "user:invite", user, new={"email": user.email})


def resend_invitation(user_id: UUID, actor: Actor) -> User:
    """Mail the invitation again; the links mailed before end. Raises Refused once a password was chosen."""
    actor.require("user.edit")
    user = _get_staff(user_id)
    if user.password_hash:
        raise Refused("has_password", f"{user.name} has chosen a password already: no invitation is needed.")
    if not user.is_active:
        raise Refused("not_active", f"{user.name} is deactivated: reactivate them first.")
    user_tokens.end_links_of(user)
    mail_invitation(user, actor)
    return user


def change_role(user_id: UUID, role: str, actor: Actor) -> User:
    """Give a staff member another role, from their next request on. Raises Forbidden, Invalid, Refused."""
    actor.require("user.edit")
    _check_role(role)
    user = _get_staff(user_id)
    _refuse_oneself(user, actor, "change your own role")
    if user.role == role:
        return user
    return set_role(user, role, actor)


def set_role(user: User, role: str, actor: Actor) -> User:
    """The change itself; the sessions end, so that nothing prepared with the old role goes through.

    Raises Refused for the last administrator.
    """
    _keep_an_admin(user)
    old, user.role = user.role, role
    db.session.flush()
    sign_in.end_sessions_of(user.id)
    audit.record(actor, "user:role", user, old={"role": old}, new={"role": role})
    return user


def deactivate(user_id: UUID, actor: Actor) -> User:
    """Shut somebody out at once: sessions and mailed links end, history stays. Raises Forbidden, Refused."""
    actor.require("user.edit")
    user = _get_staff(user_id)
    _refuse_oneself(user, actor, "deactivate yourself")
    if not user.is_active:
        return user
    _keep_an_admin(user)
    user.is_active = False
    db.session.flush()
    sign_in.end_sessions_of(user.id)
    user_tokens.end_links_of(user)
    audit.record(actor, "user:deactivate", user, old={"is_active": True}, new={"is_active": False})
    return user


def reactivate(user_id: UUID, actor: Actor) -> User:
    """Let somebody in again, with the role and the password they had. Raises Forbidden."""
    actor.require("user.edit")
    user = _get_staff(user_id)
    if user.is_active:
        return user
    user.is_active = True
    db.session.flush()
    audit.record(actor, "user:reactivate", user, old={"is_active": False}, new={"is_active": True})
    return user


def request_password_reset(email: str, actor: Actor) -> None:
    """Mail a link for a new password, if somebody has this address; the caller must not say whether."""
    user = sign_in.find_by_email(email)
    if user is None or user.email is None or not user.is_active or user.archived_at is not None:
        return
    _mail("password_reset", user, actor)
    audit.record(actor, "user:ask_password", user)


def choose_password(token: str, purpose: str, password: str, actor: Actor) -> User:
    """Set a password by a mailed link, which proves the address. Raises DeadLink, Invalid, passwords.Busy."""
    owner = user_tokens.get_user(token, purpose)
    check_password(owner, password)
    user = user_tokens.use_token(token, purpose)
    if user.email_verified_at is None:
        user.email_verified_at = datetime.now(UTC)
    set_password(user, password, as_actor(user, actor))
    return user


def change_own_password(user_id: UUID, current: str, chosen: str, actor: Actor) -> User:
    """Choose another password while signed in; the present one proves that nobody else sits there.

    Every session ends, this one too. A wrong password counts like one at sign-in.
    Raises Invalid, rate_limits.TooMany, passwords.Busy.
    """
    user = get(user_id)
    try:
        sign_in.prove(user.email or "", current, address=actor.address)
    except sign_in.WrongSignIn as error:
        raise Invalid("wrong_password", "This is not your password now.", field="current") from error
    if chosen == current:
        raise Invalid("same_password", "This is the password you have. Choose another.", field="password")
    set_password(user, chosen, actor)
    return user


def as_actor(user: User, visitor: Actor) -> Actor:
    """The visitor, once it is proved that they are this person."""
    kind = "user" if user.is_staff else "customer"
    return Actor(kind, user.id, user.role, user.name, visitor.address, visitor.agent)


def set_password(user: User, password: str, actor: Actor) -> None:
    """Store a new password and end every session that the old one opened. Raises Invalid, passwords.Busy."""
    check_password(user, password)
    user.password_hash = passwords.hash_password(password)
    db.session.flush()
    sign_in.end_sessions_of(user.id)
    user_tokens.end_links_of(user)
    audit.record(actor, "user:password", user)


def check_password(user: User, password: str) -> None:
    """Raises Invalid for a password that is too weak for this person."""
    mailbox = (user.email or "").partition("@")[0]
    passwords.check_strength(password, about=(user.first_name, user.last_name, mailbox))


def _mail(template: str, user: User, actor: Actor) -> None:
    messages.queue(
        template, recipient=user.email or "", recipient_name=user.name, user_id=user.id, actor=actor
    )


def _get_staff(user_id: UUID) -> User:
    """A staff member; customers and the platform's operators are nobody's to change here."""
    user = get(user_id)
    if user.role not in STAFF_ROLES:
        raise NotFound()
    return user


def _check_role(role: str) -> None:
    if role not in STAFF_ROLES:
        known = ", ".join(ROLE_LABELS[each] for each in STAFF_ROLES)
        raise Invalid("unknown_role", f"Choose one of these roles: {known}.", field="role")


def _refuse_oneself(user: User, actor: Actor, what: str) -> None:
    if actor.user_id == user.id:
        raise Forbidden(f"You cannot {what}: ask another administrator.")


def _keep_an_admin(user: User) -> None:
    """Raises Refused when nobody would be left to let people in. Two who do it to each other wait in line."""
    if user.role != "admin":
        return
    admins = db.session.scalars(
        select(User.id)
        .where(User.role == "admin", User.is_active, User.archived_at.is_(None))
        .order_by(User.id)
        .with_for_update(key_share=True)
    ).all()
    if set(admins) <= {user.id}:
        raise Refused("last_admin", f"{user.name} is the only administrator: make somebody else one first.")
