"""Changing one's own password while signed in: staff, customers and operators alike."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session
from flask_login import current_user, login_user
from werkzeug.wrappers import Response
from wtforms import Field, PasswordField, validators

from backoffice.domain.errors import DomainError
from backoffice.services import sign_in, users
from backoffice.services.sign_in import SignedIn
from backoffice.views.landing import home_of
from backoffice.views.login import ChooseForm
from backoffice.views.requests import current_actor
from backoffice.views.security import keep_form_tokens
from backoffice.work import commit_once

blueprint = Blueprint("password", __name__)


class ChangeForm(ChooseForm):
    current = PasswordField("Your password now", [validators.InputRequired()])

    def __iter__(self) -> Iterator[Field]:
        """In the order of the page, for the list of what is wrong."""
        return iter((self.current, self.password, self.again))


@blueprint.route("/password/change", methods=("GET", "POST"))
def change() -> Any:
    """The form; no field comes back filled."""
    known = current_user._get_current_object()
    form = ChangeForm(request.form if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        done, status = _changed(form, known) if form.validate() else (None, 422)
        if done is not None:
            return done
    page = render_template(
        "login/change_password.html", form=form, home=home_of(known.role), email=known.email
    )
    return page, status


def _changed(form: ChangeForm, known: SignedIn) -> tuple[Response | None, int]:
    """Where to go next; None when it is refused, the reason in the form."""
    try:
        found = commit_once(lambda: _renew(form, known))
    except DomainError as error:
        form.refuse(error)
        return None, error.status
    session.clear()
    login_user(found)
    keep_form_tokens(found.user_id)
    flash("Your password is changed. Everywhere else you are signed out.", "success")
    return redirect(home_of(known.role), 303), 303


def _renew(form: ChangeForm, known: SignedIn) -> SignedIn:
    """This browser goes on under a new id: a copy of its cookie dies with the other sessions."""
    actor = current_actor()
    user = users.change_own_password(known.user_id, form.current.data, form.password.data, actor)
    return sign_in.open_session(user, address=actor.address, agent=actor.agent)
