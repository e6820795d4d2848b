"""One's own details, and the password that one may have besides the mailed link."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.domain.text import say_phone
from backoffice.models import User
from backoffice.services.my import password, profile
from backoffice.services.my.password import NewPassword
from backoffice.views.login import take_in
from backoffice.views.public.my.blueprint import blueprint
from backoffice.views.public.my.typed import Typed, read
from backoffice.views.requests import current_actor, current_tenant
from backoffice.work import commit_once

NAMES = ("first_name", "last_name", "phone")
PASSWORDS = ("current", "password", "again")


@blueprint.get("/profile", endpoint="profile")
def profile_page() -> str:
    """Name and telephone number; the address is what one signs in with."""
    return _page()


@blueprint.post("/profile")
def save_profile() -> Any:
    form = read(NAMES)
    try:
        commit_once(lambda: profile.save(form.values, current_actor()))
    except DomainError as error:
        db.session.rollback()
        status = form.refuse(error)
        return _page(form), status
    flash(_("Your details are saved."), "success")
    return redirect(url_for(".profile"), 303)


@blueprint.post("/password")
def save_password() -> Any:
    """A first password, or another one; every other session ends."""
    form = Typed(dict.fromkeys(PASSWORDS, ""))  # none comes back to the page
    wanted = NewPassword(*(request.form.get(name, "") for name in PASSWORDS))
    try:
        found = commit_once(lambda: password.choose(wanted, current_actor()))
    except DomainError as error:
        db.session.rollback()
        status = form.refuse(error)
        return _page(passwords=form), status
    take_in(found)
    flash(_("Your password is set. Everywhere else you are signed out."), "success")
    return redirect(url_for(".profile"), 303)


@blueprint.post("/password/none")
def end_password() -> Any:
    """From now on by the mailed link alone."""
    found = commit_once(lambda: password.give_up(current_actor()))
    take_in(found)
    flash(_("Your password is gone: sign in with the link that we mail you."), "success")
    return redirect(url_for(".profile"), 303)


def _page(form: Typed | None = None, passwords: Typed | None = None) -> str:
    user = profile.own(current_actor())
    kept = Typed({"first_name": user.first_name, "last_name": user.last_name, "phone": _phone(user)})
    return render_template(
        "public/my/profile.html",
        form=form or kept,
        passwords=passwords or Typed(),
        email=user.email,
        has_password=bool(user.password_hash),
    )


def _phone(user: User) -> str:
    return say_phone(user.phone, current_tenant().country) if user.phone else ""
