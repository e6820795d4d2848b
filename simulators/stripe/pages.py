"""The hosted payment page and its second page for 3-D Secure. Works without JavaScript."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from simulators.courier import Telling
from simulators.stripe.cards import CARDS, DECLINED, GOOD
from simulators.stripe.paying import Attempt, Checkout, NotPayable
from simulators.world import say_money, world

pages = Blueprint("stripe_pages", __name__, url_prefix="/stripe/c/pay")

Page = str | AnyResponse | tuple[str, int]
BANK = {"bank_succeeds": "succeeds", "bank_fails": "fails"}


@pages.get("/<session_id>")
def show(session_id: str) -> Page:
    return _page(session_id)


@pages.post("/<session_id>")
def act(session_id: str) -> Page:
    choice = request.form.get("act", "pay")
    try:
        with world().store.transaction():
            checkout = Checkout(world(), session_id)
            if choice == "cancel":
                return redirect(checkout.session["cancel_url"] or request.url, 303)
            outcome = _pay(checkout, choice)
    except NotPayable as error:
        return _over(str(error))
    return _next(checkout, outcome)


def _pay(checkout: Checkout, choice: str) -> str:
    form = request.form
    if choice in ("confirm", "refuse"):
        return checkout.answer_challenge(Telling(), is_passed=choice == "confirm")
    saved = form.get("card", "")
    number = "".join(form.get("number", "").split()) or GOOD
    attempt = Attempt(
        number=DECLINED if choice == "decline" else number,
        saved_method=saved if saved.startswith("pm_") and choice != "decline" else None,
        payer=form.get("name", "").strip()[:200],
        email=form.get("email", "").strip()[:200],
        telling=Telling.named(choice if choice in ("late", "twice", "never") else "now"),
        bank=BANK.get(choice, ""),
    )
    return checkout.pay(attempt)


def _next(checkout: Checkout, outcome: str) -> Page:
    session = checkout.session
    if outcome == "challenge":
        return render_template("challenge.html", session=session, **_words(session))
    if outcome == "declined":
        return _page(session["id"], "The card was declined. Try another one; nothing was paid.")
    return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), 303)


def _page(session_id: str, problem: str = "") -> Page:
    try:
        with world().store.transaction():
            checkout = Checkout(world(), session_id)
            saved, email = checkout.saved_methods(), checkout.email()
    except NotPayable as error:
        return _over(str(error))
    session = checkout.session
    page = render_template(
        "stripe.html",
        session=session,
        saved=saved,
        email=email,
        cards=CARDS,
        problem=problem,
        **_words(session),
    )
    return (page, 402) if problem else page


def _words(session: dict[str, object]) -> dict[str, object]:
    return {
        "gateway": "Stripe",
        "amount": say_money(int(str(session["amount_total"])), str(session["currency"])),
    }


def _over(sentence: str) -> tuple[str, int]:
    return render_template("over.html", gateway="Stripe", sentence=sentence), 410
