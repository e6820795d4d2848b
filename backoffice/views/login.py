"""Signing in and out, invitations and forgotten passwords."""

import time
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, jsonify, redirect, render_template, request, session, url_for
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response
from wtforms import EmailField, HiddenField, PasswordField, validators

from backoffice.domain.errors import DomainError
from backoffice.services import audit, passwords, rate_limits, sign_in, user_tokens, users
from backoffice.services.sign_in import SignedIn
from backoffice.views.access import wants_json
from backoffice.views.admin.forms import PlainText, ScreenForm
from backoffice.views.answers import Answer, answer
from backoffice.views.landing import home_of
from backoffice.views.public.booking import browser
from backoffice.views.requests import current_actor, signed_in
from backoffice.views.security import form_token, keep_form_tokens
from backoffice.work import commit_once

blueprint = Blueprint("login", __name__)

# Asking for a mail takes this long whether or not somebody has the address.
EQUAL_SECONDS = 0.3
LONGEST_TARGET = 2_000


class SignInForm(ScreenForm):
    email = EmailField("E-mail address", [validators.InputRequired(), PlainText(254)])
    password = PasswordField("Password", [validators.InputRequired()])
    next = HiddenField()


class ForgottenForm(ScreenForm):
    email = EmailField("E-mail address", [validators.InputRequired(), PlainText(254)])


class ChooseForm(ScreenForm):
    password = PasswordField(
        "New password",
        [validators.InputRequired()],
        description=f"At least {passwords.MINIMUM} characters, with letters and numbers.",
    )
    again = PasswordField(
        "The same again",
        [validators.InputRequired(), validators.EqualTo("password", "The two passwords differ.")],
    )


# --- In and out ---


@blueprint.get("/login", endpoint="sign_in")
def sign_in_page() -> Any:
    """The form; for a script, the token it sends back. Whoever is in already is led on."""
    if wants_json():
        return jsonify(csrf_token=form_token(), is_signed_in=signed_in() is not None)
    known = signed_in()
    target = local_target(request.args.get("next"))
    if known:
        return redirect(target or home_of(known.role))
    form = SignInForm(email=request.args.get("email", "")[:254], next=target or "")
    return render_template("login/sign_in.html", form=form)


@blueprint.post("/login")
def sign_in_now() -> Any:
    """Sign in by form, or by script where a session ended under an open form."""
    form = SignInForm(request.form)
    if not form.validate():
        return _refused(form, None, 422)
    try:
        found = _begin_session(form.email.data, form.password.data)
    except DomainError as error:
        return _refused(form, error, error.status)
    if wants_json():
        return jsonify(csrf_token=form_token(), name=found.name)
    return redirect(local_target(form.next.data) or home_of(found.role), 303)


def _begin_session(email: str, password: str) -> SignedIn:
    """A new session under a new id; whatever this browser held before is dead."""
    actor, before = current_actor(), signed_in()

    def work() -> SignedIn:
        user = sign_in.prove(email, password, address=actor.address)
        sign_in.renew_hash(user, password)
        if before:
            sign_in.end_session(before.session_id)
        found = sign_in.open_session(user, address=actor.address, agent=actor.agent)
        audit.record(users.as_actor(user, actor), "user:sign_in", user)
        return found

    found = commit_once(work)
    take_in(found)
    return found


def take_in(found: SignedIn) -> None:
    """This browser is that person's from now on, under a new session; a booking that was begun goes on."""
    begun = browser.renewed()
    session.clear()
    login_user(found)
    keep_form_tokens(found.user_id)
    browser.keep(begun)


def _refused(form: SignInForm, error: DomainError | None, status: int) -> Any:
    sentence = error.message if error else "Enter your e-mail address and your password."
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, rate_limits.TooMany) else {}
    if wants_json():
        body, status = answer(status, sentence, code=error.code if error else "invalid")
        return body, status, headers
    form.next.data = local_target(form.next.data) or ""
    page = render_template("login/sign_in.html", form=form, refusal=error.message if error else None)
    return page, status, headers


@blueprint.post("/logout")
def sign_out() -> Any:
    """End the session on the server; the cookie is worth nothing afterwards, wherever it is."""
    known = signed_in()
    if known:
        commit_once(lambda: sign_in.end_session(known.session_id))
    logout_user()
    session.clear()
    if wants_json():
        return jsonify(csrf_token=form_token())
    flash("You are signed out.", "success")
    is_customer = known is not None and known.role == "customer"
    return redirect(url_for("my.sign_in" if is_customer else "login.sign_in"), 303)


def local_target(text: str | None) -> str | None:
    """Where to go after signing in: a path of this site, or None for anything else."""
    if not text or len(text) > LONGEST_TARGET or not text.startswith("/"):
        return None
    if text.startswith("//") or "\\" in text or any(ord(char) <= 32 or ord(char) == 127 for char in text):
        return None
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or parts.path in ("/login", "/logout"):
        return None
    return text


# --- Links from mails ---


@blueprint.route("/password/forgot", methods=("GET", "POST"))
def forgotten() -> Any:
    """Ask for a link; the answer is the same for every address."""
    form = ForgottenForm(request.form if request.method == "POST" else None)
    if request.method == "GET":
        form.email.data = request.args.get("email", "")[:254]
    if request.method == "GET" or not form.validate():
        return render_template("login/forgotten.html", form=form), 422 if form.errors else 200
    began = time.monotonic()
    email, actor = form.email.data, current_actor()
    try:
        rate_limits.take(rate_limits.mail_limits(email, actor.address))
    except rate_limits.TooMany as error:
        page = render_template("login/forgotten.html", form=form, refusal=error.message)
        return page, error.status, {"Retry-After": str(error.seconds)}
    commit_once(lambda: users.request_password_reset(email, actor))
    time.sleep(max(0.0, EQUAL_SECONDS - (time.monotonic() - began)))
    return render_template("login/forgotten_sent.html", email=email)


@blueprint.route("/password/reset/<token>", methods=("GET", "POST"))
def reset(token: str) -> Any:
    return _choose_password(token, "password_reset")


@blueprint.route("/invitation/<token>", methods=("GET", "POST"))
def invitation(token: str) -> Any:
    return _choose_password(token, "invitation")


def _choose_password(token: str, purpose: str) -> Any:
    """The form on GET, which programs that look at mails may follow; only the POST uses the link up."""
    try:
        user = user_tokens.get_user(token, purpose)
    except user_tokens.DeadLink as error:
        return _dead(error)
    name, email = user.name, user.email
    form = ChooseForm(request.form if request.method == "POST" else None)
    if request.method == "POST" and form.validate():
        done = _chosen(form, token, purpose, email)
        if done is not None:
            return done
    page = render_template("login/choose_password.html", form=form, name=name, email=email, purpose=purpose)
    return page, getattr(form, "status", 422 if form.errors else 200)


def _chosen(form: ChooseForm, token: str, purpose: str, email: str | None) -> Response | Answer | None:
    """Where to go next; None when the password is refused, its reason in the form."""
    try:
        commit_once(lambda: users.choose_password(token, purpose, form.password.data, current_actor()))
    except user_tokens.DeadLink as error:
        return _dead(error)
    except DomainError as error:
        form.refuse(error)
        form.status = error.status
        return None
    session.clear()
    flash("Your password is set. Sign in with it.", "success")
    return redirect(url_for("login.sign_in", email=email), 303)


def _dead(error: DomainError) -> Answer:
    if wants_json():
        return answer(error.status, error.message, code=error.code)
    return render_template("login/dead_link.html", message=error.message), error.status
