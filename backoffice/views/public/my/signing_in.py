"""Signing in by a mailed link, and being new here. Whoever asks is told the same, whoever they are, and as quickly."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, session, url_for

from backoffice.domain.errors import DomainError
from backoffice.services import rate_limits
from backoffice.services.my import signing_in
from backoffice.services.my.signing_in import Registration
from backoffice.services.user_tokens import DeadLink
from backoffice.views.landing import home_of
from backoffice.views.login import local_target, take_in
from backoffice.views.public.my.blueprint import AFTERWARDS, blueprint
from backoffice.views.public.my.typed import Typed, read
from backoffice.views.requests import current_actor, signed_in
from backoffice.work import commit_once

# Longer than either of the two takes: who is known cannot be told from how long it takes.
EQUAL_SECONDS = 0.4
# Of this browser alone, for the page that follows.
SENT_TO = "my_sent_to"


@blueprint.get("/sign-in")
def sign_in() -> Any:
    """One field and a button; a password beside it for who has one."""
    known = signed_in()
    target = local_target(request.args.get("next"))
    if known:
        return redirect(target or home_of(known.role))
    if target:
        session[AFTERWARDS] = target
    return _sign_in_page(Typed({"email": request.args.get("email", "")[:254]}))


@blueprint.post("/sign-in")
def ask_link() -> Any:
    """Mail a link to who is known here; the answer is the same for everybody."""
    form = read(["email"])
    if "@" not in form.get("email"):
        form.problems["email"] = "Enter your e-mail address."
        return _sign_in_page(form), 422
    email = form.get("email")
    return _mail(email, form, lambda: signing_in.ask_link(email, current_actor()), _sign_in_page)


@blueprint.route("/register", methods=("GET", "POST"))
def register() -> Any:
    """For who was never here; who was gets a link, and nothing of theirs is changed."""
    names = ("first_name", "last_name", "email", "phone")
    form = read(names)
    if request.method == "GET":
        return _register_page(form)
    wanted = Registration(*(form.get(name) for name in names))
    return _mail(wanted.email, form, lambda: signing_in.register(wanted, current_actor()), _register_page)


@blueprint.get("/sent")
def sent() -> Any:
    """Says the same to everybody."""
    return render_template("public/my/sent.html", email=session.get(SENT_TO, ""))


@blueprint.route("/enter/<token>", methods=("GET", "POST"))
def enter(token: str) -> Any:
    """A button on GET, which programs that look at mails may follow; only the POST uses the link up."""
    try:
        user = signing_in.find(token)
        if request.method == "GET":
            return render_template("public/my/enter.html", token=token, email=user.email)
        target = session.get(AFTERWARDS)
        take_in(commit_once(lambda: signing_in.enter(token, current_actor())))
    except DeadLink as error:
        return _dead(error)
    return redirect(local_target(target) or url_for(".home"), 303)


def _dead(error: DeadLink) -> Any:
    """Pressed twice, the second finds the first's session."""
    if signed_in():
        return redirect(url_for(".home"), 303)
    rate_limits.take(rate_limits.look_limits("guess", request.remote_addr))
    return render_template("public/my/dead_link.html", message=error.message), error.status


def _mail(email: str, form: Typed, work: Callable[[], None], page: Callable[[Typed], str]) -> Any:
    """Within the limits do the work; then the same answer after the same time, whatever came of it."""
    began = time.monotonic()
    address = signing_in.same_address(email)
    limits = rate_limits.mail_limits(address, request.remote_addr)
    try:
        rate_limits.take(limits)
        commit_once(work)
    except rate_limits.TooMany as error:
        form.refusal = error.message
        return page(form), error.status, {"Retry-After": str(error.seconds)}
    except DomainError as error:
        rate_limits.give_back(limits)  # nothing was mailed, and a slip of the hand is no flood
        status = form.refuse(error)
        return page(form), status
    time.sleep(max(0.0, EQUAL_SECONDS - (time.monotonic() - began)))
    session[SENT_TO] = address[:254]
    return redirect(url_for(".sent"), 303)


def _sign_in_page(form: Typed) -> str:
    return render_template(
        "public/my/sign_in.html", form=form, afterwards=session.get(AFTERWARDS) or url_for(".home")
    )


def _register_page(form: Typed) -> str:
    return render_template("public/my/register.html", form=form)
