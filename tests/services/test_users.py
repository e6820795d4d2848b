"""Staff: let in, given roles, shut out."""

import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, Invalid, NotFound, Refused
from backoffice.models import AuditEvent, Message, Tenant, User, WebSession
from backoffice.services import sign_in, user_tokens, users
from backoffice.services.users import Invitation
from tests.factories import actor, make_user

ADMIN = actor("admin")


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def live_sessions(user: User) -> int:
    living = select(WebSession).where(WebSession.user_id == user.id, WebSession.revoked_at.is_(None))
    return len(db.session.scalars(living).all())


def test_an_invitation_makes_a_login_without_a_password_and_a_mail(tenant: Tenant) -> None:
    user = users.invite(Invitation(" Olive@X.example ", "office", "Olive", "Office"), ADMIN)
    assert (user.email, user.role, user.password_hash) == ("olive@x.example", "office", None)
    mail = db.session.scalars(select(Message)).one()
    assert (mail.template, mail.recipient, mail.user_id) == ("invitation", "olive@x.example", user.id)
    assert actions() == ["user:create", "user:invite"]


@pytest.mark.parametrize("role", ["operator", "customer", "god", ""])
def test_nobody_is_invited_to_a_role_that_is_not_staff(tenant: Tenant, role: str) -> None:
    with pytest.raises(Invalid):
        users.invite(Invitation("a@x.example", role), ADMIN)


@pytest.mark.parametrize("role", ["office", "manager", "instructor", "customer", "operator"])
def test_only_administrators_change_staff(tenant: Tenant, role: str) -> None:
    clerk, other = make_user("office"), actor(role)
    for refused in (
        lambda: users.invite(Invitation("a@x.example", "office"), other),
        lambda: users.change_role(clerk.id, "admin", other),
        lambda: users.deactivate(clerk.id, other),
        lambda: users.reactivate(clerk.id, other),
        lambda: users.resend_invitation(clerk.id, other),
    ):
        with pytest.raises(Forbidden):
            refused()


def test_a_customer_who_becomes_staff_keeps_the_record_but_not_the_password(tenant: Tenant) -> None:
    customer = make_user("customer", email="both@x.example", password_hash="x")
    user = users.invite(Invitation("both@x.example", "office"), ADMIN)
    assert (user.id, user.role, user.password_hash) == (customer.id, "office", None)


def test_an_address_of_staff_is_not_invited_twice(tenant: Tenant) -> None:
    make_user("office", email="here@x.example")
    with pytest.raises(Refused):
        users.invite(Invitation("here@x.example", "admin"), ADMIN)


@pytest.mark.parametrize(
    "change", [users.deactivate, lambda each, by: users.change_role(each, "manager", by)]
)
def test_a_change_ends_the_sessions(tenant: Tenant, change) -> None:
    clerk = make_user("office")
    sign_in.open_session(clerk, address=None, agent=None)
    db.session.flush()
    assert live_sessions(clerk) == 1
    change(clerk.id, ADMIN)
    assert live_sessions(clerk) == 0


def test_nobody_changes_their_own_role_or_shuts_themselves_out(tenant: Tenant) -> None:
    make_user("admin")
    me = make_user("admin")
    myself = Actor("user", me.id, "admin", me.name)
    for refused in (
        lambda: users.change_role(me.id, "office", myself),
        lambda: users.deactivate(me.id, myself),
    ):
        with pytest.raises(Forbidden):
            refused()


def test_the_last_administrator_stays(tenant: Tenant) -> None:
    only = make_user("admin")
    make_user("admin", is_active=False)
    for refused in (
        lambda: users.deactivate(only.id, ADMIN),
        lambda: users.change_role(only.id, "office", ADMIN),
    ):
        with pytest.raises(Refused):
            refused()
    make_user("admin")
    assert not users.deactivate(only.id, ADMIN).is_active


@pytest.mark.parametrize("role", ["customer", "operator"])
def test_customers_and_operators_are_not_staff_to_change(tenant: Tenant, role: str) -> None:
    person = make_user(role)
    with pytest.raises(NotFound):
        users.change_role(person.id, "admin", ADMIN)


def test_sending_an_invitation_again_ends_the_links_before(tenant: Tenant) -> None:
    user = users.invite(Invitation("a@x.example", "office"), ADMIN)
    old = users.make_token(user, "invitation")
    users.resend_invitation(user.id, ADMIN)
    with pytest.raises(user_tokens.DeadLink):
        user_tokens.get_user(old, "invitation")
    user.password_hash = "x"
    with pytest.raises(Refused):
        users.resend_invitation(user.id, ADMIN)


def test_shutting_out_and_letting_in_leave_a_trace(tenant: Tenant) -> None:
    clerk = make_user("office")
    users.deactivate(clerk.id, ADMIN)
    users.reactivate(clerk.id, ADMIN)
    assert clerk.is_active
    assert actions() == ["user:deactivate", "user:reactivate"]
