"""Staff: who they are, when they were last here, and the verbs that let them in or shut them out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import get_template_attribute
from sqlalchemy import or_, select
from wtforms import EmailField, SelectField, StringField, validators

from backoffice.database import db
from backoffice.domain.permissions import ROLE_LABELS
from backoffice.models import User
from backoffice.services import users
from backoffice.services.users import STAFF_ROLES, Invitation
from backoffice.views.admin import filters, formats
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.forms import PlainText, ScreenForm
from backoffice.views.admin.listing import Sort
from backoffice.views.requests import current_actor

ROLE_CHOICES = [(role, ROLE_LABELS[role]) for role in STAFF_ROLES]
STATES = {"active": "Active", "invited": "Invited", "inactive": "Deactivated"}
TONES = {"active": "good", "invited": "wait", "inactive": "quiet"}


class InvitationForm(ScreenForm):
    email = EmailField("E-mail", [validators.InputRequired(), PlainText(254)])
    first_name = StringField("First name", [validators.Optional(), PlainText(100)])
    last_name = StringField("Last name", [validators.Optional(), PlainText(100)])
    role = SelectField("Role", [validators.InputRequired()], choices=ROLE_CHOICES, default="office")


class RoleForm(ScreenForm):
    role = SelectField("New role", [validators.InputRequired()], choices=ROLE_CHOICES)


def state_of(user: User) -> str:
    """A key of STATES."""
    if not user.is_active:
        return "inactive"
    return "active" if user.password_hash else "invited"


def _state(view: Any, context: Any, user: User, name: str) -> Any:
    word = state_of(user)
    return get_template_attribute("macros/ui.html", "pill")(word, None, STATES[word], TONES[word])


class UserScreen(AdminView):
    singular = "Staff member"
    plural = "Staff"
    subject = "user"
    empty_hint = "Invite the first."
    column_list = ("name", "email", "role", "state", "last_sign_in_at")
    column_details_list = (*column_list, "created_at")
    column_labels = {"name": "Name", "email": "E-mail", "state": "Status", "last_sign_in_at": "Last sign-in"}
    column_formatters = {"role": formats.choice(ROLE_LABELS), "state": _state}
    form_columns = ("first_name", "last_name")
    can_create = can_edit = True
    create_template = "admin/users/create.html"
    search_hint = "Name or e-mail"
    list_sorts = {
        "name": Sort(User.last_name),
        "role": Sort(User.role),
        "last_sign_in_at": Sort(User.last_sign_in_at, nullable=True),
    }
    list_order = ("name", False)
    list_filters = (
        filters.choice("role", "Role", User.role, ROLE_CHOICES),
        filters.yes_no("active", "May sign in", User.is_active),
    )

    def list_criteria(self) -> Sequence[Any]:
        return (User.role.in_(STAFF_ROLES), User.archived_at.is_(None))

    def search_ids(self, term: str) -> list[UUID]:
        """Staff are few: their names are read, not looked up in the search table."""
        name = User.first_name + " " + User.last_name
        names = or_(User.email.icontains(term, autoescape=True), name.icontains(term, autoescape=True))
        return list(db.session.scalars(select(User.id).where(*self.scope(), names).limit(200)))

    def get_create_form(self) -> type[ScreenForm]:
        return InvitationForm

    def perform_create(self, form: Any) -> User:
        data = form.data
        wanted = Invitation(data["email"], data["role"], data["first_name"] or "", data["last_name"] or "")
        return users.invite(wanted, current_actor())

    @screen_action(
        "Change role",
        right="user.edit",
        ask="The new role holds from their next request on. They have to sign in again.",
        form=RoleForm,
    )
    def change_role(self, user: User, form: RoleForm) -> str:
        users.change_role(user.id, form.role.data, current_actor())
        return f"{user.name} is {ROLE_LABELS[form.role.data].lower()} now."

    @screen_action(
        "Deactivate",
        right="user.edit",
        ask="They are signed out at once and cannot sign in again. What they did stays.",
        danger=True,
        applies=lambda user: user.is_active,
    )
    def deactivate(self, user: User, form: ScreenForm) -> str:
        users.deactivate(user.id, current_actor())
        return f"{user.name} can no longer sign in."

    @screen_action(
        "Reactivate",
        right="user.edit",
        ask="They can sign in again with the role and the password they had.",
        applies=lambda user: not user.is_active,
    )
    def reactivate(self, user: User, form: ScreenForm) -> str:
        users.reactivate(user.id, current_actor())
        return f"{user.name} can sign in again."

    @screen_action(
        "Send the invitation again",
        right="user.edit",
        ask="A new link to choose a password goes out by mail; the links sent before stop working.",
        applies=lambda user: user.is_active and not user.password_hash,
    )
    def resend_invitation(self, user: User, form: ScreenForm) -> str:
        users.resend_invitation(user.id, current_actor())
        return f"The invitation to {user.email} is on its way."
