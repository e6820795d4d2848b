"""The addresses of the API, and the hosted page."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from simulators.courier import Telling
from simulators.flutterwave import payments, refunds
from simulators.flutterwave.calls import FlutterwaveError, Method, answer
from simulators.store import Document
from simulators.world import say_money, world

api = Blueprint("flutterwave_api", __name__, url_prefix="/flutterwave/v3")
pages = Blueprint("flutterwave_pages", __name__, url_prefix="/flutterwave/v3/hosted/pay")

METHODS: dict[tuple[str, str], Method] = {
    ("POST", "/payments"): payments.initiate,
    ("POST", "/payments/link/disable"): payments.disable,
    ("GET", "/transactions"): payments.list_,
    ("GET", "/transactions/<id_>/verify"): payments.verify,
    ("GET", "/transactions/verify_by_reference"): payments.verify_by_reference,
    ("POST", "/transactions/<id_>/refund"): refunds.create,
    ("GET", "/refunds"): refunds.list_,
    ("GET", "/refunds/<id_>"): refunds.retrieve,
}
# What a button does: how the transaction stands then, and how that is told.
BUTTONS = {
    "pay": (payments.PAID, "now"),
    "late": (payments.PAID, "late"),
    "twice": (payments.PAID, "twice"),
    "never": (payments.PAID, "never"),
    "decline": ("failed", "now"),
}


def _serve(verb: str, rule: str, method: Method) -> None:
    def view(**path: str) -> Response:
        return answer(method, **path)

    api.add_url_rule(rule, f"{verb} {rule.replace('.', '')}", view, methods=[verb])


for (verb, rule), method in METHODS.items():
    _serve(verb, rule, method)


@api.before_request
def meet_faults() -> Response | None:
    return world().faults.before()


@api.after_request
def lose_reply(response: Response) -> Response:
    return world().faults.after(response)


@pages.get("/<token>")
def show(token: str) -> str | tuple[str, int]:
    try:
        link, _ = payments.find_link(world(), token)
    except FlutterwaveError as error:
        return _over(error)
    return _page(link)


@pages.post("/<token>")
def act(token: str) -> str | AnyResponse | tuple[str, int]:
    choice = request.form.get("act", "pay")
    try:
        with world().store.transaction():
            link, account = payments.find_link(world(), token)
            if choice == "challenge":
                return render_template("challenge.html", gateway="Flutterwave", amount=_amount(link))
            if choice == "cancel":
                return _back(link, "cancelled")
            status, tell = BUTTONS[
                "decline" if choice == "refuse" else choice if choice in BUTTONS else "pay"
            ]
            made = payments.attempt(world(), account, link, status, Telling.named(tell))
    except FlutterwaveError as error:
        return _over(error)
    if status == payments.PAID:
        return _back(link, status, made["id"])
    return _page(link, "The card was declined. Try another one; nothing was paid."), 402


def _back(link: Document, status: str, id_: int | None = None) -> AnyResponse:
    """To the shop, which must not believe what stands in the address."""
    query = {"status": status, "tx_ref": link["tx_ref"], **({"transaction_id": id_} if id_ else {})}
    joint = "&" if "?" in link["redirect_url"] else "?"
    return redirect(f"{link['redirect_url']}{joint}{urlencode(query)}", 303)


def _amount(link: Document) -> str:
    return say_money(link["amount"], link["currency"])


def _page(link: Document, problem: str = "") -> str:
    return render_template(
        "flutterwave.html", link=link, amount=_amount(link), problem=problem, gateway="Flutterwave"
    )


def _over(error: FlutterwaveError) -> tuple[str, int]:
    return render_template("over.html", gateway="Flutterwave", sentence=error.message), error.status
